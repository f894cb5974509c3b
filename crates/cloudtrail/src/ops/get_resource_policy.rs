//! `GetResourcePolicy`

use api::cloudtrail::types::{GetResourcePolicyRequest, GetResourcePolicyResponse};
use api::{CallContext, ServiceError};

use crate::lake::policies::{ResourcePolicyRecord, not_found, resource};
use crate::service::CloudTrail;

/// Gives the policy of an event data store or a channel as it was put (cloudtrail.md §9.3).
pub async fn get_resource_policy(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetResourcePolicyRequest,
) -> Result<GetResourcePolicyResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let resource = resource(catalog, cx, &input.resource_arn)?;
    let record = catalog.get::<ResourcePolicyRecord>(&resource.key()).ok_or_else(|| not_found(&resource))?;
    Ok(GetResourcePolicyResponse {
        resource_arn: Some(resource.arn()),
        resource_policy: Some(record.value.policy.clone()),
        delegated_admin_resource_policy: None,
    })
}
