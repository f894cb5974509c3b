//! What a password must be: the policy that an account has as long as it sets none (documented).

use api::ServiceError;
use api::iam::errors;

/// The fewest characters.
const CHARS_MIN: usize = 8;
/// Of upper case, lower case, digits and symbols, so many kinds at least.
const KINDS_MIN: usize = 3;

/// Refuses a password that is too easy.
///
/// # Errors
/// `PasswordPolicyViolation`; the words are AWS's for the length and ours for the kinds.
pub(crate) fn check(password: &str) -> Result<(), ServiceError> {
    if password.chars().count() < CHARS_MIN {
        let message = format!("Password should have a minimum length of {CHARS_MIN}");
        return Err(errors::password_policy_violation_exception(message));
    }
    let is_symbol = |c: char| !c.is_alphanumeric();
    let kinds: [&dyn Fn(char) -> bool; 4] =
        [&char::is_uppercase, &char::is_lowercase, &|c: char| c.is_ascii_digit(), &is_symbol];
    if kinds.iter().filter(|kind| password.chars().any(kind)).count() < KINDS_MIN {
        let message = "Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols";
        return Err(errors::password_policy_violation_exception(message));
    }
    Ok(())
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
            assert_eq!(check(password).is_ok(), taken, "{password}");
        }
    }
}
