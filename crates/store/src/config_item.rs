//! The table of configuration items whose states have ended (docs/adr/0013-configuration-items.md).
//!
//! What a resource is like now is a record of the catalog; a row here is what it was like from one time to another. Rows
//! are in the log and in memory until a flush writes them to Parquet files, one for each month in which states ended,
//! sorted by account, region, type, id and time: so what retention lets go of is whole files, and what one resource was
//! like is in rows beside each other.
//!
//! Whoever appends may do so twice for one state, when it could not learn that it was done: rows of one resource and one
//! time are the same item, and of these the last one stands.

mod codec;
mod directory;
mod files;
pub mod fuzz;
mod head;
mod history;
mod jobs;
mod maintain;
mod partition;
mod reader;
mod scan;
mod schema;
mod table;
mod writer;

use std::sync::Arc;

use base::{Scope, Timestamp};

use crate::error::StoreError;
use crate::table_work::whole;

pub use history::{HistoryOrder, HistoryRange};
pub use scan::{ItemColumn, ItemPart, ItemScan};

pub(crate) use files::{FileSet, TableFiles};
pub(crate) use jobs::jobs;
use maintain::DOING;
use table::Inner;
pub(crate) use table::{Replayed, TableParts};

/// The table's name: of its folder, and in the catalog's file lists and marks.
pub(crate) const TABLE: &str = "config_item";
/// The table's number in the log.
pub(crate) const WAL_TABLE: u8 = 8;

/// A resource of an account in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// The account and region.
    pub scope: Scope,
    /// Such as `AWS::EC2::Instance`.
    pub resource_type: String,
    /// What names it within its type.
    pub resource_id: String,
}

/// What a resource was like from one time to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastItem {
    /// The resource.
    pub resource: Resource,
    /// When it was found to be so.
    pub taken: Timestamp,
    /// When it was found to be otherwise.
    pub ended: Timestamp,
    /// The whole item as JSON text.
    pub item: String,
}

/// How long items are kept; asked by reads and by the work that drops them.
pub trait ItemKeep: Send + Sync + 'static {
    /// States of this account and region are kept that ended at this time or later.
    fn keeps_from(&self, scope: &Scope, now: Timestamp) -> Timestamp;

    /// The earliest of these times over all accounts and regions.
    fn keeps_from_anywhere(&self, now: Timestamp) -> Timestamp;
}

/// The table of configuration items whose states have ended.
///
/// A row is on disk before its append resolves, and visible to every read that begins after that.
pub struct ConfigItems {
    inner: Arc<Inner>,
}

impl ConfigItems {
    pub(crate) fn new(parts: TableParts, files: TableFiles, set: FileSet, replayed: Replayed) -> Self {
        Self { inner: Arc::new(Inner::new(parts, files, set, replayed)) }
    }

    /// Stores all of the items or none; resolves once they are on disk. They may be stored even if the future is
    /// dropped. Waits while far more rows are in memory than a flush takes.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Stopped`]; nothing is stored then. What keeps rows in memory from becoming
    /// files.
    pub async fn append(&self, items: Vec<PastItem>) -> Result<(), StoreError> {
        if self.inner.is_crowded() {
            whole(DOING, self.inner.clone().make_room(self.inner.parts.clock.now())).await?;
        }
        self.inner.append(items).await
    }

    /// The items of a resource that were taken within a range, each once, in order; `limit` at most.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn history(&self, resource: &Resource, range: HistoryRange) -> Result<Vec<PastItem>, StoreError> {
        self.inner.history(resource, range).await
    }

    /// What a resource was like at a time, if that state has ended since.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn at(&self, resource: &Resource, time: Timestamp) -> Result<Option<PastItem>, StoreError> {
        self.inner.at(resource, time).await
    }

    /// Takes a scan: what it reads is as of now. A state that was appended twice may be in it twice.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn scan(&self, scan: ItemScan) -> Result<Vec<ItemPart>, StoreError> {
        self.inner.scan(scan).await
    }

    /// Says how long items are kept. Until then nothing is dropped.
    pub fn set_keep(&self, keep: Arc<dyn ItemKeep>) {
        self.inner.set_keep(keep);
    }

    /// Says that items are kept for less long: what is not wanted any more is dropped soon, and not within the hour.
    pub fn expire_soon(&self) {
        self.inner.expire_wake.notify_one();
    }

    /// Writes the rows in memory to files and lets go of their log.
    ///
    /// # Errors
    /// The disk is full or fails; the rows stay in memory.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().flush(now)).await
    }

    /// Merges files where there are many, and those of past months into few; rows that are not kept are left out.
    ///
    /// # Errors
    /// A file is damaged, or the disk is full or fails; the files stay as they are.
    pub async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().compact(now)).await
    }

    /// Drops the files of months that nobody keeps any more.
    ///
    /// # Errors
    /// The catalog's; the files stay as they are.
    pub async fn expire(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().expire(now)).await
    }

    /// Whether there is memory for more rows.
    ///
    /// # Errors
    /// [`StoreError::Full`]: too many wait to be written to files.
    pub fn check_room(&self) -> Result<(), StoreError> {
        self.inner.check_room()
    }

    /// The number of rows in memory, for tests and metrics.
    pub fn memory_items(&self) -> usize {
        self.inner.memory_rows()
    }

    /// The number of files and of the rows in them, for tests and metrics.
    pub fn file_items(&self) -> (usize, u64) {
        let files = self.inner.file_set();
        (files.iter().count(), files.iter().map(|file| file.entry.rows).sum())
    }
}

#[cfg(test)]
mod tests;
