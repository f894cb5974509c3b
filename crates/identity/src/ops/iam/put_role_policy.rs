//! `PutRolePolicy`: adds or replaces an inline policy of a role.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn put_role_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::PutRolePolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.put_inline::<Role>(cx, &input.role_name, &input.policy_name, &input.policy_document).await?;
    Ok(Unit)
}
