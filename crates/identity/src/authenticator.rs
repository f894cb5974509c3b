//! From an access key to its secret and principal, and from a principal to what it may do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use api::Principal;
use api::call::SessionAttributes;
use base::id::account_of_unique_id;
use base::{AccountId, Entropy, Timestamp};
use store::catalog::{Catalog, Key, Versioned};

use crate::record::{AccessKey, Holder, Owner, Role, User, key};
use crate::root::RootCredentials;
use crate::secrets::{Keys, Secret};
use crate::session::{Session, Subject};

mod authorize;
mod bucket_policy;
mod keys_of_request;
mod last_used;
mod resource_policy;
mod service_role;

pub(crate) use authorize::access_denied;
pub use bucket_policy::{ResourceRequest, ServiceCaller};
pub(crate) use keys_of_request::caller;
pub use service_role::{ServiceRole, ServiceRoleError};

use last_used::LastUses;
use resource_policy::ResourceDocuments;

/// Open sessions kept at hand; each takes about a kilobyte.
const SESSIONS_MAX: usize = 50_000;

/// Knows credentials and permissions. All of it is answered from memory.
pub struct Authenticator {
    catalog: Arc<Catalog>,
    keys: Keys,
    root: RootCredentials,
    account: AccountId,
    // Invariant: a session is here from its look-up until it expires or the table is full.
    sessions: Mutex<HashMap<String, Arc<Known>>>,
    last_uses: LastUses,
    resource_documents: ResourceDocuments,
}

struct Known {
    token: String,
    session: Arc<Session>,
}

/// What a signature is checked with, and who signed.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The secret access key.
    pub secret: Secret,
    /// The caller, once the signature is verified.
    pub principal: Principal,
}

/// Why there is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No such access key, or its owner is gone.
    #[error("The security token included in the request is invalid.")]
    Unknown,
    /// The access key is switched off.
    #[error("The security token included in the request is invalid.")]
    Inactive,
    /// The session token is not one of ours, was changed, or belongs to another key; or a
    /// temporary key came without its token.
    #[error("The security token included in the request is invalid.")]
    InvalidToken,
    /// The session is over.
    #[error("The security token included in the request is expired")]
    Expired,
}

impl Authenticator {
    pub(crate) fn new(catalog: Arc<Catalog>, keys: Keys, root: RootCredentials, account: AccountId) -> Self {
        Self {
            catalog,
            keys,
            root,
            account,
            sessions: Mutex::default(),
            last_uses: LastUses::default(),
            resource_documents: ResourceDocuments::default(),
        }
    }

    /// The server's own account.
    pub fn server_account(&self) -> &AccountId {
        &self.account
    }

