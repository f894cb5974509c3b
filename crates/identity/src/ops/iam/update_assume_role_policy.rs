//! `UpdateAssumeRolePolicy`: replaces a role's trust policy.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn update_assume_role_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateAssumeRolePolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.role_name, |role: &mut Role, _| {
        (role.trust, role.bound) = iam.trust(cx, &input.policy_document)?;
        Ok(Unit)
    })
    .await
}
