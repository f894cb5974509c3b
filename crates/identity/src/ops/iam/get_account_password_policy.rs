//! `GetAccountPasswordPolicy`: tells what users' passwords must be.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::iam::password_policy::existing;

pub(super) async fn get_account_password_policy(
    iam: &Iam,
    cx: &CallContext,
    _input: Unit,
) -> Result<types::GetAccountPasswordPolicyResponse, ServiceError> {
    let policy = existing(iam, cx)?.value;
    let number = |kept: u32| i32::try_from(kept).unwrap_or(i32::MAX);
    let password_policy = types::PasswordPolicy {
        minimum_password_length: Some(number(policy.length_min)),
        require_symbols: Some(policy.symbols),
        require_numbers: Some(policy.numbers),
        require_uppercase_characters: Some(policy.uppercase),
        require_lowercase_characters: Some(policy.lowercase),
        allow_users_to_change_password: Some(policy.users_may_change),
        expire_passwords: Some(policy.age_days_max.is_some()),
        max_password_age: policy.age_days_max.map(number),
        password_reuse_prevention: policy.reuse_prevention.map(number),
        hard_expiry: policy.hard_expiry,
    };
    Ok(types::GetAccountPasswordPolicyResponse { password_policy })
}
