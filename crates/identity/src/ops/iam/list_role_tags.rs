//! `ListRoleTags`: lists the tags of a role.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::tags::list;
use crate::record::Role;

pub(super) async fn list_role_tags(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListRoleTagsRequest,
) -> Result<types::ListRoleTagsResponse, ServiceError> {
    let (_, role) = iam.find::<Role>(cx, &input.role_name)?;
    let page = list(&role.value.tags, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListRoleTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
