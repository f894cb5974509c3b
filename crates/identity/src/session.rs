//! Temporary credentials. A session's state is in its token, sealed; nothing of it is
//! stored, so it survives a restart and costs no write.

use std::sync::{Arc, OnceLock};

use base::id::{IdKind, secret_key, unique_id};
use base::{AccountId, Entropy, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::{Document, Origin, PolicyKind, Source};
use crate::record::{PolicyRef, Tag};
use crate::secrets::{Keys, Secret};

/// A session, as its token carries it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The secret that goes with the temporary access key.
    pub secret: Secret,
    /// The account.
    pub account: AccountId,
    /// Who acts.
    pub subject: Subject,
    /// Inline session policies; with `policy_refs` they bound the session when any is given.
    pub policies: Vec<String>,
    /// Managed session policies.
    pub policy_refs: Vec<PolicyRef>,
    /// Session tags.
    pub tags: Vec<Tag>,
    /// Keys of the tags that go on to roles assumed from this session.
    pub transitive_tag_keys: Vec<String>,
    /// `sts:SourceIdentity`; goes on to roles assumed from this session.
    pub source_identity: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Whether a second factor was used.
    pub mfa: bool,
    /// Whether somebody signed in for it, rather than called STS.
    #[serde(default)]
    pub from_console: bool,
    #[serde(skip)]
    parsed: OnceLock<Option<Vec<Source>>>,
}

/// Who acts in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The account's root.
    Root,
    /// A user.
    User {
        /// The record's key.
        key: String,
        /// `AIDA…`: the session ends with the user, not with the name.
        id: String,
    },
    /// A role.
    Role {
        /// The record's key.
        key: String,
        /// `AROA…`
        id: String,
        /// The session's name.
        session_name: String,
    },
}

/// What a client needs to use a session.
#[derive(Clone, Debug)]
pub struct Issued {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret: Secret,
    /// The token that must come with each request.
    pub token: String,
}

impl Session {
    /// A session without policies or tags, and with a secret of its own.
    pub fn new(account: AccountId, subject: Subject, created: Timestamp, secs: i64, entropy: &dyn Entropy) -> Self {
        Self {
            secret: Secret::from(secret_key(entropy)),
            account,
            subject,
            policies: Vec::new(),
            policy_refs: Vec::new(),
            tags: Vec::new(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            created,
            expires: created.plus_millis(secs.saturating_mul(1000)).truncate_to_secs(),
            mfa: false,
            from_console: false,
            parsed: OnceLock::new(),
        }
    }

    /// Makes credentials of the session.
    pub fn issue(&self, keys: &Keys, entropy: &dyn Entropy) -> Issued {
        let access_key_id = unique_id(IdKind::TemporaryAccessKey, &self.account, entropy);
        let contents = serde_json::to_vec(self).expect("a session serializes to JSON");
        let token = keys.seal_token(&contents, &access_key_id, entropy);
        Issued { access_key_id, secret: self.secret.clone(), token }
    }

    /// Reads a token; `None` when it is not one that this server made for this key.
    pub fn open(token: &str, access_key_id: &str, keys: &Keys) -> Option<Self> {
        serde_json::from_slice(&keys.open_token(token, access_key_id)?).ok()
    }

    /// Whether session policies bound the session.
    pub fn has_policies(&self) -> bool {
        !self.policies.is_empty() || !self.policy_refs.is_empty()
    }

    /// The inline session policies; `None` when one cannot be read.
    pub fn inline_policies(&self) -> Option<&[Source]> {
        let parse = || {
            let parse = |text: &String| {
                let document = Document::parse(text, PolicyKind::Inline).ok()?;
                Some(Source { name: "session policy".to_owned(), origin: Origin::Given, document: Arc::new(document) })
            };
            self.policies.iter().map(parse).collect()
        };
        self.parsed.get_or_init(parse).as_deref()
    }
}
