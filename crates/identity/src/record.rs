//! What the catalog keeps of IAM. All of it is global in its account.
//!
//! Names keep their case and are unique without regard to it, so a record's key is its
//! name in small letters.

mod access_key;
mod credential_report;
mod group;
mod login_profile;
mod mfa_device;
mod password_policy;
mod policy;
mod policy_text;
mod role;
mod user;

use base::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Key, Record};

use crate::policy::Origin;

pub use access_key::{AccessKey, Owner};
pub use credential_report::CredentialReport;
pub use group::Group;
pub use login_profile::LoginProfile;
pub use mfa_device::{Enabled, MfaDevice};
pub use password_policy::PasswordPolicy;
pub use policy::{Policy, PolicyVersion};
pub(crate) use policy_text::policy_arn;
pub use policy_text::{Permissions, PolicyRef, PolicyText};
pub use role::Role;
pub use user::User;

/// The key of a record that is named by a name or an id.
pub fn key(account: &AccountId, name: &str) -> Key {
    Key::global(account, fold(name))
}

/// A name as it is compared.
pub fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The key; keys of one resource differ by more than case.
    pub key: String,
    /// The value, maybe empty.
    pub value: String,
}

/// What users, groups and roles have in common.
pub trait Holder: Record + Clone {
    /// `user`, `group` or `role`, as AWS's texts say it.
    const NOUN: &'static str;
    /// The same, as the origin of an inline policy.
    const ORIGIN: Origin;
    /// The most bytes of all inline policies together, blanks not counted (documented).
    const INLINE_BYTES_MAX: usize;
    /// The quota's name for attached policies.
    const ATTACHED_QUOTA: &'static str;

    /// The name, with its case.
    fn name(&self) -> &str;
    /// The path, `/` or `/a/b/`.
    fn path(&self) -> &str;
    /// The unique id.
    fn id(&self) -> &str;
    /// The policies.
    fn permissions(&self) -> &Permissions;
    /// The policies, to change them.
    fn permissions_mut(&mut self) -> &mut Permissions;
}

/// What users and roles have in common: a permissions boundary.
pub trait Bounded: Holder {
    /// The boundary.
    fn boundary(&self) -> Option<&PolicyRef>;
    /// Sets or removes the boundary.
    fn set_boundary(&mut self, boundary: Option<PolicyRef>);
}

/// A record with tags.
pub trait Tagged: Record + Clone {
    /// The tags, in the order they were first set.
    fn tags(&self) -> &[Tag];
    /// The tags, to change them.
    fn tags_mut(&mut self) -> &mut Vec<Tag>;
}

/// An account's alias; its key is always `alias`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountAlias {
    /// The alias.
    pub alias: String,
}

impl Record for AccountAlias {
    const KIND: &'static str = "iam.account_alias";
    const FORMAT: u32 = 1;
}

/// When and where an access key or a role was last used; the key is the access key id or
/// the role's unique id. Written now and then, not with every use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUsed {
    /// When.
    pub at: Timestamp,
    /// The service's IAM prefix, such as `logs`.
    pub service: String,
    /// The region.
    pub region: String,
}

impl Record for LastUsed {
    const KIND: &'static str = "iam.last_used";
    const FORMAT: u32 = 1;
}

/// What was settled at the first start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bootstrap {
    /// The master key's check value: tells a wrong key, reveals nothing of the right one.
    pub key_check: String,
    /// Accounts whose root was given an access key by the server.
    pub root_made: Vec<AccountId>,
}

impl Record for Bootstrap {
    const KIND: &'static str = "identity.bootstrap";
    const FORMAT: u32 = 1;
}
