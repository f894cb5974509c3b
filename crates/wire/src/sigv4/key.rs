//! Signing keys and the digests that signatures are made of.

use std::fmt;

use ring::{digest, hmac};

use super::TERMINATOR;

/// The key for one secret, day, region and service. Deriving it costs four HMACs, so callers
/// cache it; it is good for that day only.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Derives the key from the secret access key and the scope's date (`YYYYMMDD`), region
    /// and service.
    pub fn derive(secret: &str, date: &str, region: &str, service: &str) -> Self {
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
        for part in [date, region, service, TERMINATOR] {
            key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
        }
        Self(key)
    }

    /// The signature of a string to sign, in lower-case hex.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> String {
        hex(hmac::sign(&self.0, string_to_sign).as_ref())
    }

    /// Whether `signature` is this string's, in time independent of where they differ.
    pub(crate) fn verifies(&self, string_to_sign: &[u8], signature: &str) -> bool {
        let Some(signature) = unhex(signature) else { return false };
        hmac::verify(&self.0, string_to_sign, &signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The SHA-256 of some bytes in lower-case hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
    }
    out
}

/// Bytes from lower-case hex, the only form that a signature has.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
