//! `ListUserTags`: lists the tags of a user.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::tags::list;
use crate::record::User;

pub(super) async fn list_user_tags(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListUserTagsRequest,
) -> Result<types::ListUserTagsResponse, ServiceError> {
    let (_, user) = iam.find::<User>(cx, &input.user_name)?;
    let page = list(&user.value.tags, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListUserTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
