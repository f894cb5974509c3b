//! Signing in with a password, and a second factor where the user has one, for a session's credentials.
//!
//! Nothing here tells a client why it was refused; what is known of it is for the audit event alone.

use std::sync::Arc;

use api::Principal;
use api::call::SessionAttributes;
use base::{AccountId, Entropy, Partition, Timestamp};
use store::catalog::{Catalog, CatalogError, ChangeError, Key, Transaction, Versioned};

use crate::authenticator::Authenticator;
use crate::iam::login_profiles::{ROOT, seal_name};
use crate::mfa;
use crate::password::{PasswordHash, Passwords, same};
use crate::record::{AccountAlias, LoginProfile, MfaDevice, PasswordPolicy, User, key as record_key};
use crate::secrets::Secret;
use crate::session::{Issued, Session, Subject};

/// The password of every root in development, as its secret access key is.
const DEV_PASSWORD: &str = "test";

/// Signs people in.
pub struct SignIn {
    catalog: Arc<Catalog>,
    entropy: Arc<dyn Entropy>,
    authenticator: Arc<Authenticator>,
    passwords: Arc<Passwords>,
    partition: Partition,
}

/// What somebody says of themselves.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The account's number, or its alias.
    pub account: &'a str,
    /// The user's name; none is root.
    pub user: Option<&'a str>,
    /// The password.
    pub password: &'a Secret,
    /// The code of a second factor.
    pub mfa_code: Option<&'a Secret>,
    /// How long the session is to last.
    pub secs: i64,
}

/// Whom somebody wants to sign in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// There is no such account.
    NoAccount,
    /// The account has no such user.
    NoUser(AccountId),
    /// The account's root.
    Root(AccountId),
    /// A user.
    User {
        /// The account.
        account: AccountId,
        /// `AIDA…`
        id: String,
        /// The name.
        name: String,
        /// The path.
        path: String,
    },
}

/// What came of it, and what is to be recorded.
#[derive(Debug)]
pub struct Attempt {
    /// Whom it was about.
    pub claimed: Claimed,
    /// Second factors of whom it was about; asked for only once the password is right.
    pub mfa_devices: usize,
    /// Whether a code was given.
    pub mfa_code_given: bool,
    /// What was given for it; `None` when it was refused.
    pub granted: Option<Granted>,
}

/// A session that was begun.
#[derive(Debug)]
pub struct Granted {
    /// Who signed in.
    pub principal: Principal,
    /// Its credentials.
    pub credentials: Issued,
    /// When they end.
    pub expires: Timestamp,
    /// The serial number of the second factor that was used.
    pub mfa_serial_number: Option<String>,
}

/// What is kept of whom somebody wants to be.
struct Kept {
    account: AccountId,
    /// The key of the login profile, and the user's unique id.
    key: String,
    subject: Subject,
    profile: Option<Versioned<LoginProfile>>,
}

