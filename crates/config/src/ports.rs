//! What Config needs of others, as traits that the server fulfils.
//!
//! Whatever is done for a delivery channel is done as the recorder's role or, where that role is not the server's own, as
//! the principal `config.amazonaws.com` with [`Sender::source_arn`] as `aws:SourceArn` and the account as
//! `aws:SourceAccount` (DC-14): who fulfils a trait holds it against the resource's policy.

mod callees;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::Transaction;

use crate::observe::Description;
use crate::rule::{AccountSummary, Asked, PasswordPolicy, PublicAccessBlock, TrailState, UserCredentials};

pub use callees::{
    AutomationProgress, AutomationState, AutomationStep, Automations, CallFailure, Caller, Functions, Invoked,
    NewAutomation,
};

/// The service that delivers.
pub const PRINCIPAL: &str = "config.amazonaws.com";

/// For whom something is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The account and region of the recorder.
    pub scope: Scope,
    /// The recorder's role.
    pub role_arn: String,
}

impl Sender {
    /// `aws:SourceArn`
    pub fn source_arn(&self) -> String {
        let Scope { account, region } = &self.scope;
        format!("arn:{}:config:{region}:{account}:*", region.partition().as_str())
    }
}

/// An object to write. It belongs to the bucket's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// What its bytes are.
    pub content: ObjectContent,
    /// The key that it is encrypted with; none for S3's own.
    pub kms_key_arn: Option<String>,
}

impl NewObject {
    /// `x-amz-acl`
    pub const ACL: &str = "bucket-owner-full-control";
}

/// What the bytes of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectContent {
    /// `application/json` with the encoding `gzip`.
    PackedJson,
    /// What they are is not said: an object that is there to be there, or a text as somebody gave it.
    Plain,
}

/// Why a bucket or a topic was not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PortError {
    /// The code that the channel's status shows, such as `AccessDenied`, `NoSuchBucket`, `NotFound`.
    pub code: String,
    /// What happened, for the log and the status.
    pub message: String,
}

/// Where snapshots and histories go: S3.
#[async_trait]
pub trait Buckets: Send + Sync + 'static {
    /// Whether there is such a bucket, whoever owns it.
    ///
    /// # Errors
    /// It cannot be told.
    async fn exists(&self, bucket: &str) -> Result<bool, PortError>;

    /// Writes an object as the sender, with [`NewObject::ACL`]. It is durable when this resolves. Writing the same once
    /// more changes nothing that can be seen.
    ///
    /// # Errors
    /// The sender may not, the bucket is gone, it cannot be reached, or the object is to be encrypted in a way that is not
    /// supported: the code of that is `NotImplemented`, and its message is for the caller.
    async fn put(&self, sender: &Sender, bucket: &str, object: &NewObject) -> Result<(), PortError>;

    /// Reads an object as the sender, as templates of packs are.
    ///
    /// # Errors
    /// The sender may not, there is no such object, it has more than `bytes_max`, or it cannot be reached.
    async fn read(&self, sender: &Sender, bucket: &str, key: &str, bytes_max: u64) -> Result<Vec<u8>, PortError>;
}

/// A message for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The topic.
    pub topic_arn: String,
    /// Its subject: ASCII, at most 100 characters.
    pub subject: String,
    /// The message.
    pub message: String,
}

/// Where changes are published: SNS.
#[async_trait]
pub trait Topics: Send + Sync + 'static {
    /// Adds to a transaction all that publishes a message: once it is committed the message is on its way. A transaction
    /// that is dropped publishes nothing, which tells whether the sender may.
    ///
    /// # Errors
    /// `NotFound` when there is no such topic; `AuthorizationError` when its policy does not let the sender publish.
    async fn publish(
        &self,
        sender: &Sender,
        notification: &Notification,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<(), PortError>;

    /// Says that a transaction with publications was committed.
    fn published(&self);
}

/// Where events go, in EventBridge's form: the webhook that the operator chose.
#[async_trait]
pub trait Events: Send + Sync + 'static {
    /// Sends an event.
    ///
    /// # Errors
    /// Why it was not taken, for the log.
    async fn post(&self, event: &str) -> Result<(), String>;

    /// How long to wait after so many attempts at one event have failed; none when it was the last.
    fn pause(&self, attempts: u32) -> Option<Duration>;
}

/// The server's own resources (D-1): alarms, log groups, trails, topics, buckets, IAM.
///
/// What belongs to no region (IAM) is there in the account's home region alone (REC-12). The recorder itself is not
/// among them.
#[async_trait]
pub trait OwnResources: Send + Sync + 'static {
    /// The types that it knows.
    fn resource_types(&self) -> Vec<&'static str>;

    /// All resources of a type. What it leaves out is not there any more.
    ///
    /// # Errors
    /// They cannot all be told: nothing is made of it.
    async fn list(&self, scope: &Scope, resource_type: &str) -> Result<Vec<(String, Description)>, PortError>;

    /// One resource; `None` when it is not there (any more).
    ///
    /// # Errors
    /// It cannot be told.
    async fn describe(
        &self,
        scope: &Scope,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<Option<Description>, PortError>;
}

/// What rules ask that is no item. An answer is [`Asked::Unknown`] where nobody can be asked, or nobody answered: whoever
/// fulfils this says why in the log.
#[async_trait]
pub trait AccountFacts: Send + Sync + 'static {
    /// IAM's policy for passwords of the account.
    async fn password_policy(&self, scope: &Scope) -> Asked<PasswordPolicy>;

    /// What IAM says of the account's root.
    async fn account_summary(&self, scope: &Scope) -> Asked<AccountSummary>;

    /// How each user of the account can sign in, by the user's name.
    async fn user_credentials(&self, scope: &Scope) -> Asked<BTreeMap<String, UserCredentials>>;

    /// Whether new volumes are encrypted unless said otherwise.
    async fn ebs_encryption_by_default(&self, scope: &Scope) -> Asked<bool>;

    /// What is blocked for all buckets of the account.
    async fn account_public_access_block(&self, scope: &Scope) -> Asked<PublicAccessBlock>;

    /// The trails that the account sees in this region.
    async fn trails(&self, scope: &Scope) -> Asked<Vec<TrailState>>;

    /// When the agent of each managed instance was last heard of, by the instance's id.
    async fn agent_contacts(&self, scope: &Scope) -> Asked<BTreeMap<String, Timestamp>>;

    /// The account's own snapshots of volumes that everybody can restore.
    async fn public_snapshots(&self, scope: &Scope) -> Asked<Vec<String>>;

    /// The tags of these images, as far as the account sees them, by the image's id.
    async fn image_tags(
        &self,
        scope: &Scope,
        image_ids: &[String],
    ) -> Asked<BTreeMap<String, BTreeMap<String, String>>>;
}
