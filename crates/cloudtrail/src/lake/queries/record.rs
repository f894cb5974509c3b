//! What is kept of a query.

use base::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::lake::engine::LakeStatistics;

/// A query. The key is its id, of the account that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueryRecord {
    /// The statement as it was given.
    pub(crate) statement: String,
    /// Who owns the stores.
    pub(crate) owner: AccountId,
    /// The stores that it reads, by id.
    pub(crate) stores: Vec<String>,
    /// When it was started, which is what `now()` is.
    pub(crate) created: Timestamp,
    /// How far it is.
    pub(crate) state: QueryState,
    /// When it ended.
    pub(crate) ended: Option<Timestamp>,
    pub(crate) events_matched: u64,
    pub(crate) events_scanned: u64,
    pub(crate) bytes_scanned: u64,
    /// The names of its columns, once it has finished.
    pub(crate) columns: Vec<String>,
    /// The count of its rows.
    pub(crate) rows: u64,
    /// The number of the first row of each document of its rows.
    pub(crate) pages: Vec<u64>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// Where its results go, if anywhere.
    pub(crate) delivery: Option<Delivery>,
}

impl Record for QueryRecord {
    const KIND: &'static str = "cloudtrail.lake_query";
    const FORMAT: u32 = 1;
}

impl QueryRecord {
    /// Notes what it did so far.
    pub(crate) fn count(&mut self, statistics: LakeStatistics) {
        self.events_matched = statistics.events_matched;
        self.events_scanned = statistics.events_scanned;
        self.bytes_scanned = statistics.bytes_scanned;
    }
}

/// How far a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum QueryState {
    /// It was started and has not ended.
    Running,
    /// Its rows are there.
    Finished,
    /// It ended with an error.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It took too long.
    TimedOut,
}

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// `s3://BUCKET[/PREFIX]`, as it was given.
    pub(crate) uri: String,
    /// How far it is.
    pub(crate) state: DeliveryState,
}

impl Delivery {
    /// The bucket, and the prefix without slashes around it.
    pub(crate) fn place(&self) -> (&str, &str) {
        let path = self.uri.strip_prefix("s3://").unwrap_or(&self.uri);
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        (bucket, prefix.trim_matches('/'))
    }
}

/// How far a delivery is (cloudtrail.md §7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DeliveryState {
    Pending,
    Succeeded,
    Failed,
    FailedSigningFile,
    ResourceNotFound,
    AccessDenied,
    AccessDeniedSigningFile,
    Cancelled,
}
