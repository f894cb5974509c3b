//! `AttachUserPolicy`: attaches a managed policy to a user.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn attach_user_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::AttachUserPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.attach::<User>(cx, &input.user_name, &input.policy_arn).await?;
    Ok(Unit)
}
