//! The account's password policy, as the server's IAM tells it.

use config::rule::PasswordPolicy;
use wire::value::Value;

/// The policy that an answer of `GetAccountPasswordPolicy` holds.
pub(super) fn of(answer: &Value) -> PasswordPolicy {
    let member = |name| answer.get("PasswordPolicy")?.get(name);
    let is_set = |name| matches!(member(name), Some(Value::Boolean(true)));
    let number = |name| match member(name) {
        Some(Value::Integer(number)) => u32::try_from(*number).ok(),
        _ => None,
    };
    PasswordPolicy {
        length_min: number("MinimumPasswordLength").unwrap_or_default(),
        symbols: is_set("RequireSymbols"),
        numbers: is_set("RequireNumbers"),
        uppercase: is_set("RequireUppercaseCharacters"),
        lowercase: is_set("RequireLowercaseCharacters"),
        age_days_max: number("MaxPasswordAge"),
        reuse_prevention: number("PasswordReusePrevention"),
    }
}
