//! Sequence tokens: 56 digits that mean nothing to anybody (logs.md PE-7, LS-4).

use base::Timestamp;

/// A token as of a time, told apart from others of that time by a number.
pub(crate) fn sequence_token(at: Timestamp, number: u64) -> String {
    // AWS's start with 49.
    format!("49{:034}{number:020}", at.millis().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_56_digits() {
        for token in [sequence_token(Timestamp::MIN, 0), sequence_token(Timestamp::MAX, u64::MAX)] {
            assert!(token.len() == 56 && token.bytes().all(|byte| byte.is_ascii_digit()), "{token}");
        }
    }
}
