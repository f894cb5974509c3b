//! The tables of audit events: the history, the events of the data plane that trails asked for, and Insights events.
//!
//! All are made the same way. Rows are in the log and in memory until a flush writes them to Parquet files, one for
//! each day, sorted by account, region and time, newest first. Look-ups merge both.

mod arrivals;
mod codec;
mod files;
mod head;
mod index;
mod jobs;
mod lookup;
mod maintain;
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

pub use arrivals::Arrived;
pub use scan::{TrailColumn, TrailPart, TrailScan, TrailScanned};
pub use table::TrailEvents;
pub(crate) use table::{Replayed, TableParts};

pub(crate) use jobs::jobs;

/// One of the tables of audit events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    /// Of its folder, and in the catalog's file lists and marks.
    pub name: &'static str,
    /// Its number in the log.
    pub wal_table: u8,
    /// The mark of imported rows.
    pub import_mark: &'static str,
}

/// The event history: events of the control plane.
pub(crate) const HISTORY: TableName =
    TableName { name: "trail_event", wal_table: 1, import_mark: "trail_event.import" };
/// Events of the data plane that a trail asked for. They are no part of the history; trails deliver them from here,
/// and so they are kept only a little longer than a delivery is tried (cloudtrail.md §2.1, §5.3).
pub(crate) const DATA: TableName =
    TableName { name: "data_event", wal_table: DATA_WAL_TABLE, import_mark: "data_event.import" };
pub(crate) const HISTORY_WAL_TABLE: u8 = HISTORY.wal_table;
pub(crate) const DATA_WAL_TABLE: u8 = 5;
/// Insights events: found by look-ups that ask for them alone, and delivered beside the calls (cloudtrail.md §8).
pub(crate) const INSIGHTS: TableName =
    TableName { name: "insight_event", wal_table: INSIGHTS_WAL_TABLE, import_mark: "insight_event.import" };
pub(crate) const INSIGHTS_WAL_TABLE: u8 = 7;

/// How long events of the data plane are kept.
pub const DATA_RETENTION: Duration = Duration::from_secs(31 * 86_400);

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
