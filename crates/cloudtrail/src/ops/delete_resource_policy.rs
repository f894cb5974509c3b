//! `DeleteResourcePolicy`

use api::cloudtrail::types::{DeleteResourcePolicyRequest, DeleteResourcePolicyResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::lake::policies::{ResourcePolicyRecord, not_found, resource};
use crate::service::CloudTrail;

/// Takes the policy of an event data store or a channel away: its own account alone may use it then
/// (cloudtrail.md §9.3).
pub async fn delete_resource_policy(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: DeleteResourcePolicyRequest,
) -> Result<DeleteResourcePolicyResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    change(catalog, || {
        let resource = resource(catalog, cx, &input.resource_arn)?;
        let found = catalog.get::<ResourcePolicyRecord>(&resource.key()).ok_or_else(|| not_found(&resource))?;
        let mut transaction = Transaction::default();
        transaction.delete::<ResourcePolicyRecord>(resource.key(), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(DeleteResourcePolicyResponse {})
}
