//! Codes that change with time (RFC 6238): HMAC-SHA-1 over steps of thirty seconds, six digits, as virtual MFA devices
//! make them.

use std::ops::RangeInclusive;

use base::{Entropy, Timestamp};
use ring::hmac;

use crate::password::same;

/// How long one code holds.
pub const STEP_SECS: i64 = 30;
/// Bytes of a seed; IAM's seeds have 64 characters in base 32.
const SEED_BYTES: usize = 40;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new device's seed.
pub fn seed(entropy: &dyn Entropy) -> Vec<u8> {
    let mut seed = vec![0; SEED_BYTES];
    entropy.fill(&mut seed);
    seed
}

/// The step that a time falls in.
pub fn step_at(at: Timestamp) -> i64 {
    at.secs().div_euclid(STEP_SECS)
}

/// The code of a step (RFC 4226 §5.3).
pub fn code(seed: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let digest = hmac::sign(&key, &step.to_be_bytes());
    let digest = digest.as_ref();
    let at = usize::from(digest[digest.len() - 1] & 0xf);
    let number = u32::from_be_bytes([digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

/// The earliest of these steps that the code belongs to. How long it takes does not depend on the code.
pub fn matching(seed: &[u8], given: &str, steps: RangeInclusive<i64>) -> Option<i64> {
    let mut found = None;
    for step in steps {
        let is_it = same(code(seed, step).as_bytes(), given.as_bytes());
        found = found.or(is_it.then_some(step));
    }
    found
}

/// The step of the second of two codes that follow one another.
pub fn matching_pair(seed: &[u8], first: &str, second: &str, mut steps: RangeInclusive<i64>) -> Option<i64> {
    steps.find(|step| {
        let (before, after) = (code(seed, step - 1), code(seed, *step));
        same(before.as_bytes(), first.as_bytes()) & same(after.as_bytes(), second.as_bytes())
    })
}

/// A seed as people type it into their devices (RFC 4648 §6). Seeds are whole groups of five bytes, so nothing is padded.
pub fn base32(seed: &[u8]) -> String {
    let mut out = String::new();
    for group in seed.chunks(5) {
        let mut bytes = [0; 8];
        bytes[3..3 + group.len()].copy_from_slice(group);
        let bits = u64::from_be_bytes(bytes);
        for n in 0..(group.len() * 8).div_ceil(5) {
            out.push(char::from(ALPHABET[usize::try_from((bits >> (35 - 5 * n)) & 31).expect("five bits are left")]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238 appendix B, SHA-1, the last six of its eight digits.
        for (secs, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SEED, step_at(Timestamp::from_secs(secs))), expected, "{secs}");
        }
    }

    #[test]
    fn base_32_is_that_of_the_rfc() {
        // RFC 4648 §10, without padding.
        for (plain, expected) in
            [("", ""), ("f", "MY"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(plain.as_bytes()), expected);
        }
        assert_eq!(base32(&[0xff; SEED_BYTES]).len(), 64);
    }

    #[test]
    fn a_code_belongs_to_its_step_alone() {
        assert_eq!(matching(SEED, &code(SEED, 100), 99..=101), Some(100));
        assert_eq!(matching(SEED, &code(SEED, 102), 99..=101), None);
        assert_eq!(matching(SEED, "", 99..=101), None);
    }

    #[test]
    fn two_codes_follow_one_another() {
        let (first, second) = (code(SEED, 100), code(SEED, 101));
        assert_eq!(matching_pair(SEED, &first, &second, 98..=104), Some(101));
        assert_eq!(matching_pair(SEED, &second, &first, 98..=104), None);
        assert_eq!(matching_pair(SEED, &first, &first, 98..=104), None);
    }
}
