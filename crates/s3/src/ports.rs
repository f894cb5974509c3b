//! What S3 needs of others, as traits that the server fulfils.

use api::call::TlsSession;
use api::{Authorization, CallContext, Principal, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Region, Timestamp};
use serde_json::Value as Json;

/// Knows access keys.
pub trait Credentials: Send + Sync + 'static {
    /// The secret of an access key, and who signs with it.
    ///
    /// # Errors
    /// Why there is none.
    fn lookup(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<(String, Principal), Refused>;

    /// Whom an access key seems to belong to, for the record of a call that proved nothing.
    fn claimed(&self, access_key_id: &str) -> Option<Principal>;

    /// The account that calls go to which nobody signed.
    fn server_account(&self) -> AccountId;
}

/// Why an access key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such key, or it is switched off.
    UnknownKey,
    /// The session token is not the key's.
    InvalidToken,
    /// The session is over.
    ExpiredToken,
}

/// Seals the keys of files with the server's master key.
pub trait Seal: Unseal {
    /// Seals a secret; it opens under the same name alone.
    fn seal(&self, secret: &[u8], name: &str) -> String;
}

/// Opens the keys of files with the server's master key.
pub trait Unseal: Send + Sync + 'static {
    /// Opens what [`Seal::seal`] made; `None` when it was changed, or sealed by another key or under another name.
    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>>;
}

/// Judges by policies: the engine of IAM, as the server wires it.
pub trait Policies: Send + Sync + 'static {
    /// Whether a caller may do what it asks, by its own policies and those of the bucket.
    ///
    /// # Errors
    /// The refusal.
    fn authorize(&self, cx: &CallContext, wanted: &Authorization) -> Result<(), ServiceError>;

    /// Whether a bucket policy lets anyone do it who does not say who it is.
    fn anyone_may(&self, cx: &CallContext, policy: &str, wanted: &Asked<'_>) -> bool;

    /// Whether a bucket policy lets a service do it.
    fn service_may(&self, policy: &str, service: &ServiceCaller<'_>, wanted: &Asked<'_>, now: Timestamp) -> bool;

    /// Whether a text is the policy of a resource.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, policy: &str) -> Result<(), String>;

    /// Whether a policy lets in whoever comes.
    fn is_public(&self, policy: &str) -> bool;
}

/// One action on one resource.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Such as `s3:GetObject`.
    pub action: &'a str,
    /// The ARN.
    pub resource: &'a str,
    /// Condition keys with their values, such as `s3:x-amz-acl`.
    pub conditions: &'a [(String, Vec<String>)],
}

/// A service that acts for a resource of an account.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCaller<'a> {
    /// Such as `cloudtrail.amazonaws.com`.
    pub service: &'a str,
    /// The resource that it acts for.
    pub source_arn: &'a str,
    /// The account of that resource.
    pub source_account: &'a AccountId,
}

/// Takes note of every request once it has ended.
#[async_trait]
pub trait CallLog: Send + Sync + 'static {
    /// Whether a change could be recorded.
    ///
    /// # Errors
    /// Why not, for the client.
    fn has_room(&self) -> Result<(), String>;

    /// Records a call; of a write it is durable when this resolves, before the answer leaves.
    ///
    /// # Errors
    /// Why it could not be, for the client, which then must not take the call for done.
    async fn record(&self, call: &FinishedCall) -> Result<(), String>;

    /// Records a read whose answer has just ended.
    fn record_streamed(&self, call: &FinishedCall);
}

/// Whether a call acts on buckets or on what is in them (cloudtrail.md §2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It goes to the event history.
    Management,
    /// It goes to trails that select it.
    Data,
}

/// All that the record of a call is made of (cloudtrail.md §1.8).
#[derive(Clone, Debug)]
pub struct FinishedCall {
    /// The circumstances, with the caller as far as it is known.
    pub cx: CallContext,
    /// Whether the caller proved who it is.
    pub caller: CallerStanding,
    /// The name that CloudTrail gives the event, such as `ListObjects`; `None` when the request was not understood.
    pub event_name: Option<&'static str>,
    /// Management or data.
    pub kind: EventKind,
    /// Whether it only reads.
    pub read_only: bool,
    /// The bucket, by its name.
    pub bucket: Option<String>,
    /// Who owns the bucket, where there is one.
    pub bucket_owner: Option<AccountId>,
    /// The region of the bucket, or of the call where there is none.
    pub region: Region,
    /// The object's key.
    pub key: Option<String>,
    /// The keys that a call deleted, each with its version, where it deletes several.
    pub deleted: Vec<(String, Option<String>)>,
    /// `requestParameters`
    pub request_parameters: Json,
    /// `responseElements`
    pub response_elements: Json,
    /// How it was signed.
    pub authentication: Authentication,
    /// Bytes of the request's body, as they came.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// The bytes of the object, where it is known.
    pub object_bytes: Option<u64>,
    /// The HTTP status.
    pub status: u16,
    /// The code and the message of an error.
    pub error: Option<(String, String)>,
    /// What `x-amz-id-2` says.
    pub host_id: String,
    /// When the answer ended.
    pub completed: Timestamp,
}

/// Who answers for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerStanding {
    /// The caller proved who it is.
    Proved,
    /// The call is not signed, and the bucket's policy was asked about it.
    Anonymous,
    /// It claims to be someone and did not prove it.
    Claimed,
}

/// How a request was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// `AuthHeader`
    Header,
    /// `QueryString`
    Query,
    /// `QueryString`, of SigV2.
    QueryV2,
    /// Not at all.
    None,
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The client's address.
    pub ip: String,
    /// The TLS session, where there is one.
    pub tls: Option<TlsSession>,
}
