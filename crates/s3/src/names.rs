//! Names of records and files: what sorts as S3 sorts keys, and what no client chooses.

use std::sync::LazyLock;

use base::{AccountId, Entropy};
use store::catalog::Key;

/// Ends the key in the names of records that a key has several of: it sorts before whatever a key can go on with.
const END: char = '\u{1}';

/// The account of all records, whomever they belong to: its text is in memory once.
static NOBODY: LazyLock<AccountId> = LazyLock::new(|| AccountId::from_number(0).expect("zero is an account number"));

/// The record key of a name that is unique in the whole server, whatever account it belongs to.
pub(crate) fn record_key(name: impl Into<String>) -> Key {
    Key::global(&NOBODY, name)
}

/// What the names of a bucket's records start with.
pub(crate) fn bucket_prefix(bucket_id: &str) -> String {
    format!("{bucket_id}/")
}

/// The name of the record of an object: it sorts as the key does among its bucket's.
pub(crate) fn object_name(bucket_id: &str, key: &str) -> String {
    let mut name = bucket_prefix(bucket_id);
    encode(key, &mut name);
    name
}

/// What the names of the records start with that a key has several of: its older versions, or its uploads.
pub(crate) fn many_prefix(bucket_id: &str, key: &str) -> String {
    let mut name = object_name(bucket_id, key);
    name.push(END);
    name
}

/// The name of the record of an older version. Among those of a key the newest comes first.
pub(crate) fn version_name(bucket_id: &str, key: &str, sequence: u64) -> String {
    format!("{}{:016x}", many_prefix(bucket_id, key), u64::MAX - sequence)
}

/// The key in a record's name: what follows the bucket's id, up to the end of the key if there is one.
pub(crate) fn key_of(name: &str) -> String {
    let encoded = name.split_once('/').map_or("", |(_, key)| key);
    let encoded = encoded.split(END).next().unwrap_or_default();
    let mut key = String::with_capacity(encoded.len());
    let mut characters = encoded.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{2}' => key.push(match characters.next() {
                Some('\u{3}') => '\u{1}',
                Some('\u{4}') => '\u{2}',
                _ => '\0',
            }),
            other => key.push(other),
        }
    }
    key
}

/// The first name that sorts after all names that start with this one; `None` when there is none.
pub(crate) fn after_prefix(name: &str) -> Option<String> {
    let mut name = name.to_owned();
    while let Some(last) = name.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            name.push(next);
            return Some(name);
        }
    }
    None
}

/// Keys may hold any character. Those up to U+0002 are written in two, so that no name holds NUL, that U+0001 ends a
/// key, and that names sort as keys do.
fn encode(key: &str, name: &mut String) {
    for character in key.chars() {
        match character {
            '\0' => name.push_str("\u{2}\u{2}"),
            '\u{1}' => name.push_str("\u{2}\u{3}"),
            '\u{2}' => name.push_str("\u{2}\u{4}"),
            other => name.push(other),
        }
    }
}

/// An id that is never used again: 128 random bits in hexadecimal digits.
pub(crate) fn new_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A version id as S3 gives them: 32 letters and digits.
pub(crate) fn new_version_id(entropy: &dyn Entropy) -> String {
    random_text(entropy, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._", 32)
}

/// A request id as S3 gives them: 16 capital letters and digits.
pub(crate) fn new_request_id(entropy: &dyn Entropy) -> String {
    random_text(entropy, b"ABCDEFGHJKMNPQRSTVWXYZ0123456789", 16)
}

/// What names the host that answered (`x-amz-id-2`); it means nothing to clients.
pub(crate) fn new_host_id(entropy: &dyn Entropy) -> String {
    random_text(entropy, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 75) + "="
}

fn random_text(entropy: &dyn Entropy, alphabet: &[u8], length: usize) -> String {
    let mut bytes = vec![0; length];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_sort_as_keys_do_and_tell_them(a in ".{0,8}|[\0-\u{3}]{0,4}", b in ".{0,8}|[\0-\u{3}]{0,4}") {
            let (name_a, name_b) = (object_name("id", &a), object_name("id", &b));
            prop_assert_eq!(name_a.as_bytes().cmp(name_b.as_bytes()), a.as_bytes().cmp(b.as_bytes()));
            prop_assert_eq!(&key_of(&name_a), &a);
            prop_assert_eq!(&key_of(&version_name("id", &a, 7)), &a);
            prop_assert_eq!(b.starts_with(&a), name_b.starts_with(&name_a));
            // All of one key's versions come before any of a key that goes on from it.
            let longer = format!("{a}\0");
            prop_assert!(version_name("id", &a, 0) < version_name("id", &longer, u64::MAX));
        }

        #[test]
        fn the_name_after_a_prefix_is_after_all_that_start_with_it(a in ".{1,4}", rest in ".{0,4}") {
            let after = after_prefix(&a).unwrap();
            let longer = format!("{a}{rest}");
            prop_assert!(after > longer);
            prop_assert!(!after.starts_with(a.as_str()));
        }
    }

    #[test]
    fn a_newer_version_comes_first() {
        assert!(version_name("id", "k", 2) < version_name("id", "k", 1));
    }
}
