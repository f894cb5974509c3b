//! Exports: a group's events written to a bucket as text, beside the calls (logs.md §6).

mod job;

pub use job::ExportEvents;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;
use store::log_event::GroupId;

/// An export. The key is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportRecord {
    /// The name it was given.
    pub(crate) name: Option<String>,
    /// The group's name.
    pub(crate) group: String,
    /// The group's number: one that is made anew under the name is another.
    pub(crate) group_id: GroupId,
    /// Only streams whose names start like this.
    pub(crate) stream_prefix: Option<String>,
    /// The earliest event time, inclusive.
    pub(crate) from: Timestamp,
    /// The latest event time, exclusive.
    pub(crate) to: Timestamp,
    /// The bucket.
    pub(crate) bucket: String,
    /// What the keys of objects start with.
    pub(crate) prefix: String,
    /// How far it is.
    pub(crate) state: ExportState,
    /// What there is to say about that.
    pub(crate) message: Option<String>,
    /// When it was asked for.
    pub(crate) created: Timestamp,
    /// When it ended.
    pub(crate) completed: Option<Timestamp>,
}

impl Record for ExportRecord {
    const KIND: &'static str = "logs.export";
    const FORMAT: u32 = 1;
}

/// logs.md EX-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ExportState {
    /// It waits for its turn.
    Pending,
    /// Objects are being written.
    Running,
    /// It is to stop.
    PendingCancel,
    /// All is written.
    Completed,
    /// It ended with an error.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl ExportState {
    /// Whether it has ended.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// The object that says that the bucket can be written to (logs.md EX-5).
pub(crate) const WRITE_TEST: (&str, &str) = ("aws-logs-write-test", "Permission Check Successful");
