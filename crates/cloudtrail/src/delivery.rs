//! Delivery: every event that a trail selects is in exactly one of its log files (cloudtrail.md §5).
//!
//! A session is the time between StartLogging and StopLogging; it has a place in the order in which events arrived.
//! A step looks at the events after the place and writes down, in one transaction, the new place and a batch: which
//! files there will be, with their names, and which events are in them. Only then are files put. Whatever happens
//! after that, the same batch makes the same files with the same bytes under the same names, and a file that was put
//! twice is one file. The transaction that follows a put removes the file from the batch and, with it, adds what is
//! told of it: the notification, the entry in the next digest, the status.

mod arrivals;
mod decide;
mod file;
mod job;
mod session;
mod to_logs;

pub use job::DeliverTrails;
pub use to_logs::DeliverToLogGroups;

pub(crate) use arrivals::arrivals;
pub(crate) use file::{Folder, gunzipped, gzipped, sha256, sha256_hex, under_prefix};
pub(crate) use job::put_expected;
pub(crate) use session::{
    ClosedTrailRecord, LogsPlace, SessionRecord, end_session, remove_finished, session_key, settled_position,
    trail_of_session,
};

use base::{Region, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::trails::Selection;

/// Files that were decided on and are not all delivered. The key is the session's, and the last position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BatchRecord {
    /// Events are after this position, …
    pub(crate) after: u64,
    /// … and at or before this one, …
    pub(crate) to: u64,
    /// … and are those that were selected when it was decided on.
    pub(crate) selection: Selection,
    pub(crate) decided: Timestamp,
    /// What is still to be put: a file for each region, and one for the Insights events of each.
    pub(crate) files: Vec<FileRecord>,
}

impl Record for BatchRecord {
    const KIND: &'static str = "cloudtrail.batch";
    const FORMAT: u32 = 1;
}

/// A log file that was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// The region whose events are in it.
    pub(crate) region: Region,
    /// Which of the region's events are in it.
    #[serde(default)]
    pub(crate) folder: Folder,
    pub(crate) bucket: String,
    pub(crate) key: String,
}

/// How long a file is tried to be put (cloudtrail.md §5.3).
pub(crate) const GIVE_UP_MS: i64 = 30 * base::time::DAY_MS;

#[cfg(test)]
mod tests;
