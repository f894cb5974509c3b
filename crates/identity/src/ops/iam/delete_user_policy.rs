//! `DeleteUserPolicy`: removes an inline policy of a user.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn delete_user_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteUserPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.delete_inline::<User>(cx, &input.user_name, &input.policy_name).await?;
    Ok(Unit)
}
