//! `DeleteRolePolicy`: removes an inline policy of a role.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn delete_role_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteRolePolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.delete_inline::<Role>(cx, &input.role_name, &input.policy_name).await?;
    Ok(Unit)
}
