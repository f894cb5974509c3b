//! `GetRolePolicy`: gives an inline policy of a role.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn get_role_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetRolePolicyRequest,
) -> Result<types::GetRolePolicyResponse, ServiceError> {
    let (role_name, policy_document) = iam.get_inline::<Role>(cx, &input.role_name, &input.policy_name)?;
    Ok(types::GetRolePolicyResponse { role_name, policy_name: input.policy_name, policy_document })
}
