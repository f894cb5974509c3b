//! `GetUserPolicy`: gives an inline policy of a user.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn get_user_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetUserPolicyRequest,
) -> Result<types::GetUserPolicyResponse, ServiceError> {
    let (user_name, policy_document) = iam.get_inline::<User>(cx, &input.user_name, &input.policy_name)?;
    Ok(types::GetUserPolicyResponse { user_name, policy_name: input.policy_name, policy_document })
}
