//! `PutUserPolicy`: adds or replaces an inline policy of a user.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn put_user_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::PutUserPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.put_inline::<User>(cx, &input.user_name, &input.policy_name, &input.policy_document).await?;
    Ok(Unit)
}
