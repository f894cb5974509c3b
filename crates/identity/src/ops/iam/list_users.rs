//! `ListUsers`: lists the account's users under a path.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::record::User;

pub(super) async fn list_users(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListUsersRequest,
) -> Result<types::ListUsersResponse, ServiceError> {
    let users = iam.list::<User>(cx, input.path_prefix.as_deref());
    let page = page(users, input.marker.as_deref(), input.max_items)?.map(|found| iam.user_in_list(cx, &found.value));
    Ok(types::ListUsersResponse { users: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
