//! `DetachRolePolicy`: detaches a managed policy from a role.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn detach_role_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DetachRolePolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.detach::<Role>(cx, &input.role_name, &input.policy_arn).await?;
    Ok(Unit)
}
