//! `GetRole`: gives a role.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn get_role(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetRoleRequest,
) -> Result<types::GetRoleResponse, ServiceError> {
    let (_, role) = iam.find::<Role>(cx, &input.role_name)?;
    let used = iam.authenticator.last_used(cx.account(), &role.value.id);
    let last_used = types::RoleLastUsed {
        last_used_date: used.as_ref().map(|used| used.at.truncate_to_secs()),
        region: used.map(|used| used.region),
    };
    let role = types::Role { role_last_used: Some(last_used), ..iam.role_shape(cx, &role.value) };
    Ok(types::GetRoleResponse { role })
}
