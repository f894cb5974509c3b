//! `ListRoles`: lists the account's roles under a path.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::iam::shapes::role_in_list;
use crate::record::Role;

pub(super) async fn list_roles(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListRolesRequest,
) -> Result<types::ListRolesResponse, ServiceError> {
    let roles = iam.list::<Role>(cx, input.path_prefix.as_deref());
    let page = page(roles, input.marker.as_deref(), input.max_items)?.map(|found| role_in_list(cx, &found.value));
    Ok(types::ListRolesResponse { roles: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
