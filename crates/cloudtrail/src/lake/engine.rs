//! What queries need of others: an engine that runs statements, and a place for their results.

use async_trait::async_trait;
use base::Timestamp;
use tokio::sync::{mpsc, watch};

/// Runs statements over event data stores.
#[async_trait]
pub trait LakeEngine: Send + Sync + 'static {
    /// The ids that a statement names, whether or not it can be run. All stores that it reads are among them.
    fn named(&self, statement: &str) -> Vec<String>;

    /// Parses and plans a statement without reading anything.
    ///
    /// # Errors
    /// Why it cannot be run.
    async fn check(&self, query: &LakeQuery) -> Result<(), LakeFailure>;

    /// Runs a statement to its end.
    ///
    /// # Errors
    /// Why it could not go on, or that it was told to stop.
    async fn run(&self, query: LakeQuery, run: LakeRun) -> Result<LakeOutcome, LakeFailure>;
}

/// A statement over stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeQuery {
    /// The statement.
    pub statement: String,
    /// The stores that it may read.
    pub stores: Vec<LakeStore>,
    /// What `now()` is.
    pub now: Timestamp,
}

/// A store that a statement may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeStore {
    /// Its id.
    pub id: String,
    /// The number that its events are kept under.
    pub number: u32,
    /// What it keeps.
    pub content: LakeContent,
}

/// What a store keeps, which says what columns it has (cloudtrail.md §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LakeContent {
    /// Events of calls and the like.
    Calls,
    /// Insights events.
    Insights,
    /// Audit events of channels.
    Audit,
}

/// A row: the values of its columns as they are shown, none where one is null.
pub type LakeRow = Vec<Option<String>>;

/// What a query is told, and tells, while it runs.
pub struct LakeRun {
    /// Takes the rows as they come.
    pub rows: mpsc::Sender<Vec<LakeRow>>,
    /// Told as it goes on.
    pub progress: watch::Sender<LakeStatistics>,
    /// Turns true when it is to stop.
    pub cancelled: watch::Receiver<bool>,
}

/// What a query did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LakeStatistics {
    /// Events that passed the conditions; known at the end.
    pub events_matched: u64,
    /// Events of the stores within the times that it asked for.
    pub events_scanned: u64,
    /// Bytes that were read of them.
    pub bytes_scanned: u64,
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeOutcome {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// What it did.
    pub statistics: LakeStatistics,
}

/// Why a query did not begin, or did not end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LakeFailure {
    /// The statement is not one that can be run, as this says.
    #[error("{0}")]
    Statement(String),
    /// It was told to stop.
    #[error("The query was cancelled.")]
    Cancelled,
    /// Something else failed; what is in the log.
    #[error("The query failed.")]
    Failed,
}

/// Keeps documents of the service's own: the results of queries.
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
