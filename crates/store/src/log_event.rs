//! The table of log events.
//!
//! Events are in the log and in memory until a flush writes them to Parquet files, sorted by group, stream,
//! time and position. Messages lie in pages of about 1 MiB with an index over short pieces of them, so that a search
//! for a literal reads only the pages that can hold it. Reads merge memory and files into one snapshot.

mod arrivals;
mod block;
mod cache;
mod column;
mod contents;
mod directory;
mod file_source;
#[cfg(test)]
mod file_tests;
mod files;
pub mod fuzz;
mod gram;
mod head;
mod index;
mod jobs;
mod kept;
mod maintain;
#[doc(hidden)]
pub mod measure;
mod merge;
mod page;
mod partition;
mod parts;
mod piece;
mod read;
mod reader;
mod scan;
mod schema;
mod search;
mod smallest;
mod stats;
mod stored;
mod summary;
mod table;
mod writer;

use std::sync::Arc;

use arrow_array::RecordBatch;
use base::Timestamp;
use lang::needle::Needle;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::table_work::whole;
use files::FileSet;
pub(crate) use files::TableFiles;
pub(crate) use jobs::jobs;
use maintain::DOING;
pub use schema::SCAN_SCHEMA;
use table::Inner;
pub(crate) use table::{Replayed, TableParts, WAL_TABLE};

/// The table's name: of its folder, and in the catalog's file lists and marks.
pub(crate) const TABLE: &str = "log_event";

/// A log group. Ids are never used again, so a group that is made anew never sees old events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub u64);

/// A stream. Ids are unique over all groups and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(pub u64);

/// Where an event stands in the order of arrival: unique over all groups, later ones are greater.
/// The log's sequence number of the put, shifted by [`Position::INDEX_BITS`], plus the index in the put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Bits of the index in a put; a put has at most 10,000 events (logs.md PE-2).
    pub const INDEX_BITS: u32 = 14;
}

/// A place in the order that reads give events in: by time, then by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The event's time.
    pub time: Timestamp,
    /// Its position.
    pub position: Position,
}

/// Events of one stream that are stored together or not at all.
#[derive(Clone, Debug)]
pub struct LogPut {
    /// The group.
    pub group: GroupId,
    /// The stream.
    pub stream: StreamId,
    /// When the server took them.
    pub ingested: Timestamp,
    /// The group's retention now: where files are put, not when events go.
    pub retention_days: Option<u32>,
    /// The events, in the order given.
    pub events: Vec<NewEvent>,
}

/// An event to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened, as the caller says.
    pub time: Timestamp,
    /// What it says.
    pub message: String,
}

/// An event as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// The stream.
    pub stream: StreamId,
    /// When it happened.
    pub time: Timestamp,
    /// When the server took it.
    pub ingested: Timestamp,
    /// Its position.
    pub position: Position,
    /// What it says.
    pub message: Arc<str>,
}

/// Which way a read goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// A read of one group's events in the order of time and position.
#[derive(Clone, Debug)]
pub struct LogRead {
    /// The group.
    pub group: GroupId,
    /// Only these streams, ascending; all when `None`.
    pub streams: Option<Arc<[StreamId]>>,
    /// The earliest time, inclusive.
    pub from: Timestamp,
    /// The latest time, exclusive.
    pub to: Timestamp,
    /// Which way; the page is in this order.
    pub direction: Direction,
    /// Only events after this place, in the direction of the read.
    pub after: Option<Place>,
    /// What messages must contain to be worth a look.
    pub needle: Needle,
    /// At most this many events.
    pub limit: usize,
    /// Stops before the page holds more bytes of messages (plus 26 an event) than this; one event always fits.
    pub bytes_max: usize,
}

/// A page of a read.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// The events.
    pub events: Vec<LogEvent>,
    /// Whether there may be more in the direction of the read, and after which place to go on.
    pub next: Option<Place>,
}

/// A scan of groups for a query, in no order.
#[derive(Clone, Debug)]
pub struct LogScan {
    /// The groups, each with the earliest time that it still has.
    pub groups: Vec<(GroupId, Timestamp)>,
    /// The earliest time, inclusive.
    pub from: Timestamp,
    /// The latest time, exclusive.
    pub to: Timestamp,
    /// What messages must contain to be worth a look.
    pub needle: Needle,
    /// Whether messages are read; else that column is absent from the batches.
    pub messages: bool,
}

/// A scan as taken: parts that can be read in parallel, over one snapshot.
pub struct Scan {
    /// The parts.
    pub parts: Vec<ScanPart>,
    /// Events of these groups in the window, before pages were passed over.
    pub events: u64,
    /// Bytes of their messages; of a stream that is only partly in the window, about.
    pub bytes: u64,
}

/// A part of a scan. Reading blocks.
///
/// Batches have the columns of [`SCAN_SCHEMA`]; rows are exactly those in the groups and the window
/// (the needle may leave in rows that do not hold it).
pub type ScanPart = Box<dyn Iterator<Item = Result<ScanBatch, StoreError>> + Send>;

/// A batch of a scan.
#[derive(Debug)]
pub struct ScanBatch {
    /// Rows with the columns of [`SCAN_SCHEMA`].
    pub rows: RecordBatch,
    /// Events that were passed over, by the index, to get here.
    pub skipped_events: u64,
    /// Bytes of their messages.
    pub skipped_bytes: u64,
}

