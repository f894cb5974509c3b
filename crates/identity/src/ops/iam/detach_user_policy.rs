//! `DetachUserPolicy`: detaches a managed policy from a user.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn detach_user_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DetachUserPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.detach::<User>(cx, &input.user_name, &input.policy_arn).await?;
    Ok(Unit)
}
