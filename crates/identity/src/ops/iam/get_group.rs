//! `GetGroup`: gives a group and a page of its users.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::iam::shapes::group;
use crate::record::{Group, User};

pub(super) async fn get_group(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetGroupRequest,
) -> Result<types::GetGroupResponse, ServiceError> {
    let (key, found) = iam.find::<Group>(cx, &input.group_name)?;
    let mut users = iam.list::<User>(cx, None);
    users.retain(|(_, user)| user.value.groups.contains(&key.name));
    let page = page(users, input.marker.as_deref(), input.max_items)?.map(|user| iam.user_in_list(cx, &user.value));
    Ok(types::GetGroupResponse {
        group: group(cx, &found.value),
        users: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