/// What is known of a stream's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStats {
    /// The smallest event time.
    pub first: Timestamp,
    /// The greatest event time.
    pub last: Timestamp,
    /// When the last put was taken.
    pub last_ingested: Timestamp,
}

/// Which events are still wanted; asked by the work that drops them.
pub trait Keep: Send + Sync + 'static {
    /// The earliest time that the group still has at `now`; `None` when there is no such group (any more).
    fn group(&self, group: GroupId, now: Timestamp) -> Option<Timestamp>;

    /// Whether the stream still exists.
    fn stream(&self, group: GroupId, stream: StreamId) -> bool;
}

/// The table of log events.
pub struct LogEvents {
    inner: Arc<Inner>,
}

impl LogEvents {
    pub(crate) fn new(
        parts: TableParts,
        files: TableFiles,
        set: FileSet,
        replayed: Replayed,
    ) -> Result<Self, StoreError> {
        Ok(Self { inner: Arc::new(Inner::new(parts, files, set, replayed)?) })
    }

    /// Stores all of the events or none; resolves, once they are on disk, with the position of the first.
    /// The next read sees them. They are stored even if the future is dropped.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Stopped`]; nothing is stored then.
    pub fn put(&self, put: LogPut) -> impl Future<Output = Result<Position, StoreError>> + Send + use<> {
        self.inner.put(&put)
    }

    /// A page of a group's events for which `wanted` holds. It may have fewer than asked for, even none, and yet say
    /// where to go on: a call looks at about 1 GiB of messages, so that it ends however little it finds.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn read(
        &self,
        read: LogRead,
        wanted: impl Fn(&LogEvent) -> bool + Send + Sync + 'static,
    ) -> Result<LogPage, StoreError> {
        self.inner.read(read, wanted).await
    }

    /// Events of a group in the order of arrival, after a position: at most `limit`, and about `bytes_max` of messages.
    /// With the position up to which was looked (which may lie past the last event that is given).
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn arrivals(
        &self,
        group: GroupId,
        after: Position,
        limit: usize,
        bytes_max: usize,
    ) -> Result<(Vec<LogEvent>, Position), StoreError> {
        self.inner.arrivals(group, after, limit, bytes_max).await
    }

    /// The event at a place, if there is (still) one.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn event(&self, group: GroupId, place: Place) -> Result<Option<LogEvent>, StoreError> {
        self.inner.event(group, place).await
    }

    /// The last position that was given out; what is stored later is after it.
    pub fn last_position(&self) -> Position {
        self.inner.last_position()
    }

    /// Takes a scan: what it reads is as of now.
    ///
    /// # Errors
    /// A file cannot be opened.
    pub async fn scan(&self, scan: LogScan) -> Result<Scan, StoreError> {
        self.inner.scan(scan).await
    }

    /// What is known of a stream; `None` when it never had events.
    pub fn stream_stats(&self, stream: StreamId) -> Option<StreamStats> {
        self.inner.stats.get(stream)
    }

    /// Bytes of a group's messages, plus 26 an event, of events at or after `from` (logs.md LG-10).
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn stored_bytes(&self, group: GroupId, from: Timestamp) -> Result<u64, StoreError> {
        self.inner.stored_bytes(group, from).await
    }

    /// Whether there is memory for more events.
    ///
    /// # Errors
    /// [`StoreError::Full`]: too many wait to be written to files.
    pub fn check_room(&self) -> Result<(), StoreError> {
        self.inner.check_room()
    }

    /// Waits while far more events are in memory than a flush takes: who puts events calls this before, so that events
    /// do not come faster than files are written.
    ///
    /// # Errors
    /// The files could not be written.
    pub async fn make_room(&self, now: Timestamp) -> Result<(), StoreError> {
        match self.inner.is_crowded() {
            true => whole(DOING, self.inner.clone().make_room(now)).await,
            false => Ok(()),
        }
    }

    /// Says which events are still wanted. Until then nothing is dropped.
    pub fn set_keep(&self, keep: Arc<dyn Keep>) {
        *self.inner.keep.write().expect("no writer panics") = Some(keep);
    }

    /// Says that groups or streams were deleted or are kept for less long: what is not wanted any more is dropped
    /// soon, and not within the hour.
    pub fn expire_soon(&self) {
        self.inner.expire_wake.notify_one();
    }

    /// Writes the events in memory to files and lets go of their log.
    ///
    /// # Errors
    /// The disk is full or fails; the events stay in memory.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().flush(now)).await
    }

    /// Merges files where there are many, and those of past days into few.
    ///
    /// # Errors
    /// A file is damaged, or the disk is full or fails; the files stay as they are.
    pub async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().compact(now)).await
    }

    /// Drops files in which nothing is wanted any more, and rewrites those of which much is not.
    ///
    /// # Errors
    /// A file is damaged, or the disk is full or fails; the files stay as they are.
    pub async fn expire(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().expire(now)).await
    }

    /// The number of events in memory, for tests and metrics.
    pub fn memory_events(&self) -> usize {
        self.inner.state().heads().map(head::Head::events).sum()
    }

    /// The number of files and of the events in them, for tests and metrics.
    pub fn file_events(&self) -> (usize, u64) {
        let files = self.inner.file_set();
        (files.iter().count(), files.iter().map(|file| file.entry.rows).sum())
    }
}

#[cfg(test)]
mod tests;
