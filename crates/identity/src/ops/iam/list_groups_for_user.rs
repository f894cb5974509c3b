//! `ListGroupsForUser`: lists the groups of a user.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::iam::shapes::group;
use crate::record::{Group, User};

pub(super) async fn list_groups_for_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListGroupsForUserRequest,
) -> Result<types::ListGroupsForUserResponse, ServiceError> {
    let (_, user) = iam.find::<User>(cx, &input.user_name)?;
    let mut groups = iam.list::<Group>(cx, None);
    groups.retain(|(key, _)| user.value.groups.contains(key));
    let page = page(groups, input.marker.as_deref(), input.max_items)?.map(|found| group(cx, &found.value));
    Ok(types::ListGroupsForUserResponse { groups: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
