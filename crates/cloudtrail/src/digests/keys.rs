//! The keys that digests are signed with (cloudtrail.md §6.6).
//!
//! Each region has keys of its own, each valid for thirty days. The next one begins an hour before the first digest
//! that the last one cannot sign. Private keys are kept sealed; public ones are kept for good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base::{AccountId, Entropy, EntropyRng, Region, Timestamp};
use md5::{Digest as _, Md5};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::sha2::Sha256;
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use serde::{Deserialize, Serialize};
use store::Catalog;
use store::catalog::{CatalogError, Key, Record, Transaction};

use super::HOUR_MS;
use crate::ports::Seal;

// Tests make many keys, and making a whole one takes seconds without optimization.
const BITS: usize = if cfg!(test) { 1024 } else { 2048 };
const VALID_MS: i64 = 30 * base::time::DAY_MS;
const SEALED_AS: &str = "cloudtrail.digest_key";

/// A key of a region. It belongs to the server's own account; its name is its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DigestKeyRecord {
    /// The private key, PKCS#8, sealed with the master key.
    sealed: String,
    /// The public key, PKCS#1 DER in base64.
    pub(crate) public: String,
    pub(crate) valid_from: Timestamp,
    pub(crate) valid_to: Timestamp,
}

impl Record for DigestKeyRecord {
    const KIND: &'static str = "cloudtrail.digest_key";
    const FORMAT: u32 = 1;
}

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("a key that digests are signed with cannot be opened with this master key")]
    Sealed,
    #[error("a key to sign digests with could not be made or used: {0}")]
    Failed(String),
    #[error("a key that digests are signed with could not be kept")]
    Keep(#[from] CatalogError),
    #[error("signing was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Finds, makes and uses keys.
pub(crate) struct KeyRing {
    catalog: Arc<Catalog>,
    seal: Arc<dyn Seal>,
    entropy: Arc<dyn Entropy>,
    account: AccountId,
    // Opening a key takes a while.
    opened: Mutex<HashMap<String, Arc<RsaPrivateKey>>>,
}

/// A key at hand.
pub(crate) struct Signing {
    pub(crate) fingerprint: String,
    private: Arc<RsaPrivateKey>,
    entropy: Arc<dyn Entropy>,
}

impl Signing {
    /// The signature, in hexadecimal.
    pub(crate) async fn sign(&self, text: String) -> Result<String, KeyError> {
        let (private, entropy) = (self.private.clone(), self.entropy.clone());
        let signed = tokio::task::spawn_blocking(move || {
            let padding = Pkcs1v15Sign::new::<Sha256>();
            // Randomness blinds the computation; the signature does not depend on it.
            private.sign_with_rng(&mut EntropyRng(&*entropy), padding, &Sha256::digest(text.as_bytes()))
        });
        let signature = signed.await?.map_err(|error| KeyError::Failed(error.to_string()))?;
        Ok(signature.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl KeyRing {
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        seal: Arc<dyn Seal>,
        entropy: Arc<dyn Entropy>,
        account: AccountId,
    ) -> Self {
        Self { catalog, seal, entropy, account, opened: Mutex::default() }
    }

    /// The keys of a region whose validity touches a range, oldest first.
    pub(crate) fn public(
        &self,
        region: &Region,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(String, Arc<DigestKeyRecord>)> {
        let all = self.catalog.list::<DigestKeyRecord>(&self.account, Some(region)).into_iter();
        let touching = all.filter(|(_, key)| key.value.valid_from <= to && key.value.valid_to >= from);
        let mut keys: Vec<_> = touching.map(|(name, key)| (name, key.value)).collect();
        keys.sort_by_key(|(_, key)| key.valid_from);
        keys
    }

    /// The key for a digest of a region whose hour ends at `end`; made when there is none.
    pub(crate) async fn for_digest(&self, region: &Region, end: Timestamp) -> Result<Signing, KeyError> {
        if let Some((fingerprint, record)) = self.public(region, end, end).pop() {
            return self.open(fingerprint, &record).await;
        }
        let entropy = self.entropy.clone();
        let made = tokio::task::spawn_blocking(move || RsaPrivateKey::new(&mut EntropyRng(&*entropy), BITS)).await?;
        let private = made.map_err(|error| KeyError::Failed(error.to_string()))?;
        let failed = |error: &dyn std::fmt::Display| KeyError::Failed(error.to_string());
        let public = private.to_public_key().to_pkcs1_der().map_err(|error| failed(&error))?;
        let secret = private.to_pkcs8_der().map_err(|error| failed(&error))?;
        let fingerprint: String = Md5::digest(public.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let valid_from = end.plus_millis(-HOUR_MS).truncate_to_secs();
        let record = DigestKeyRecord {
            sealed: self.seal.seal(secret.as_bytes(), SEALED_AS),
            public: base64_of(public.as_bytes()),
            valid_from,
            valid_to: valid_from.plus_millis(VALID_MS),
        };
        let mut transaction = Transaction::default();
        transaction.create(Key::regional(&self.account, region, &*fingerprint), &record);
        self.catalog.commit(transaction).await?;
        Ok(self.signing(fingerprint, private))
    }

    async fn open(&self, fingerprint: String, record: &DigestKeyRecord) -> Result<Signing, KeyError> {
        let known = self.opened.lock().expect("no holder of this lock panics").get(&fingerprint).cloned();
        if let Some(private) = known {
            return Ok(Signing { fingerprint, private, entropy: self.entropy.clone() });
        }
        let secret = self.seal.open(&record.sealed, SEALED_AS).ok_or(KeyError::Sealed)?;
        let opened = tokio::task::spawn_blocking(move || RsaPrivateKey::from_pkcs8_der(&secret)).await?;
        Ok(self.signing(fingerprint, opened.map_err(|_| KeyError::Sealed)?))
    }

    fn signing(&self, fingerprint: String, private: RsaPrivateKey) -> Signing {
        let private = Arc::new(private);
        self.opened.lock().expect("no holder of this lock panics").insert(fingerprint.clone(), private.clone());
        Signing { fingerprint, private, entropy: self.entropy.clone() }
    }
}

/// Whether a signature, in hexadecimal, is that of a text by the key, given as PKCS#1 DER.
pub(crate) fn verified(public: &[u8], text: &str, signature: &str) -> bool {
    let Ok(key) = RsaPublicKey::from_pkcs1_der(public) else { return false };
    let digits = signature.as_bytes();
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let Some(bytes) = digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>() else { return false };
    digits.len().is_multiple_of(2)
        && key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text.as_bytes()), &bytes).is_ok()
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