    /// The secret and the principal of an access key, with the session token that came
    /// with it. Secrets are opened once per version of the key's record.
    pub fn lookup(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Credential, CredentialError> {
        if let Some(token) = session_token {
            return self.lookup_session(access_key_id, token, now);
        }
        if let Some(credential) = self.root_by_settings(access_key_id) {
            return Ok(credential);
        }
        if access_key_id.starts_with("ASIA") {
            return Err(CredentialError::InvalidToken);
        }
        let (account, record) = self.access_key(access_key_id).ok_or(CredentialError::Unknown)?;
        let principal = self.owner(&account, &record).ok_or(CredentialError::Unknown)?;
        if !record.active {
            return Err(CredentialError::Inactive);
        }
        let secret = record.secret(&self.keys).cloned().ok_or_else(|| {
            tracing::error!(access_key_id, "the secret of an access key cannot be opened with this master key");
            CredentialError::Unknown
        })?;
        Ok(Credential { secret, principal })
    }

    /// Whom an access key would stand for, for the event of a call that was refused before
    /// its signature was verified.
    pub fn claimed_principal(&self, access_key_id: &str) -> Option<Principal> {
        if let Some(credential) = self.root_by_settings(access_key_id) {
            return Some(credential.principal);
        }
        if let Some(known) = self.known_session(access_key_id) {
            return self.session_principal(access_key_id, &known.session);
        }
        let (account, record) = self.access_key(access_key_id)?;
        self.owner(&account, &record)
    }

    /// The account that an access key id belongs to, whether or not the key exists; `None`
    /// for ids that do not tell.
    pub(crate) fn account_of_key(&self, access_key_id: &str) -> Option<AccountId> {
        match self.root_by_settings(access_key_id) {
            Some(credential) => Some(credential.principal.account().clone()),
            None => account_of_unique_id(access_key_id),
        }
    }

    /// Seals a secret of a service, such as a private key, with the master key. It opens under
    /// the same name alone.
    pub fn seal_secret(&self, secret: &[u8], name: &str, entropy: &dyn Entropy) -> String {
        self.keys.seal_other(secret, name, entropy)
    }

    /// Opens what [`Authenticator::seal_secret`] made.
    pub fn open_secret(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        self.keys.open_other(sealed, name)
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether the server is one for development, where everybody can be anybody's root.
    pub fn is_dev(&self) -> bool {
        matches!(self.root, RootCredentials::Dev)
    }

    /// The session that a verified caller acts in.
    pub(crate) fn session_of(&self, principal: &Principal) -> Option<Arc<Session>> {
        principal.session()?;
        Some(self.known_session(principal.access_key_id()?)?.session.clone())
    }

    /// The user with this unique id, by its record's key when it still has that name.
    pub(crate) fn user(&self, account: &AccountId, name: &str, id: &str) -> Option<Versioned<User>> {
        self.holder(account, name, id)
    }

    /// The role with this unique id.
    pub(crate) fn role(&self, account: &AccountId, name: &str, id: &str) -> Option<Versioned<Role>> {
        self.holder(account, name, id)
    }

    fn holder<H: Holder>(&self, account: &AccountId, name: &str, id: &str) -> Option<Versioned<H>> {
        let by_name = self.catalog.get::<H>(&key(account, name)).filter(|found| found.value.id() == id);
        // A session outlives its user's renaming; that is rare enough for a scan.
        by_name.or_else(|| {
            let all = self.catalog.list::<H>(account, None);
            all.into_iter().map(|(_, found)| found).find(|found| found.value.id() == id)
        })
    }

    fn root_by_settings(&self, id: &str) -> Option<Credential> {
        let (account, secret) = match &self.root {
            RootCredentials::Dev if id == "test" => (self.account.clone(), Secret::from("test".to_owned())),
            RootCredentials::Dev => (id.parse::<AccountId>().ok()?, Secret::from("test".to_owned())),
            RootCredentials::Given { access_key_id, secret } if access_key_id == id => {
                (self.account.clone(), secret.clone())
            }
            RootCredentials::Given { .. } | RootCredentials::Made { .. } => return None,
        };
        Some(Credential { secret, principal: Principal::Root { account, access_key_id: id.to_owned(), session: None } })
    }

    fn access_key(&self, id: &str) -> Option<(AccountId, Arc<AccessKey>)> {
        let account = account_of_unique_id(id)?;
        let record = self.catalog.get::<AccessKey>(&Key::global(&account, id))?.value;
        Some((account, record))
    }

    fn owner(&self, account: &AccountId, record: &AccessKey) -> Option<Principal> {
        match &record.owner {
            Owner::Root => {
                Some(Principal::Root { account: account.clone(), access_key_id: record.id.clone(), session: None })
            }
            Owner::User(name) => {
                let user = self.catalog.get::<User>(&key(account, name))?.value;
                Some(user_principal(account, &user, &record.id, None))
            }
        }
    }

    fn lookup_session(&self, id: &str, token: &str, now: Timestamp) -> Result<Credential, CredentialError> {
        let session = match self.known_session(id) {
            Some(known) if known.token == token => known.session.clone(),
            _ => {
                let session = Session::open(token, id, &self.keys).ok_or(CredentialError::InvalidToken)?;
                self.remember(id, token, Arc::new(session), now)
            }
        };
        if session.expires <= now {
            return Err(CredentialError::Expired);
        }
        // The session of a deleted user or role is as good as none.
        let principal = self.session_principal(id, &session).ok_or(CredentialError::InvalidToken)?;
        Ok(Credential { secret: session.secret.clone(), principal })
    }

    fn known_session(&self, id: &str) -> Option<Arc<Known>> {
        self.sessions.lock().expect("no holder panics").get(id).cloned()
    }

    fn remember(&self, id: &str, token: &str, session: Arc<Session>, now: Timestamp) -> Arc<Session> {
        let mut sessions = self.sessions.lock().expect("no holder panics");
        if sessions.len() >= SESSIONS_MAX {
            sessions.retain(|_, known| known.session.expires > now);
        }
        if sessions.len() >= SESSIONS_MAX {
            // Tokens can be opened again, so what goes is not lost.
            sessions.clear();
        }
        sessions.insert(id.to_owned(), Arc::new(Known { token: token.to_owned(), session: session.clone() }));
        session
    }

    fn session_principal(&self, access_key_id: &str, session: &Session) -> Option<Principal> {
        let account = session.account.clone();
        let attributes = SessionAttributes {
            created: session.created,
            mfa_authenticated: session.mfa,
            from_console: session.from_console,
        };
        match &session.subject {
            Subject::Root => {
                Some(Principal::Root { account, access_key_id: access_key_id.to_owned(), session: Some(attributes) })
            }
            Subject::User { key, id } => {
                let user = self.user(&account, key, id)?.value;
                Some(user_principal(&account, &user, access_key_id, Some(attributes)))
            }
            Subject::Role { key, id, session_name } => {
                let role = self.role(&account, key, id)?.value;
                Some(Principal::AssumedRole {
                    account,
                    role_id: role.id.clone(),
                    role_name: role.name.clone(),
                    role_path: role.path.clone(),
                    session_name: session_name.clone(),
                    source_identity: session.source_identity.clone(),
                    access_key_id: access_key_id.to_owned(),
                    session: attributes,
                })
            }
        }
    }
}

fn user_principal(
    account: &AccountId,
    user: &User,
    access_key_id: &str,
    session: Option<SessionAttributes>,
) -> Principal {
    Principal::User {
        account: account.clone(),
        user_id: user.id.clone(),
        name: user.name.clone(),
        path: user.path.clone(),
        access_key_id: access_key_id.to_owned(),
        session,
    }
}
