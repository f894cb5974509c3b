//! `PutResourcePolicy`

use api::cloudtrail::errors;
use api::cloudtrail::types::{PutResourcePolicyRequest, PutResourcePolicyResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::lake::policies::{ResourcePolicyRecord, check, resource};
use crate::service::CloudTrail;

/// Says what others may do with an event data store or a channel (cloudtrail.md §9.3).
pub async fn put_resource_policy(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: PutResourcePolicyRequest,
) -> Result<PutResourcePolicyResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let found = resource(&parts.catalog, cx, &input.resource_arn)?;
    let invalid = |reason: String| errors::resource_policy_not_valid_exception(reason);
    check(&input.resource_policy, found.kind, &found.arn()).map_err(invalid)?;
    parts.policies.check(&input.resource_policy).map_err(invalid)?;
    let record = ResourcePolicyRecord { policy: input.resource_policy.clone() };
    change(&parts.catalog, || {
        let resource = resource(&parts.catalog, cx, &input.resource_arn)?;
        let mut transaction = Transaction::default();
        resource.expect_there(&mut transaction);
        transaction.put(resource.key(), &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(PutResourcePolicyResponse {
        resource_arn: Some(found.arn()),
        resource_policy: Some(input.resource_policy),
        delegated_admin_resource_policy: None,
    })
}
