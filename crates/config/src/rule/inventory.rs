//! What rules can ask for beside the item they judge. All of it is there before a rule is evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Scope, Timestamp};
use serde_json::Value;

use crate::item::Item;

/// The answer to a question about something that is no item.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Asked<T> {
    /// It could not be asked, or not yet: a rule says [`Verdict::insufficient_data`](super::Verdict).
    #[default]
    Unknown,
    /// There is none.
    Nothing,
    /// This.
    Known(T),
}

impl<V: Clone> Asked<BTreeMap<String, V>> {
    /// The answer about one of several; nothing where it is not among them.
    pub fn of(&self, name: &str) -> Asked<V> {
        match self {
            Self::Unknown => Asked::Unknown,
            Self::Nothing => Asked::Nothing,
            Self::Known(all) => all.get(name).cloned().map_or(Asked::Nothing, Asked::Known),
        }
    }
}

/// A question about something that is no item. Rules declare those that they ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// [`Inventory::password_policy`]
    PasswordPolicy,
    /// [`Inventory::account_summary`]
    AccountSummary,
    /// [`Inventory::user_credentials`]
    UserCredentials,
    /// [`Inventory::ebs_encryption_by_default`]
    EbsEncryptionByDefault,
    /// [`Inventory::account_public_access_block`]
    AccountPublicAccessBlock,
    /// [`Inventory::trails`]
    Trails,
    /// [`Inventory::last_agent_contact`]
    AgentContact,
    /// [`Inventory::history`]
    History,
    /// [`Inventory::public_snapshots`]
    PublicSnapshots,
    /// [`Inventory::image_tags`]
    ImageTags,
}

/// What names a resource in an account and region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// Its type.
    pub resource_type: String,
    /// Its id.
    pub resource_id: String,
}

/// What is known when a rule is evaluated: the resources of one account and region, and facts.
///
/// Everything but the first three has an answer for those who do not know: nothing, or [`Asked::Unknown`].
pub trait Inventory: Send + Sync {
    /// The time that the evaluation is of.
    fn now(&self) -> Timestamp;

    /// The account and region.
    fn scope(&self) -> &Scope;

    /// A live, recorded resource.
    fn item(&self, resource_type: &str, resource_id: &str) -> Option<Arc<Item>>;

    /// All live, recorded resources of a type, by id.
    fn items(&self, resource_type: &str) -> Vec<Arc<Item>>;

    /// The live resources that name this one in their relationships.
    fn naming(&self, _resource_type: &str, _resource_id: &str) -> Vec<ResourceKey> {
        Vec::new()
    }

    /// The items of a resource, the newest first, as far back as is kept.
    fn history(&self, _resource_type: &str, _resource_id: &str) -> Asked<Vec<Arc<Item>>> {
        Asked::Unknown
    }

    /// IAM's policy for passwords of the account.
    fn password_policy(&self) -> Asked<PasswordPolicy> {
        Asked::Unknown
    }

    /// What IAM says of the account's root.
    fn account_summary(&self) -> Asked<AccountSummary> {
        Asked::Unknown
    }

    /// How a user can sign in, by the user's name.
    fn user_credentials(&self, _user_name: &str) -> Asked<UserCredentials> {
        Asked::Unknown
    }

    /// Whether new volumes are encrypted unless said otherwise.
    fn ebs_encryption_by_default(&self) -> Asked<bool> {
        Asked::Unknown
    }

    /// What is blocked for all buckets of the account.
    fn account_public_access_block(&self) -> Asked<PublicAccessBlock> {
        Asked::Unknown
    }

    /// The trails that the account sees in this region.
    fn trails(&self) -> Asked<Vec<TrailState>> {
        Asked::Unknown
    }

    /// When the agent of a managed instance was last heard of.
    fn last_agent_contact(&self, _instance_id: &str) -> Asked<Timestamp> {
        Asked::Unknown
    }

    /// The account's own snapshots of volumes that everybody can restore, by id.
    fn public_snapshots(&self) -> Asked<Vec<String>> {
        Asked::Unknown
    }

    /// The tags of an image that an instance was started from.
    fn image_tags(&self, _image_id: &str) -> Asked<BTreeMap<String, String>> {
        Asked::Unknown
    }
}

/// IAM's policy for passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// `MinimumPasswordLength`
    pub length_min: u32,
    /// `RequireSymbols`
    pub symbols: bool,
    /// `RequireNumbers`
    pub numbers: bool,
    /// `RequireUppercaseCharacters`
    pub uppercase: bool,
    /// `RequireLowercaseCharacters`
    pub lowercase: bool,
    /// `MaxPasswordAge`
    pub age_days_max: Option<u32>,
    /// `PasswordReusePrevention`
    pub reuse_prevention: Option<u32>,
}

/// What IAM says of the account's root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountSummary {
    /// `AccountAccessKeysPresent`
    pub root_has_access_keys: bool,
    /// `AccountMFAEnabled`
    pub root_has_mfa: bool,
}

/// How a user can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCredentials {
    /// The password for the console, when there is one.
    pub password: Option<SecretUse>,
    /// How many devices for a second factor there are.
    pub mfa_devices: usize,
    /// The access keys.
    pub access_keys: Vec<AccessKey>,
}

/// When a secret was made and last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// When it was made, or last changed.
    pub made: Timestamp,
    /// When it was last used, if ever.
    pub used: Option<Timestamp>,
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// Whether its status is `Active`.
    pub is_active: bool,
    /// When it was made and last used.
    pub secret: SecretUse,
}

/// What is blocked of public access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`
    pub block_acls: bool,
    /// `IgnorePublicAcls`
    pub ignore_acls: bool,
    /// `BlockPublicPolicy`
    pub block_policy: bool,
    /// `RestrictPublicBuckets`
    pub restrict_buckets: bool,
}

/// A trail and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailState {
    /// The trail's ARN.
    pub arn: String,
    /// The trail as DescribeTrails tells it, with the API's names (`S3BucketName`, `IsMultiRegionTrail` …).
    pub description: Value,
    /// Whether it is logging now.
    pub is_logging: bool,
    /// `EventSelectors` and `AdvancedEventSelectors` of GetEventSelectors, with the API's names.
    pub selectors: Value,
    /// `LatestCloudWatchLogsDeliveryTime`
    pub logs_delivered: Option<Timestamp>,
}
