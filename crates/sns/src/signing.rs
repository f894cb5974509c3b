//! The key that messages are signed with, and its certificate (cloudwatch.md §8.4).
//!
//! The key is made when it is first needed, and kept sealed in the catalog. Receivers verify
//! with the certificate, which the server serves by the path that messages name.

mod key;

use std::sync::Arc;

use base::{AccountId, Entropy};
use store::Catalog;
use store::catalog::{CatalogError, Key, Transaction};
use tokio::sync::OnceCell;
use tokio::task::JoinError;

use crate::record::SigningKeyRecord;
use key::SigningKey;

/// The name of the key's record, and what it is sealed under.
const NAME: &str = "signing";
const SEALED_AS: &str = "sns.signing_key";

/// Seals secrets with the server's master key, as the server wires it.
pub trait Seal: Send + Sync + 'static {
    /// Seals a secret under a name.
    fn seal(&self, secret: &[u8], name: &str) -> String;
    /// Opens what was sealed under this name.
    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>>;
}

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The key in the catalog is sealed with another master key, or damaged.
    #[error("the key that messages are signed with cannot be opened with this master key")]
    Sealed,
    /// No key could be made.
    #[error("a key to sign messages with could not be made: {0}")]
    Make(String),
    /// It could not be kept.
    #[error("the key that messages are signed with could not be kept")]
    Keep(#[from] CatalogError),
    /// The work was cut off.
    #[error("signing was interrupted")]
    Interrupted(#[from] JoinError),
}

/// Signs messages. The key is made when it is first needed, and kept sealed in the catalog.
pub struct Signer {
    catalog: Arc<Catalog>,
    seal: Arc<dyn Seal>,
    entropy: Arc<dyn Entropy>,
    account: AccountId,
    key: OnceCell<Arc<SigningKey>>,
}

impl Signer {
    /// A signer whose key belongs to the server's own account.
    pub fn new(catalog: Arc<Catalog>, seal: Arc<dyn Seal>, entropy: Arc<dyn Entropy>, account: AccountId) -> Self {
        Self { catalog, seal, entropy, account, key: OnceCell::new() }
    }

    /// The certificate that is served at this path, `/SimpleNotificationService-<32 hex>.pem`.
    pub fn certificate(&self, path: &str) -> Option<String> {
        let record = self.catalog.get::<SigningKeyRecord>(&self.place())?.value;
        (path_of(&record.id) == path).then(|| record.certificate.clone())
    }

    /// The path of the certificate that proves signatures. Makes the key when there is none.
    ///
    /// # Errors
    /// There is no key, and none can be made.
    pub async fn certificate_path(&self) -> Result<String, SigningError> {
        Ok(path_of(&self.key().await?.id))
    }

    /// Signs a text: RSA PKCS#1 v1.5 with SHA-256 for version `2`, with SHA-1 for any other, in
    /// base64.
    ///
    /// # Errors
    /// There is no key, and none can be made.
    pub async fn sign(&self, version: &str, text: String) -> Result<String, SigningError> {
        let (key, entropy, is_second) = (self.key().await?, self.entropy.clone(), version == "2");
        tokio::task::spawn_blocking(move || match is_second {
            true => key.sign_sha256(text.as_bytes(), &*entropy),
            false => key.sign_sha1(text.as_bytes(), &*entropy),
        })
        .await?
        .map_err(SigningError::Make)
    }

    /// The key. One task finds or makes it, others wait for it.
    async fn key(&self) -> Result<Arc<SigningKey>, SigningError> {
        let key = self.key.get_or_try_init(|| async {
            match self.kept()? {
                Some(key) => Ok(key),
                None => self.make().await,
            }
        });
        key.await.cloned()
    }

    fn kept(&self) -> Result<Option<Arc<SigningKey>>, SigningError> {
        let Some(record) = self.catalog.get::<SigningKeyRecord>(&self.place()) else { return Ok(None) };
        let secret = self.seal.open(&record.value.sealed, SEALED_AS).ok_or(SigningError::Sealed)?;
        let key = SigningKey::open(&secret, record.value.id.clone()).map_err(|_| SigningError::Sealed)?;
        Ok(Some(Arc::new(key)))
    }

    async fn make(&self) -> Result<Arc<SigningKey>, SigningError> {
        let entropy = self.entropy.clone();
        let made = tokio::task::spawn_blocking(move || SigningKey::make(&*entropy)).await?;
        let made = made.map_err(SigningError::Make)?;
        let record = SigningKeyRecord {
            sealed: self.seal.seal(&made.secret, SEALED_AS),
            certificate: made.certificate,
            id: made.key.id.clone(),
        };
        let mut transaction = Transaction::default();
        transaction.create(self.place(), &record);
        match self.catalog.commit(transaction).await {
            Ok(()) => Ok(Arc::new(made.key)),
            // Another process made one first: that one holds.
            Err(CatalogError::Conflict { .. }) => self.kept()?.ok_or(SigningError::Sealed),
            Err(other) => Err(other.into()),
        }
    }

    fn place(&self) -> Key {
        Key::global(&self.account, NAME)
    }
}

fn path_of(id: &str) -> String {
    format!("/SimpleNotificationService-{id}.pem")
}

#[cfg(test)]
mod tests;