impl SignIn {
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        entropy: Arc<dyn Entropy>,
        authenticator: Arc<Authenticator>,
        passwords: Arc<Passwords>,
        partition: Partition,
    ) -> Self {
        Self { catalog, entropy, authenticator, passwords, partition }
    }

    /// Begins a session for who proves to be who they say.
    ///
    /// # Errors
    /// The catalog's: nobody is signed in when the use of a code cannot be kept.
    pub async fn attempt(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Attempt, CatalogError> {
        let claimed = self.claimed(asked);
        let kept = self.kept(&claimed);
        let mut attempt = Attempt { claimed, mfa_devices: 0, mfa_code_given: asked.mfa_code.is_some(), granted: None };
        // The hash is made for whoever is named, also where there is nobody: the time tells nothing.
        let hash = kept.as_ref().and_then(|kept| Some(kept.profile.as_ref()?.value.hash.clone()));
        let name = kept.as_ref().map(|kept| seal_name(&kept.account, &kept.key)).unwrap_or_default();
        let is_right = self.passwords.matches(asked.password, hash.as_ref(), &name).await;
        let Some(kept) = kept else { return Ok(attempt) };
        if !is_right && !self.is_dev_root(&kept, asked.password) {
            return Ok(attempt);
        }
        attempt.mfa_devices = mfa::devices_of(&self.catalog, &kept.account, &kept.key).len();
        let used = match self.catalog.change(|| self.used(&kept, hash.as_ref(), asked.mfa_code, now)).await {
            Ok(used) => used,
            Err(ChangeError::Refused(())) | Err(ChangeError::Contended) => return Ok(attempt),
            Err(ChangeError::Failed(error)) => return Err(error),
        };
        let mfa_serial_number = used.map(|device| device.serial_number(self.partition, &kept.account));
        attempt.granted = Some(self.granted(kept, &attempt.claimed, mfa_serial_number, asked.secs, now));
        Ok(attempt)
    }

    fn claimed(&self, asked: &Asked<'_>) -> Claimed {
        let Some(account) = self.account(asked.account) else { return Claimed::NoAccount };
        let Some(name) = asked.user.filter(|name| *name != ROOT) else { return Claimed::Root(account) };
        match self.catalog.get::<User>(&record_key(&account, name)).map(|found| found.value) {
            None => Claimed::NoUser(account),
            Some(user) => {
                Claimed::User { account, id: user.id.clone(), name: user.name.clone(), path: user.path.clone() }
            }
        }
    }

    /// The account of a number or an alias. Accounts that nothing was ever made in are not there, so that nobody can
    /// have events written for them.
    fn account(&self, given: &str) -> Option<AccountId> {
        let Ok(account) = given.parse::<AccountId>() else {
            let all = self.catalog.list_all::<AccountAlias>();
            return all.into_iter().find(|(_, found)| found.value.alias == given).map(|(key, _)| key.account);
        };
        let is_known = self.authenticator.is_dev()
            || account == *self.authenticator.server_account()
            || !self.catalog.page::<User>(&Key::global(&account, ""), "", 1).is_empty();
        is_known.then_some(account)
    }

    fn kept(&self, claimed: &Claimed) -> Option<Kept> {
        let (account, key, subject) = match claimed {
            Claimed::NoAccount | Claimed::NoUser(_) => return None,
            Claimed::Root(account) => (account, ROOT.to_owned(), Subject::Root),
            Claimed::User { account, id, name, .. } => {
                (account, id.clone(), Subject::User { key: crate::record::fold(name), id: id.clone() })
            }
        };
        let profile = self.catalog.get::<LoginProfile>(&Key::global(account, key.as_str()));
        Some(Kept { account: account.clone(), key, subject, profile })
    }

    /// In development root has a password without anybody giving it one, as it has an access key.
    fn is_dev_root(&self, kept: &Kept, password: &Secret) -> bool {
        let has_none = kept.subject == Subject::Root && kept.profile.is_none();
        self.authenticator.is_dev() && has_none && same(password.expose().as_bytes(), DEV_PASSWORD.as_bytes())
    }

    /// Notes that the password was used, and uses a code up. `checked` is the hash that the password was held against.
    fn used(
        &self,
        kept: &Kept,
        checked: Option<&PasswordHash>,
        code: Option<&Secret>,
        now: Timestamp,
    ) -> Result<(Transaction, Option<MfaDevice>), ()> {
        let mut transaction = Transaction::default();
        let key = Key::global(&kept.account, kept.key.as_str());
        let found = self.catalog.get::<LoginProfile>(&key);
        if found.as_ref().map(|found| &found.value.hash) != checked {
            return Err(());
        }
        if let Some(found) = found {
            if found.value.reset_required || self.is_expired(kept, &found.value, now) {
                return Err(());
            }
            let mut profile = found.value.as_ref().clone();
            profile.last_used = Some(now.truncate_to_secs());
            transaction.update(key, found.version, &profile);
        }
        let devices = mfa::devices_of(&self.catalog, &kept.account, &kept.key);
        let device = match (devices.is_empty(), code) {
            (true, None) => None,
            // A code that nothing can be held against proves nothing.
            (true, Some(_)) | (false, None) => return Err(()),
            (false, Some(code)) => {
                let keys = self.authenticator.keys();
                let taken = mfa::take(keys, &kept.account, &devices, code.expose(), now, &mut transaction);
                Some(taken.cloned().ok_or(())?)
            }
        };
        Ok((transaction, device))
    }

    /// Whether the account's policy has the password expire by now. Root's are under no policy (documented).
    fn is_expired(&self, kept: &Kept, profile: &LoginProfile, now: Timestamp) -> bool {
        let policy = self.catalog.get::<PasswordPolicy>(&PasswordPolicy::key(&kept.account));
        let expires = profile.expires(policy.as_ref().map(|found| found.value.as_ref()));
        kept.subject != Subject::Root && expires.is_some_and(|expires| expires <= now)
    }

    fn granted(
        &self,
        kept: Kept,
        claimed: &Claimed,
        mfa_serial_number: Option<String>,
        secs: i64,
        now: Timestamp,
    ) -> Granted {
        let mut session = Session::new(kept.account.clone(), kept.subject, now, secs, &*self.entropy);
        session.mfa = mfa_serial_number.is_some();
        session.from_console = true;
        let credentials = session.issue(self.authenticator.keys(), &*self.entropy);
        let attributes =
            SessionAttributes { created: session.created, mfa_authenticated: session.mfa, from_console: true };
        let access_key_id = credentials.access_key_id.clone();
        let principal = match claimed {
            Claimed::User { account, id, name, path } => Principal::User {
                account: account.clone(),
                user_id: id.clone(),
                name: name.clone(),
                path: path.clone(),
                access_key_id,
                session: Some(attributes),
            },
            _ => Principal::Root { account: kept.account, access_key_id, session: Some(attributes) },
        };
        Granted { principal, credentials, expires: session.expires, mfa_serial_number }
    }
}
