//! `AttachRolePolicy`: attaches a managed policy to a role.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn attach_role_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::AttachRolePolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.attach::<Role>(cx, &input.role_name, &input.policy_arn).await?;
    Ok(Unit)
}
