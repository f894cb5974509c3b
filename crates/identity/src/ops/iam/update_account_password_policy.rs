//! `UpdateAccountPasswordPolicy`: says what users' passwords must be, in place of all that was said before.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::record::PasswordPolicy;

/// The fewest characters where a policy does not say (documented).
const LENGTH_MIN: u32 = 6;

pub(super) async fn update_account_password_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateAccountPasswordPolicyRequest,
) -> Result<Unit, ServiceError> {
    // The model's bounds have been looked at: none of the numbers is negative.
    let number = |given: Option<i32>| given.and_then(|given| u32::try_from(given).ok());
    // What is not given is back at its default; nothing is kept of the policy before (documented).
    let policy = PasswordPolicy {
        length_min: number(input.minimum_password_length).unwrap_or(LENGTH_MIN),
        symbols: input.require_symbols.unwrap_or_default(),
        numbers: input.require_numbers.unwrap_or_default(),
        uppercase: input.require_uppercase_characters.unwrap_or_default(),
        lowercase: input.require_lowercase_characters.unwrap_or_default(),
        users_may_change: input.allow_users_to_change_password.unwrap_or_default(),
        age_days_max: number(input.max_password_age),
        reuse_prevention: number(input.password_reuse_prevention),
        hard_expiry: input.hard_expiry,
    };
    iam.change(|| {
        let mut transaction = Transaction::default();
        transaction.put(PasswordPolicy::key(cx.account()), &policy);
        Ok((transaction, Unit))
    })
    .await
}
