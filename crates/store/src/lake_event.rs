//! The table of the events of event data stores (docs/adr/0010-event-data-stores.md).
//!
//! A store is a number that is never used again. Its rows are in the log and in memory until a flush writes them to
//! Parquet files, one for each store and day, sorted by time. A row is the record as text, and the members that
//! queries ask for most as columns of their own, taken from the record once, when the row is made.

mod codec;
mod column;
mod files;
pub mod fuzz;
mod head;
mod jobs;
mod maintain;
mod members;
mod partition;
mod reader;
mod scan;
mod schema;
mod table;
mod writer;

use std::sync::Arc;

use base::Timestamp;

use crate::error::StoreError;
use crate::table_work::whole;

pub use column::LakeColumn;
pub use scan::{LakePart, LakeScan, LakeScanned};

pub(crate) use files::{FileSet, TableFiles};
pub(crate) use jobs::jobs;
use maintain::DOING;
use table::Inner;
pub(crate) use table::{Replayed, TableParts};

/// The table's name: of its folder, and in the catalog's file lists and marks.
pub(crate) const TABLE: &str = "lake_event";
/// The table's number in the log.
pub(crate) const WAL_TABLE: u8 = 6;

/// The first `source` that is no position of an event but the number of something else that was copied: a file of an
/// import. Positions are far below it.
pub const IMPORT_FIRST: u64 = 1 << 62;

/// An event to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeEvent {
    /// When it happened: what retention counts from.
    pub time: Timestamp,
    /// The position of the event that it copies; from [`IMPORT_FIRST`] on the number of an imported file; 0 for none.
    pub source: u64,
    /// The whole record as JSON text.
    pub record: String,
}

/// How long events are kept; asked by reads and by the work that drops them.
pub trait LakeKeep: Send + Sync + 'static {
    /// The earliest time that the store still has at `now`; `None` when there is no such store (any more).
    fn keeps_from(&self, number: u32, now: Timestamp) -> Option<Timestamp>;
}

/// The table of the events of event data stores.
///
/// An event is on disk before its append resolves, and visible to every scan that begins after that.
pub struct LakeEvents {
    inner: Arc<Inner>,
}

impl LakeEvents {
    pub(crate) fn new(parts: TableParts, files: TableFiles, set: FileSet, replayed: Replayed) -> Self {
        Self { inner: Arc::new(Inner::new(parts, files, set, replayed)) }
    }

    /// Stores all of the events or none; resolves once they are on disk. They may be stored even if the future is
    /// dropped. Waits while far more events are in memory than a flush takes.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Stopped`]; nothing is stored then. What keeps events in memory from
    /// becoming files.
    pub async fn append(&self, number: u32, events: Vec<LakeEvent>) -> Result<(), StoreError> {
        self.make_room().await?;
        self.inner.append(number, events).await
    }

    /// The highest position that a store's rows were ever copied from, as far as they are on disk; 0 when there was
    /// none. It never goes back, also when the row is gone.
    pub fn last_source(&self, number: u32) -> u64 {
        self.inner.sources(number).position
    }

    /// The highest number of an imported file that a store's rows were ever taken from, as far as they are on disk;
    /// 0 when there was none. It never goes back.
    pub fn last_import(&self, number: u32) -> u64 {
        self.inner.sources(number).import
    }

    /// Waits until every append that was begun has resolved, also those whose futures were dropped: what
    /// [`LakeEvents::last_source`] and [`LakeEvents::last_import`] say then is the whole truth.
    pub async fn settle(&self) {
        self.inner.settle().await;
    }

    /// Takes a scan: what it reads is as of now. Events past their retention are not in it.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn scan(&self, scan: LakeScan) -> Result<LakeScanned, StoreError> {
        self.inner.scan(scan).await
    }

    /// Drops all events of a store. Until those who ask [`LakeKeep`] are told that there is no such store, a restart
    /// may bring some of them back.
    ///
    /// # Errors
    /// The disk is full or fails; some of the files may be gone.
    pub async fn drop_store(&self, number: u32) -> Result<(), StoreError> {
        let now = self.inner.parts.clock.now();
        whole(DOING, self.inner.clone().drop_store(number, now)).await
    }

    /// Says how long events are kept. Until then nothing is dropped.
    pub fn set_keep(&self, keep: Arc<dyn LakeKeep>) {
        self.inner.set_keep(keep);
    }

    /// Says that stores are gone or keep events for less long: what is not wanted any more is dropped soon, and not
    /// within the hour.
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

    /// Drops the files of days that their stores do not keep any more.
    ///
    /// # Errors
    /// The catalog's; the files stay as they are.
    pub async fn expire(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().expire(now)).await
    }

    /// Whether there is memory for more events.
    ///
    /// # Errors
    /// [`StoreError::Full`]: too many wait to be written to files.
    pub fn check_room(&self) -> Result<(), StoreError> {
        self.inner.check_room()
    }

    /// The number of events in memory, for tests and metrics.
    pub fn memory_events(&self) -> usize {
        self.inner.memory_rows()
    }

    /// The number of files and of the events in them, for tests and metrics.
    pub fn file_events(&self) -> (usize, u64) {
        let files = self.inner.file_set();
        (files.iter().count(), files.iter().map(|file| file.entry.rows).sum())
    }

    async fn make_room(&self) -> Result<(), StoreError> {
        match self.inner.is_crowded() {
            true => whole(DOING, self.inner.clone().make_room(self.inner.parts.clock.now())).await,
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
