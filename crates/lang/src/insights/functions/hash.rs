//! Hashes of texts, as hexadecimal digits.

use std::fmt::Write;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::{Function, Value, function, text};

pub(super) static FUNCTIONS: [Function; 2] = [
    function("md5", 1..=1, |_, a| digest::<Md5>(a).into()),
    function("sha256", 1..=1, |_, a| digest::<Sha256>(a).into()),
];

fn digest<D: Digest>(arguments: &[Value]) -> Option<String> {
    let digest = D::digest(text(arguments, 0)?.as_bytes());
    Some(digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    }))
}
