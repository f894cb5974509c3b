//! Passwords as they are kept: hashed with PBKDF2, and the hash sealed with the master key.
//!
//! The hash makes guessing slow for who has both the data and the master key; the seal makes it impossible for who has
//! the data alone (docs/security.md).

use std::num::NonZeroU32;
use std::sync::Arc;

use base::Entropy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::pbkdf2;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::authenticator::Authenticator;
use crate::secrets::{Keys, Secret};

mod policy;

pub(crate) use policy::{check, violation};

/// What one hash costs: what OWASP asks of PBKDF2 with HMAC-SHA-512. A hash that is hard on memory too would need another
/// library beside `ring`; that the hash is sealed makes up for it.
const ROUNDS: NonZeroU32 = NonZeroU32::new(210_000).expect("it is not zero");
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 64;
/// Hashes made at once: more would only take the processor from each other, and from everybody else.
const AT_ONCE: usize = 2;

/// A password's hash, with what it was made with, so that the costs of new ones can be raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    rounds: NonZeroU32,
    salt: String,
    sealed: String,
}

/// Makes and checks hashes, so many at a time and away from the threads that serve.
pub struct Passwords {
    authenticator: Arc<Authenticator>,
    entropy: Arc<dyn Entropy>,
    turns: Semaphore,
}

impl Passwords {
    pub(crate) fn new(authenticator: Arc<Authenticator>, entropy: Arc<dyn Entropy>) -> Self {
        Self { authenticator, entropy, turns: Semaphore::new(AT_ONCE) }
    }

    /// The hash of a new password; `name` says whose it is, and it is good under that name alone.
    pub(crate) async fn hash(&self, password: &Secret, name: &str) -> PasswordHash {
        let mut salt = [0; SALT_BYTES];
        self.entropy.fill(&mut salt);
        let hash = self.computed(password, salt.to_vec(), ROUNDS).await;
        let sealed = self.keys().seal_other(&hash, name, &*self.entropy);
        PasswordHash { rounds: ROUNDS, salt: STANDARD.encode(salt), sealed }
    }

    /// Whether this is the password. Where there is none to compare with, it takes as long and is not.
    pub(crate) async fn matches(&self, password: &Secret, kept: Option<&PasswordHash>, name: &str) -> bool {
        let parts = kept.and_then(|kept| kept.parts(self.keys(), name));
        if kept.is_some() && parts.is_none() {
            tracing::error!(name, "a password's hash cannot be opened with this master key");
        }
        let (salt, rounds, expected) = match parts {
            Some((salt, rounds, expected)) => (salt, rounds, Some(expected)),
            None => (vec![0; SALT_BYTES], ROUNDS, None),
        };
        let hash = self.computed(password, salt, rounds).await;
        expected.is_some_and(|expected| same(&hash, &expected))
    }

    async fn computed(&self, password: &Secret, salt: Vec<u8>, rounds: NonZeroU32) -> [u8; HASH_BYTES] {
        let _turn = self.turns.acquire().await.expect("the semaphore is never closed");
        let password = password.clone();
        let hash = move || {
            let mut hash = [0; HASH_BYTES];
            let password = password.expose().as_bytes();
            pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, &salt, password, &mut hash);
            hash
        };
        tokio::task::spawn_blocking(hash).await.expect("hashing does not panic")
    }

    fn keys(&self) -> &Keys {
        self.authenticator.keys()
    }
}

impl PasswordHash {
    /// Salt, costs and hash; `None` when it is of another owner, another master key, or damaged.
    fn parts(&self, keys: &Keys, name: &str) -> Option<(Vec<u8>, NonZeroU32, Vec<u8>)> {
        let salt = STANDARD.decode(&self.salt).ok()?;
        let hash = keys.open_other(&self.sealed, name).filter(|hash| hash.len() == HASH_BYTES)?;
        Some((salt, self.rounds, hash))
    }
}

/// Whether two texts are the same. How long it takes tells their lengths alone.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |differing, (one, other)| differing | (one ^ other));
    std::hint::black_box(differing) == 0 && one.len() == other.len()
}
