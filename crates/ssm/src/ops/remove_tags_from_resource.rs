//! `RemoveTagsFromResource`, for hosts.

use api::ssm::types::{RemoveTagsFromResourceRequest, RemoveTagsFromResourceResult};
use api::{CallContext, ServiceError};

use crate::service::Ssm;
use crate::tags;

pub(super) async fn remove_tags_from_resource(
    ssm: &Ssm,
    cx: &CallContext,
    input: RemoveTagsFromResourceRequest,
) -> Result<RemoveTagsFromResourceResult, ServiceError> {
    let RemoveTagsFromResourceRequest { resource_type, resource_id, tag_keys } = input;
    let on = ("RemoveTagsFromResource", resource_type, resource_id.as_str());
    tags::retag(ssm, cx, on, |mut tags| {
        tags.retain(|key, _| !tag_keys.contains(key));
        Ok(tags)
    })
    .await?;
    Ok(RemoveTagsFromResourceResult {})
}
