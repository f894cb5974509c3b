//! `GetUser`: gives a user; without a name, the caller.

use api::Principal;
use api::iam::types;
use api::{CallContext, ServiceError};
use base::{AccountId, Timestamp};
use store::catalog::Key;

use crate::iam::Iam;
use crate::iam::find::user_name;
use crate::record::{AccountAlias, User};

pub(super) async fn get_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetUserRequest,
) -> Result<types::GetUserResponse, ServiceError> {
    if let (None, Principal::Root { account, .. }) = (&input.user_name, &cx.principal) {
        return Ok(types::GetUserResponse { user: root(iam, cx, account) });
    }
    let (_, user) = iam.find::<User>(cx, &user_name(cx, input.user_name)?)?;
    Ok(types::GetUserResponse { user: iam.user_shape(cx, &user.value) })
}

/// Root is no user; IAM shows it as one with the account's id (observed in AWS). AWS gives
/// its name only when the account has an alias, but the member is required, so it is `root` here.
fn root(iam: &Iam, cx: &CallContext, account: &AccountId) -> types::User {
    let alias = iam.catalog.get::<AccountAlias>(&Key::global(account, "alias"));
    types::User {
        path: "/".to_owned(),
        user_name: alias.map_or_else(|| "root".to_owned(), |found| found.value.alias.clone()),
        user_id: account.to_string(),
        arn: cx.arn_of("iam", "", "root").to_string(),
        // An account has no date of its own here.
        create_date: Timestamp::from_secs(0),
        password_last_used: None,
        permissions_boundary: None,
        tags: None,
    }
}
