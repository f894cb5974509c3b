//! `AddTagsToResource`, for hosts.

use api::ssm::types::{AddTagsToResourceRequest, AddTagsToResourceResult};
use api::{CallContext, ServiceError};

use crate::service::Ssm;
use crate::tags;

pub(super) async fn add_tags_to_resource(
    ssm: &Ssm,
    cx: &CallContext,
    input: AddTagsToResourceRequest,
) -> Result<AddTagsToResourceResult, ServiceError> {
    let AddTagsToResourceRequest { resource_type, resource_id, tags: given } = input;
    let on = ("AddTagsToResource", resource_type, resource_id.as_str());
    tags::retag(ssm, cx, on, |tags| tags::merged(tags, &given)).await?;
    Ok(AddTagsToResourceResult {})
}
