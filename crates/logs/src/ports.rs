//! What Logs needs of others, as traits that the server fulfils.

use std::sync::Arc;

use api::CallContext;
use async_trait::async_trait;
use base::{Scope, Timestamp};
use lang::insights::Value;
use store::log_event::GroupId;
use tokio::sync::watch;

use crate::data_protection::Masking;
use crate::field_indexes::IndexCoverage;
use crate::transformers::Transforms;

/// Where exports go: buckets by name.
#[async_trait]
pub trait Buckets: Send + Sync + 'static {
    /// Whether there is such a bucket.
    async fn exists(&self, scope: &Scope, bucket: &str) -> Result<bool, BucketError>;

    /// Writes an object; it is durable when this resolves.
    async fn put(&self, scope: &Scope, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), BucketError>;
}

/// Keeps documents of the service's own, such as the results of queries.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    /// Writes a document in place of what was there; it is durable when this resolves.
    ///
    /// # Errors
    /// What happened, for the log.
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<(), String>;

    /// The document of this name.
    ///
    /// # Errors
    /// What happened, for the log.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String>;

    /// Removes a document, if it is there.
    ///
    /// # Errors
    /// What happened, for the log.
    async fn remove(&self, name: &str) -> Result<(), String>;
}

/// Why a bucket could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BucketError {
    /// What happened, for people.
    pub message: String,
    /// Whether trying again later may help.
    pub passing: bool,
}

/// Judges the policies of destinations: the engine of IAM, as the server wires it.
pub trait DestinationPolicies: Send + Sync + 'static {
    /// Whether a policy can be read.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, policy: &str) -> Result<(), String>;

    /// Whether the policy lets the caller's account subscribe to the destination.
    fn may_subscribe(&self, policy: &str, destination_arn: &str, caller: &CallContext) -> bool;
}

/// Asks for a permission that is not the call's own, as `logs:Unmask` for clear text.
pub trait Permissions: Send + Sync + 'static {
    /// Whether the caller may do `action` on `resource`.
    fn allows(&self, cx: &CallContext, action: &str, resource: &str) -> bool;
}

/// Runs queries over stored events.
#[async_trait]
pub trait QueryEngine: Send + Sync + 'static {
    /// Runs a query to its end. Progress is told through `run.progress`; the query stops soon after `run.cancelled`
    /// turns true.
    async fn run(&self, run: QueryRun) -> Result<QueryOutcome, String>;
}

/// A query to run.
pub struct QueryRun {
    /// The compiled query.
    pub plan: Arc<lang::insights::Plan>,
    /// The groups, with what a record's `@log` is and the earliest time that is still kept.
    pub groups: Vec<QueryGroup>,
    /// The first moment, inclusive.
    pub from: Timestamp,
    /// The last moment, exclusive.
    pub to: Timestamp,
    /// Names of streams, for `@logStream`.
    pub stream_names: Arc<dyn Fn(store::log_event::StreamId) -> Option<Arc<str>> + Send + Sync>,
    /// Told as the query goes on.
    pub progress: watch::Sender<QueryStatistics>,
    /// Turns true when the query is to stop.
    pub cancelled: watch::Receiver<bool>,
}

/// A group that a query reads.
#[derive(Clone, Debug)]
pub struct QueryGroup {
    /// The group.
    pub id: GroupId,
    /// `account:name`.
    pub log: Arc<str>,
    /// The earliest time that is still kept.
    pub kept_from: Timestamp,
    /// How messages are shown to the query: it must see no others, and look for them by
    /// [`Masking::needle`] of its own needle.
    pub masking: Masking,
    /// What transformers make of messages as stored: fields are discovered in that, shown as messages are
    /// (logs.md SY-5); where it fails, in the message itself.
    pub transforms: Transforms,
    /// Which events the query sees: others are passed over.
    pub coverage: IndexCoverage,
}

/// logs.md QR-5.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueryStatistics {
    /// Events that the filters let pass.
    pub records_matched: u64,
    /// Events that were looked at.
    pub records_scanned: u64,
    /// Bytes of their messages.
    pub bytes_scanned: u64,
    /// Events that the index passed over.
    pub records_skipped: u64,
    /// Bytes of their messages.
    pub bytes_skipped: u64,
    /// Groups that were read.
    pub groups_scanned: u64,
}

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct QueryOutcome {
    /// Rows in the order of the query: names and values; missing fields are left out.
    pub rows: Vec<Vec<(Arc<str>, Value)>>,
    /// What it took.
    pub statistics: QueryStatistics,
}
