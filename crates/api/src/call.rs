//! Who calls, from where, when: the context that every operation receives.

use base::{AccountId, Arn, Partition, Region, Scope, Timestamp};

/// The verified caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// The account's root.
    Root {
        /// The account.
        account: AccountId,
        /// The access key used.
        access_key_id: String,
        /// Set when temporary credentials were used.
        session: Option<SessionAttributes>,
    },
    /// An IAM user.
    User {
        /// The user's account.
        account: AccountId,
        /// `AIDA…`
        user_id: String,
        /// The user's name.
        name: String,
        /// Path, `/` or `/a/b/`.
        path: String,
        /// The access key used.
        access_key_id: String,
        /// Set when temporary credentials (GetSessionToken) were used.
        session: Option<SessionAttributes>,
    },
    /// A role that was assumed.
    AssumedRole {
        /// The role's account.
        account: AccountId,
        /// `AROA…`
        role_id: String,
        /// The role's name.
        role_name: String,
        /// The role's path.
        role_path: String,
        /// The session's name.
        session_name: String,
        /// `sts:SourceIdentity`, when one was set.
        source_identity: Option<String>,
        /// The access key used.
        access_key_id: String,
        /// The session.
        session: SessionAttributes,
    },
    /// A caller that could not be identified (unknown key or no key at all); only in
    /// refused requests.
    Unknown {
        /// The server's own account, which the audit event goes to.
        account: AccountId,
        /// The key that was claimed.
        access_key_id: Option<String>,
    },
}

/// What a session's credentials say about how they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAttributes {
    /// When the credentials were issued.
    pub created: Timestamp,
    /// Whether a second factor was used.
    pub mfa_authenticated: bool,
    /// Whether somebody signed in to the console for them.
    pub from_console: bool,
}

impl Principal {
    /// The caller's account.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. }
            | Self::Unknown { account, .. } => account,
        }
    }

    /// The access key the request was signed with.
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Root { access_key_id, .. }
            | Self::User { access_key_id, .. }
            | Self::AssumedRole { access_key_id, .. } => Some(access_key_id),
            Self::Unknown { access_key_id, .. } => access_key_id.as_deref(),
        }
    }

    /// The unique id: account, `AIDA…`, or `AROA…:session`.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Root { account, .. } => Some(account.to_string()),
            Self::User { user_id, .. } => Some(user_id.clone()),
            Self::AssumedRole { role_id, session_name, .. } => Some(format!("{role_id}:{session_name}")),
            Self::Unknown { .. } => None,
        }
    }

    /// The caller's ARN in the server's partition; `None` when unknown.
    pub fn arn(&self, partition: Partition) -> Option<Arn> {
        let (service, resource) = match self {
            Self::Root { .. } => ("iam", "root".to_owned()),
            Self::User { path, name, .. } => ("iam", format!("user{path}{name}")),
            Self::AssumedRole { role_name, session_name, .. } => {
                ("sts", format!("assumed-role/{role_name}/{session_name}"))
            }
            Self::Unknown { .. } => return None,
        };
        Some(Arn {
            partition: partition.as_str().to_owned(),
            service: service.to_owned(),
            region: String::new(),
            account: self.account().to_string(),
            resource,
        })
    }

    /// The session, when temporary credentials were used.
    pub fn session(&self) -> Option<&SessionAttributes> {
        match self {
            Self::Root { session, .. } | Self::User { session, .. } => session.as_ref(),
            Self::AssumedRole { session, .. } => Some(session),
            Self::Unknown { .. } => None,
        }
    }
}

/// The circumstances of one call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The caller.
    pub principal: Principal,
    /// The region from the SigV4 scope.
    pub region: Region,
    /// The server's own partition. Accounts belong to it whatever region a request names: if
    /// the caller's choice of region chose the partition of users and roles, it would choose
    /// which policies match.
    pub partition: Partition,
    /// When the request was taken in, by the server's clock.
    pub now: Timestamp,
    /// The id that the answer carries.
    pub request_id: String,
    /// The client's address.
    pub source_ip: String,
    /// The `User-Agent` header, empty when absent.
    pub user_agent: String,
    /// The `Host` header, empty when absent.
    pub host: String,
    /// The TLS session, when the connection has one.
    pub tls: Option<TlsSession>,
}

/// What was agreed on in the TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// Such as `TLSv1.3`.
    pub version: String,
    /// Such as `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: String,
    /// Such as `X25519`, where known.
    pub key_exchange: Option<String>,
}

impl CallContext {
    /// The caller's account: the one that data is read from and written to.
    pub fn account(&self) -> &AccountId {
        self.principal.account()
    }

    /// Account and region.
    pub fn scope(&self) -> Scope {
        Scope { account: self.account().clone(), region: self.region.clone() }
    }

    /// An ARN of this account with the region as given: IAM's and STS's in the server's
    /// partition, others in the one of the call's region.
    pub fn arn_of(&self, service: &str, region: &str, resource: impl Into<String>) -> Arn {
        let identity = matches!(service, "iam" | "sts");
        let partition = if identity { self.partition } else { self.region.partition() };
        Arn {
            partition: partition.as_str().to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: self.account().to_string(),
            resource: resource.into(),
        }
    }
}
