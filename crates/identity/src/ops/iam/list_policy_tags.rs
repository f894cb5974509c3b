//! `ListPolicyTags`: lists the tags of a managed policy.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::find::Found;
use crate::iam::tags::list;

pub(super) async fn list_policy_tags(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListPolicyTagsRequest,
) -> Result<types::ListPolicyTagsResponse, ServiceError> {
    let tags = match iam.existing_policy(cx, &input.policy_arn)? {
        Found::Aws(_) => Vec::new(),
        Found::Own(_, policy) => policy.value.tags.clone(),
    };
    let page = list(&tags, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListPolicyTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
