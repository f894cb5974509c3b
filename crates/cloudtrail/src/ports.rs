//! What CloudTrail needs of others, as traits that the server fulfils.
//!
//! Whatever is done for a trail is done as the principal `cloudtrail.amazonaws.com`, with the trail's ARN as
//! `aws:SourceArn` and its account as `aws:SourceAccount`: who fulfils a trait holds it against the resource's policy.

use async_trait::async_trait;
use base::{Region, Scope, Timestamp};
use store::catalog::Transaction;

/// The service that trails act as.
pub const PRINCIPAL: &str = "cloudtrail.amazonaws.com";

/// For which trail something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The trail's ARN.
    pub trail_arn: String,
    /// The trail's account and home region.
    pub scope: Scope,
}

/// An object to write. It belongs to the bucket's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// User metadata: names without `x-amz-meta-`, in lower case.
    pub metadata: Vec<(String, String)>,
    /// What its bytes are.
    pub content: ObjectContent,
}

/// What the bytes of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectContent {
    /// JSON packed with gzip, as every object of a trail is.
    PackedJson,
    /// JSON.
    Json,
    /// A file packed with gzip, which stays so for whoever reads it.
    Packed,
}

impl ObjectContent {
    /// `Content-Type`
    pub fn content_type(self) -> &'static str {
        match self {
            Self::PackedJson | Self::Json => "application/json",
            Self::Packed => "application/x-gzip",
        }
    }

    /// `Content-Encoding`
    pub fn content_encoding(self) -> Option<&'static str> {
        match self {
            Self::PackedJson => Some("gzip"),
            Self::Json | Self::Packed => None,
        }
    }
}

impl NewObject {
    /// `x-amz-acl`
    pub const ACL: &str = "bucket-owner-full-control";
    /// `x-amz-server-side-encryption`
    pub const ENCRYPTION: &str = "AES256";
}

/// Why a bucket, a topic or a log group was not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PortError {
    /// The code that GetTrailStatus shows, such as `AccessDenied`, `NoSuchBucket`, `AuthorizationError`.
    pub code: String,
    /// What happened, for the log.
    pub message: String,
}

/// As whom log files are read that are imported into an event data store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogReader {
    /// The store's ARN.
    pub store_arn: String,
    /// The store's account and home region.
    pub scope: Scope,
    /// The role that was named for it: it must trust CloudTrail and may read the bucket.
    pub role_arn: String,
}

/// Where log files and digests go, and imports come from: S3.
#[async_trait]
pub trait Buckets: Send + Sync + 'static {
    /// Whether there is such a bucket, whoever owns it.
    ///
    /// # Errors
    /// It cannot be told.
    async fn exists(&self, bucket: &str) -> Result<bool, PortError>;

    /// Asks for `s3:GetBucketAcl` as the sender.
    ///
    /// # Errors
    /// The sender may not, or the bucket is gone.
    async fn read_acl(&self, sender: &Sender, bucket: &str) -> Result<(), PortError>;

    /// Writes an object as the sender, with the content type, encoding, ACL and encryption that [`NewObject`] names.
    /// It is durable when this resolves. Writing the same once more changes nothing that can be seen.
    ///
    /// # Errors
    /// The sender may not, the bucket is gone, or it cannot be reached.
    async fn put(&self, sender: &Sender, bucket: &str, object: &NewObject) -> Result<(), PortError>;

    /// The region of a bucket, whoever owns it; `None` where there is no such bucket.
    ///
    /// # Errors
    /// It cannot be told.
    async fn region(&self, bucket: &str) -> Result<Option<Region>, PortError>;

    /// The keys of a bucket that start with a prefix and sort after another key, in order, `count` at most.
    ///
    /// # Errors
    /// The role may not list the bucket, or the bucket is gone.
    async fn list_as(&self, reader: &LogReader, range: KeyRange<'_>, now: Timestamp) -> Result<Vec<String>, PortError>;

    /// The bytes of an object.
    ///
    /// # Errors
    /// The role may not read it, it is gone, or has more than `bytes_max`.
    async fn get_as(
        &self,
        reader: &LogReader,
        bucket: &str,
        key: &str,
        bytes_max: u64,
        now: Timestamp,
    ) -> Result<Vec<u8>, PortError>;
}

/// Keys of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRange<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// What they start with.
    pub prefix: &'a str,
    /// What they sort after.
    pub after: &'a str,
    /// At most so many.
    pub count: usize,
}

/// A message of a trail for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The topic.
    pub topic_arn: String,
    /// The message, without a subject.
    pub message: String,
}

/// Where trails publish: SNS.
#[async_trait]
pub trait Topics: Send + Sync + 'static {
    /// Adds to a transaction all that publishes a message: once it is committed the message is on its way.
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

/// A log group and the role that writes to it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogDestination {
    /// The group's ARN, ending in `:*`.
    pub group_arn: String,
    /// The role's ARN.
    pub role_arn: String,
}

/// Why a log group does not take a trail's events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogRefusal {
    /// There is no such group.
    #[error("there is no such log group")]
    NoGroup,
    /// There is no such role, or it does not trust CloudTrail.
    #[error("the role does not trust CloudTrail")]
    NotTrusted,
    /// The role may not create streams or put events.
    #[error("the role lacks permissions")]
    NotPermitted,
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl LogRefusal {
    /// The code that GetTrailStatus shows.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoGroup => "ResourceNotFoundException",
            Self::NotTrusted | Self::NotPermitted => "AccessDenied",
            Self::Other(_) => "InternalFailure",
        }
    }
}

/// Where trails put events one by one: CloudWatch Logs.
#[async_trait]
pub trait LogGroups: Send + Sync + 'static {
    /// Acts as the role, makes the stream unless it is there, and says whether the role could put events.
    ///
    /// # Errors
    /// See [`LogRefusal`]. Without permission to put events the stream is made all the same.
    async fn prepare(
        &self,
        sender: &Sender,
        destination: &LogDestination,
        stream: &str,
        now: Timestamp,
    ) -> Result<(), LogRefusal>;

    /// Puts messages as the role, all with the time `now`, making the stream unless it is there.
    ///
    /// # Errors
    /// See [`LogRefusal`]. Some of the messages may have been put.
    async fn put(
        &self,
        sender: &Sender,
        destination: &LogDestination,
        stream: &str,
        messages: Vec<String>,
        now: Timestamp,
    ) -> Result<(), LogRefusal>;
}

/// Seals secrets with the server's master key.
pub trait Seal: Send + Sync + 'static {
    /// Seals a secret under a name.
    fn seal(&self, secret: &[u8], name: &str) -> String;
    /// Opens what was sealed under this name.
    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>>;
}

/// Reads policies of event data stores and channels.
pub trait ResourcePolicies: Send + Sync + 'static {
    /// Whether a text is the policy of a resource.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, policy: &str) -> Result<(), String>;
}
