//! `ListTagsForResource`, for hosts.

use api::ssm::types::{ListTagsForResourceRequest, ListTagsForResourceResult};
use api::{CallContext, ServiceError};

use crate::answer;
use crate::service::Ssm;
use crate::tags;

pub(super) async fn list_tags_for_resource(
    ssm: &Ssm,
    cx: &CallContext,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResult, ServiceError> {
    let found = tags::host(ssm, cx, "ListTagsForResource", input.resource_type, &input.resource_id)?;
    Ok(ListTagsForResourceResult { tag_list: Some(answer::tags(&found.value.tags)) })
}
