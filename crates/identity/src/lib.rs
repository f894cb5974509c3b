//! Who may do what: IAM and STS, credentials, and the evaluation of policies.

use std::sync::Arc;

use base::id::{IdKind, secret_key, unique_id};
use base::{AccountId, Clock, Entropy, Partition};
use store::catalog::{Catalog, CatalogError, Key, Transaction};

pub mod authenticator;
pub mod guesses;
mod iam;
pub mod managed;
mod mfa;
mod ops;
pub mod password;
pub mod policy;
pub mod record;
pub mod root;
pub mod secrets;
pub mod session;
pub mod sign_in;
mod sts;
pub mod totp;

pub use authenticator::{
    Authenticator, Credential, CredentialError, ResourceRequest, ServiceCaller, ServiceRole, ServiceRoleError,
};
pub use root::{NewRootCredentials, RootCredentials};
pub use secrets::{MasterKey, MasterKeyError, Secret};

use iam::Iam;
use password::Passwords;
use record::{AccessKey, Bootstrap, Owner};
use secrets::Keys;
use sign_in::SignIn;
use sts::Sts;

/// What the operator decides about identity.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's account.
    pub account: AccountId,
    /// Where root's credentials come from.
    pub root: RootCredentials,
    /// The server's own partition, in the ARNs of whom its sign-ins are about.
    pub partition: Partition,
}

/// IAM and STS over one catalog.
pub struct Identity {
    authenticator: Arc<Authenticator>,
    iam: Arc<Iam>,
    sts: Arc<Sts>,
    sign_in: SignIn,
    new_root: Option<NewRootCredentials>,
}

/// Why identity cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The secrets in the catalog were sealed with another master key.
    #[error("the master key in {0} is not the one that this data was written with")]
    WrongMasterKey(String),
    /// The file of root's credentials cannot be written.
    #[error("root's credentials cannot be written to {0}")]
    RootCredentials(std::path::PathBuf, #[source] std::io::Error),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Whether the catalog was written with a master key before, which must then be there: a
/// new one is made at the first start alone.
pub fn expects_master_key(catalog: &Catalog) -> bool {
    catalog.get::<Bootstrap>(&bootstrap_key()).is_some()
}

fn bootstrap_key() -> Key {
    // One for the whole catalog, whatever account the server is started with.
    Key::global(&AccountId::from_number(0).expect("zero is an account number"), "bootstrap")
}

impl Identity {
    /// Checks the master key against the catalog, makes what the first start makes, and
    /// gives the services.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        catalog: Arc<Catalog>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        master_key: &MasterKey,
        settings: Settings,
    ) -> Result<Arc<Self>, OpenError> {
        let keys = Keys::derive(master_key);
        let new_root = start(&catalog, &*clock, &*entropy, &keys, master_key, &settings).await?;
        let authenticator = Authenticator::new(catalog.clone(), keys, settings.root, settings.account);
        let authenticator = Arc::new(authenticator);
        let passwords = Arc::new(Passwords::new(authenticator.clone(), entropy.clone()));
        let partition = settings.partition;
        Ok(Arc::new(Self {
            iam: Arc::new(Iam::new(catalog.clone(), entropy.clone(), authenticator.clone(), passwords.clone())),
            sign_in: SignIn::new(catalog.clone(), entropy.clone(), authenticator.clone(), passwords, partition),
            sts: Arc::new(Sts::new(catalog, entropy, authenticator.clone())),
            authenticator,
            new_root,
        }))
    }

    /// Credentials and permissions.
    pub fn authenticator(&self) -> Arc<Authenticator> {
        self.authenticator.clone()
    }

    /// IAM.
    pub fn iam(&self) -> Arc<dyn api::Service> {
        self.iam.clone()
    }

    /// STS.
    pub fn sts(&self) -> Arc<dyn api::Service> {
        self.sts.clone()
    }

    /// Sign-in with passwords.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// Root's credentials, when this start made them; to be shown once.
    pub fn new_root_credentials(&self) -> Option<&NewRootCredentials> {
        self.new_root.as_ref()
    }
}

/// The file comes before the commit: after a crash between them the next start makes new
/// credentials and replaces the file, and none are lost.
async fn start(
    catalog: &Catalog,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    keys: &Keys,
    master_key: &MasterKey,
    settings: &Settings,
) -> Result<Option<NewRootCredentials>, OpenError> {
    let before = catalog.get::<Bootstrap>(&bootstrap_key()).map(|found| found.value.as_ref().clone());
    if before.as_ref().is_some_and(|before| before.key_check != keys.check_value()) {
        return Err(OpenError::WrongMasterKey(master_key.origin().to_owned()));
    }
    let is_new = before.is_none();
    let mut bootstrap =
        before.unwrap_or_else(|| Bootstrap { key_check: keys.check_value().to_owned(), root_made: Vec::new() });
    let mut transaction = Transaction::default();
    let account = &settings.account;
    let new_root = match &settings.root {
        RootCredentials::Made { file } if !bootstrap.root_made.contains(account) => {
            let access_key_id = unique_id(IdKind::AccessKey, account, entropy);
            let made =
                NewRootCredentials { access_key_id, secret: Secret::from(secret_key(entropy)), file: file.clone() };
            secrets::write_private(file, &made.file_text())
                .map_err(|error| OpenError::RootCredentials(file.clone(), error))?;
            let sealed = keys.seal(&made.secret, &made.access_key_id, entropy);
            let record = AccessKey::new(made.access_key_id.clone(), Owner::Root, clock.now(), sealed);
            transaction.create(Key::global(account, made.access_key_id.as_str()), &record);
            bootstrap.root_made.push(account.clone());
            Some(made)
        }
        _ => None,
    };
    if is_new || new_root.is_some() {
        transaction.put(bootstrap_key(), &bootstrap);
        catalog.commit(transaction).await?;
    }
    Ok(new_root)
}
