//! The master key, and what is sealed with keys derived from it: secret access keys and
//! session tokens.
//!
//! SigV4 needs the secret itself, so secrets cannot be kept as hashes; they are kept
//! sealed, and the key to them outside the data folder (docs/security.md).

use std::fmt;

use base::Entropy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use serde::{Deserialize, Serialize};

mod master_key;
#[cfg(test)]
mod tests;

pub(crate) use master_key::write_private;
pub use master_key::{MasterKey, MasterKeyError};

/// Text that must not be shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for signing or for the one answer that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// The keys that come of a master key.
pub struct Keys {
    secrets: LessSafeKey,
    tokens: LessSafeKey,
    others: LessSafeKey,
    check: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<keys>")
    }
}

impl Keys {
    /// Derives the keys (HKDF-SHA-256, one purpose each).
    pub fn derive(master: &MasterKey) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"trailwatch").extract(master.bytes());
        let aead = |purpose: &'static [u8]| {
            let purpose = [purpose];
            let key = root.expand(&purpose, &AES_256_GCM).expect("a key is shorter than HKDF's limit");
            LessSafeKey::new(UnboundKey::from(key))
        };
        let purpose = [b"key check 1".as_slice()];
        let check = root.expand(&purpose, hmac::HMAC_SHA256).expect("a key is shorter than HKDF's limit");
        let check = hmac::sign(&hmac::Key::from(check), b"trailwatch");
        Self {
            secrets: aead(b"access key secrets 1"),
            tokens: aead(b"session tokens 1"),
            others: aead(b"service secrets 1"),
            check: STANDARD.encode(check.as_ref()),
        }
    }

    /// A value that tells whether the master key is the one of a catalog.
    pub fn check_value(&self) -> &str {
        &self.check
    }

    /// Seals a secret access key; it opens with the same access key id alone.
    pub fn seal(&self, secret: &Secret, access_key_id: &str, entropy: &dyn Entropy) -> String {
        STANDARD.encode(seal(&self.secrets, secret.0.as_bytes(), access_key_id, entropy))
    }

    /// Opens what [`Keys::seal`] made; `None` when key, id or text are not the same.
    pub fn open(&self, sealed: &str, access_key_id: &str) -> Option<Secret> {
        let opened = open(&self.secrets, STANDARD.decode(sealed).ok()?, access_key_id)?;
        String::from_utf8(opened).ok().map(Secret)
    }

    /// Seals a service's secret under its name.
    pub(crate) fn seal_other(&self, secret: &[u8], name: &str, entropy: &dyn Entropy) -> String {
        STANDARD.encode(seal(&self.others, secret, name, entropy))
    }

    /// Opens a service's secret, such as one that [`crate::Authenticator::seal_secret`] sealed; `None` when it was changed,
    /// or sealed under another name.
    pub fn open_other(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        open(&self.others, STANDARD.decode(sealed).ok()?, name)
    }

    /// Seals the contents of a session token for a temporary access key.
    pub(crate) fn seal_token(&self, contents: &[u8], access_key_id: &str, entropy: &dyn Entropy) -> String {
        STANDARD.encode(seal(&self.tokens, contents, access_key_id, entropy))
    }

    /// Opens a session token; `None` when it was changed, is another server's, or belongs
    /// to another access key.
    pub(crate) fn open_token(&self, token: &str, access_key_id: &str) -> Option<Vec<u8>> {
        open(&self.tokens, STANDARD.decode(token).ok()?, access_key_id)
    }
}

/// Form 1, then the nonce, then the sealed bytes with their tag.
fn seal(key: &LessSafeKey, plain: &[u8], aad: &str, entropy: &dyn Entropy) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let mut sealed = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad.as_bytes()), &mut sealed)
        .expect("what is sealed is far below the cipher's limit");
    let mut out = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
    out.push(1);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    out
}

fn open(key: &LessSafeKey, mut sealed: Vec<u8>, aad: &str) -> Option<Vec<u8>> {
    if sealed.first() != Some(&1) || sealed.len() < 1 + NONCE_LEN {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(&sealed[1..=NONCE_LEN]).ok()?;
    let opened = key.open_within(nonce, Aad::from(aad.as_bytes()), &mut sealed, 1 + NONCE_LEN..).ok()?;
    Some(opened.to_vec())
}
