//! `GetUser`: gives a user; without a name, the caller.

use api::Principal;
use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::find::user_name;
use crate::record::User;

pub(super) async fn get_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetUserRequest,
) -> Result<types::GetUserResponse, ServiceError> {
    if let (None, Principal::Root { .. }) = (&input.user_name, &cx.principal) {
        return Ok(types::GetUserResponse { user: iam.root_shape(cx) });
    }
    let (_, user) = iam.find::<User>(cx, &user_name(cx, input.user_name)?)?;
    Ok(types::GetUserResponse { user: iam.user_shape(cx, &user.value) })
}
