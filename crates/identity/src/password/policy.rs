//! What a password must be: what the account's policy says, or what AWS asks for as long as there is none (documented).

use api::ServiceError;
use api::iam::errors;

use crate::record::PasswordPolicy;

/// The fewest characters without a policy.
const CHARS_MIN: u32 = 8;
/// Of upper case, lower case, digits and symbols, so many kinds at least, without a policy.
const KINDS_MIN: usize = 3;
/// What a policy takes for symbols (documented).
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// Refuses a password that is too easy.
///
/// # Errors
/// `PasswordPolicyViolation`; the words for several kinds at once are ours, the others AWS's.
pub(crate) fn check(password: &str, policy: Option<&PasswordPolicy>) -> Result<(), ServiceError> {
    let length_min = policy.map_or(CHARS_MIN, |policy| policy.length_min);
    if u32::try_from(password.chars().count()).is_ok_and(|chars| chars < length_min) {
        return violation(format!("Password should have a minimum length of {length_min}"));
    }
    match policy {
        Some(policy) => has_kinds(password, policy),
        None => has_several_kinds(password),
    }
}

fn has_kinds(password: &str, policy: &PasswordPolicy) -> Result<(), ServiceError> {
    let has = |is: &dyn Fn(char) -> bool| password.chars().any(is);
    let asked = [
        (policy.uppercase, has(&|c| c.is_ascii_uppercase()), "uppercase letter"),
        (policy.lowercase, has(&|c| c.is_ascii_lowercase()), "lowercase letter"),
        (policy.numbers, has(&|c| c.is_ascii_digit()), "number"),
        (policy.symbols, has(&|c| SYMBOLS.contains(c)), "symbol"),
    ];
    match asked.into_iter().find(|(is_asked, is_there, _)| *is_asked && !is_there) {
        Some((_, _, kind)) => violation(format!("Password should have at least one {kind}")),
        None => Ok(()),
    }
}

fn has_several_kinds(password: &str) -> Result<(), ServiceError> {
    let is_symbol = |c: char| !c.is_alphanumeric();
    let kinds: [&dyn Fn(char) -> bool; 4] =
        [&char::is_uppercase, &char::is_lowercase, &|c: char| c.is_ascii_digit(), &is_symbol];
    if kinds.iter().filter(|kind| password.chars().any(kind)).count() < KINDS_MIN {
        return violation(
            "Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols",
        );
    }
    Ok(())
}

/// The refusal of a password.
pub(crate) fn violation(message: impl Into<String>) -> Result<(), ServiceError> {
    Err(errors::password_policy_violation_exception(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_mixed() {
        for (password, taken) in [
            ("Passw0rd", true),
            ("passw0r!", true),
            ("PASSWORD1!", true),
            ("Passw0r", false),
            ("password", false),
            ("password1", false),
            ("12345678!", false),
        ] {
            assert_eq!(check(password, None).is_ok(), taken, "{password}");
        }
    }

    #[test]
    fn a_policy_says_what_is_missing() {
        let lenient = PasswordPolicy {
            length_min: 6,
            symbols: false,
            numbers: false,
            uppercase: false,
            lowercase: false,
            users_may_change: false,
            age_days_max: None,
            reuse_prevention: None,
            hard_expiry: None,
        };
        let strict = PasswordPolicy {
            length_min: 10,
            symbols: true,
            numbers: true,
            uppercase: true,
            lowercase: true,
            ..lenient
        };
        for (policy, password, refusal) in [
            (&lenient, "aaaaaa", None),
            (&lenient, "aaaaa", Some("Password should have a minimum length of 6")),
            (&strict, "Abcdefg1!", Some("Password should have a minimum length of 10")),
            (&strict, "abcdefgh1!", Some("Password should have at least one uppercase letter")),
            (&strict, "ABCDEFGH1!", Some("Password should have at least one lowercase letter")),
            (&strict, "Abcdefghi!", Some("Password should have at least one number")),
            (&strict, "Abcdefgh12", Some("Password should have at least one symbol")),
            // Other scripts and other symbols are none of those that are asked for.
            (&strict, "Äbcdefgh1!", Some("Password should have at least one uppercase letter")),
            (&strict, "Abcdefgh1~", Some("Password should have at least one symbol")),
            (&strict, "Abcdefgh1!", None),
        ] {
            let refused = check(password, Some(policy)).err().and_then(|error| error.message);
            assert_eq!(refused.as_deref(), refusal, "{password}");
        }
    }
}
