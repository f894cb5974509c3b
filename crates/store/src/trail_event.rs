//! The table of audit events.
//!
//! Rows are in the log and in memory until a flush writes them to Parquet files, one for
//! each day, sorted by account, region and time, newest first. Look-ups merge both.

mod codec;
mod files;
mod head;
mod index;
mod jobs;
mod lookup;
mod maintain;
mod merge;
mod reader;
mod run;
mod scan;
mod schema;
mod table;
mod token;
mod writer;

use std::time::Duration;

use base::{AccountId, Region, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

pub use scan::{TrailColumn, TrailPart, TrailScan, TrailScanned};
pub use table::TrailEvents;
pub(crate) use table::{Replayed, TableParts, WAL_TABLE};

pub(crate) use jobs::jobs;

/// The table's name: of its folder, and in the catalog's file lists and marks.
pub(crate) const TABLE: &str = "trail_event";

/// How long events are kept and found (cloudtrail.md §3.1).
pub const RETENTION: Duration = Duration::from_secs(90 * 86_400);

/// One audit event as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailEvent {
    /// The account whose history the event belongs to.
    pub account: AccountId,
    /// The event's `awsRegion`.
    pub region: Region,
    /// The event is of a global service and shows in every region.
    pub global: bool,
    /// When the call completed.
    pub time: Timestamp,
    /// `eventID`, unique.
    pub event_id: String,
    /// `eventName`
    pub event_name: String,
    /// `eventSource`
    pub event_source: String,
    /// `readOnly`
    pub read_only: bool,
    /// The name that look-ups find the caller by.
    pub username: Option<String>,
    /// The access key of the call.
    pub access_key_id: Option<String>,
    /// The resources that look-ups find: type, when known, and name.
    pub resources: Vec<(Option<String>, String)>,
    /// The whole record as JSON text.
    pub record: String,
}

/// What a look-up may ask for, one attribute at a time, compared exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// `eventID`
    EventId(String),
    /// `eventName`
    EventName(String),
    /// `readOnly`
    ReadOnly(bool),
    /// The caller's name.
    Username(String),
    /// The type of any resource.
    ResourceType(String),
    /// The name of any resource.
    ResourceName(String),
    /// `eventSource`
    EventSource(String),
    /// The access key.
    AccessKeyId(String),
}

/// A look-up: events of an account in a region (and the global ones), newest first.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// Times to look in, both ends included.
    pub range: TimeRange,
    /// What the events must match, if anything.
    pub attribute: Option<Attribute>,
    /// Only events that come after this place in the order.
    pub after: Option<Cursor>,
    /// At most this many.
    pub limit: usize,
}

/// A place in the order of events: newest first, then by log position, highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// The event's time.
    pub time: Timestamp,
    /// The event's position in the log.
    pub lsn: u64,
}

/// One page of a look-up.
#[derive(Clone, Debug, Default)]
pub struct LookupPage {
    /// The events, newest first.
    pub events: Vec<TrailEvent>,
    /// Where the next page starts after; `None` when there are no more events.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests;
