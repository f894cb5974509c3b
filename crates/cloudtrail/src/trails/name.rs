//! Names of trails (cloudtrail.md §4.2 step 1).

use api::ServiceError;
use api::cloudtrail::errors::invalid_trail_name_exception as invalid;

const LENGTH_MIN: usize = 3;
const LENGTH_MAX: usize = 128;

/// Checks a trail's name.
///
/// # Errors
/// `InvalidTrailNameException`
pub(crate) fn check_trail_name(name: &str) -> Result<(), ServiceError> {
    let length = name.chars().count();
    let is_alphanumeric = |char: Option<char>| char.is_some_and(|char| char.is_ascii_alphanumeric());
    let joins = |byte: u8| matches!(byte, b'.' | b'_' | b'-');
    if length < LENGTH_MIN {
        return Err(invalid(format!(
            "Trail name too short. Minimum allowed length: {LENGTH_MIN} characters. Specified name length: {length} \
             characters."
        )));
    }
    if length > LENGTH_MAX {
        return Err(invalid(format!(
            "Trail name too long. Maximum allowed length: {LENGTH_MAX} characters. Specified name length: {length} \
             characters."
        )));
    }
    if !is_alphanumeric(name.chars().next()) {
        return Err(invalid("Trail name must starts with a letter or number."));
    }
    if !is_alphanumeric(name.chars().last()) {
        return Err(invalid("Trail name must ends with a letter or number."));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || joins(byte)) {
        return Err(invalid(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens \
             (-), and underscores (_).",
        ));
    }
    if name.as_bytes().windows(2).any(|pair| pair.iter().all(|byte| joins(*byte))) {
        return Err(invalid("Trail name must not have adjacent periods, underscores or hyphens."));
    }
    if is_like_an_address(name) {
        return Err(invalid("Trail name must not be formatted as an IP address."));
    }
    Ok(())
}

fn is_like_an_address(name: &str) -> bool {
    name.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_in_the_order_of_the_rules() {
        for good in ["abc", "A-b_c.9", "1.2.3", &"a".repeat(128)] {
            assert_eq!(check_trail_name(good), Ok(()), "{good}");
        }
        for (bad, start) in [
            ("ab", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."),
            ("", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 0 characters."),
            (
                &"a".repeat(129)[..],
                "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.",
            ),
            ("-abc", "Trail name must starts with a letter or number."),
            ("abc-", "Trail name must ends with a letter or number."),
            (
                "a b c",
                "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).",
            ),
            ("a--b", "Trail name must not have adjacent periods, underscores or hyphens."),
            ("a._b", "Trail name must not have adjacent periods, underscores or hyphens."),
            ("192.168.5.4", "Trail name must not be formatted as an IP address."),
        ] {
            let error = check_trail_name(bad).unwrap_err();
            assert_eq!((&*error.name, error.message.as_deref()), ("InvalidTrailNameException", Some(start)), "{bad}");
        }
    }
}
