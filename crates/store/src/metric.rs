//! The table of metrics: statistics of samples by series and time, in four grains.
//!
//! A row is in exactly one of four tables, `metric_1s`, `metric_1m`, `metric_5m`, `metric_1h`;
//! roll-up moves rows from one to the next in one catalog transaction. What a read returns
//! depends on the rows' age alone, never on when roll-up ran.

#[cfg(test)]
mod arbitrary;
mod cell;
pub(crate) mod codec;
mod decimal;
pub mod distribution;
mod file;
mod files;
mod head;
mod index;
mod jobs;
mod log_row;
mod maintain;
mod merge;
mod read;
mod recent;
mod roll_up;
mod row;
pub mod sample;
mod scan;
mod series;
mod series_file;
mod table;
mod tier;
pub mod unit;

use std::sync::Arc;

use base::{Scope, Timestamp};
use tokio::sync::oneshot;

use crate::catalog::files::FileLists;
use crate::error::StoreError;
use files::Files;
use index::Index;
use read::Snapshot;
use table::Inner;
use tier::Tier;

pub(crate) use files::MetricFiles;
pub(crate) use jobs::jobs;
pub(crate) use table::{Replayed, TableParts, WAL_DATA, WAL_SERIES};

pub use distribution::Distribution;
pub use sample::StatSample;
pub use scan::{MetricPart, MetricScan, SeriesRows, StatRow};
pub use unit::Unit;

/// The identity of a metric within its account and region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metric {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The metric's name.
    pub name: Arc<str>,
    /// Dimensions, sorted by name; names are unique.
    pub dimensions: Arc<[(Arc<str>, Arc<str>)]>,
}

/// A series: one metric's data in one unit. Ids are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u64);

/// One sample or set of samples to store.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// The metric.
    pub metric: Metric,
    /// The unit, part of the series' identity.
    pub unit: Unit,
    /// Seconds since the epoch; standard resolution is stored at its minute.
    pub time_secs: i64,
    /// Whether the datum is kept at one-second grain for three hours.
    pub high_resolution: bool,
    /// The statistics.
    pub sample: StatSample,
}

/// What to list: everything given must match.
#[derive(Clone, Debug, Default)]
pub struct MetricFilter {
    /// Exactly this namespace.
    pub namespace: Option<String>,
    /// Exactly this name.
    pub name: Option<String>,
    /// Dimensions that must be there, with this value or any. Others may be there too.
    pub dimensions: Vec<(String, Option<String>)>,
    /// Only metrics with data at or after this time, as far as is known.
    pub active_since: Option<Timestamp>,
}

/// A read of many series over one time range.
#[derive(Clone, Debug)]
pub struct BucketRead {
    /// The series; the answer is parallel to it.
    pub series: Vec<SeriesId>,
    /// Start of the first bucket, inclusive, in seconds since the epoch.
    pub start_secs: i64,
    /// End, exclusive; the last bucket may be cut short by it.
    pub end_secs: i64,
    /// Width of a bucket in seconds: 1, 5, 10, 20, 30 or a multiple of 60.
    pub period_secs: i64,
    /// The age of data, and so its grain, is counted from here. Data past a tier's time
    /// answers only periods that are multiples of the next tier's grain (cloudwatch.md §2).
    pub now: Timestamp,
}

/// One bucket that has data.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// Where the bucket starts, in seconds since the epoch.
    pub start_secs: i64,
    /// Everything in it, merged.
    pub sample: StatSample,
}

/// The buckets of one series, oldest first; buckets without data are absent.
pub type Buckets = Vec<Bucket>;

/// The name of the table in the log's marks.
pub(crate) const MARK: &str = "metric";
/// The mark that says which ids were given to series.
const MARK_SERIES: &str = "metric.series";

/// All metrics.
///
/// Data is on disk before its put resolves, and visible to every read that begins after that.
pub struct Metrics {
    inner: Arc<Inner>,
}

impl Metrics {
    pub(crate) fn new(parts: TableParts, files: MetricFiles, set: Files, replayed: Replayed) -> Self {
        Self { inner: Arc::new(Inner::new(parts, files, set, replayed)) }
    }

    /// Stores all of the data or none; resolves once it is on disk. The next read sees it.
    /// The data is stored even if the future is dropped.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Stopped`]; nothing is stored then.
    pub fn put(&self, scope: &Scope, data: Vec<Datum>) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let (told, outcome) = oneshot::channel();
        match self.check_room() {
            _ if data.is_empty() => drop(told.send(Ok(()))),
            Err(error) => drop(told.send(Err(error))),
            Ok(()) => self.inner.put(scope, data, told),
        }
        async move { outcome.await.unwrap_or_else(|_| Err(StoreError::Stopped { reason: "it was closed".to_owned() })) }
    }

    /// The series of exactly this metric, one a unit, in no particular order.
    pub fn series(&self, scope: &Scope, metric: &Metric) -> Vec<(Unit, SeriesId)> {
        self.inner.index.series(scope, metric)
    }

    /// Metrics that match, sorted by namespace, name and dimensions; only those after `after`,
    /// and at most `limit`. Uses the index over namespace, name and dimensions.
    pub fn list(&self, scope: &Scope, filter: &MetricFilter, after: Option<&Metric>, limit: usize) -> Vec<Metric> {
        self.inner.index.list(scope, filter, after, limit)
    }

    /// Reads many series at once. A series that is unknown, or whose data has expired, has no
    /// buckets.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn read(&self, read: BucketRead) -> Result<Vec<Buckets>, StoreError> {
        Snapshot::take(&self.inner, &read).buckets(&read.series).await
    }

    /// Writes the rows in memory to files, and lets go of their log.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(self.inner.clone().flush(now)).await
    }

    /// Merges files where there are many, and those of past partitions into one each.
    pub async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(self.inner.clone().compact(now)).await
    }

    /// Moves rows that are past the time of their grain at `now` to the next, and drops what
    /// is past the last: rows, and series without any (cloudwatch.md §2).
    pub async fn roll_up(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(self.inner.clone().roll_up(now)).await
    }

    /// The number of series that are known.
    pub fn series_count(&self) -> usize {
        self.inner.index.len()
    }

    /// The number of rows in memory that are in no file, for tests and metrics.
    pub fn memory_rows(&self) -> usize {
        let state = self.inner.state();
        state.active.rows() + state.frozen.iter().map(|head| head.rows()).sum::<usize>()
    }

    /// The number of files and of the rows in them, by table, finest grain first; for tests
    /// and metrics.
    pub fn file_rows(&self) -> [(usize, u64); 4] {
        let files = self.inner.file_set();
        Tier::ALL.map(|tier| {
            let files = files.tier(tier);
            (files.iter().count(), files.iter().map(|file| file.entry.rows).sum())
        })
    }

    pub(crate) fn check_room(&self) -> Result<(), StoreError> {
        self.inner.check_room()
    }
}

/// Runs work to its end, even if the caller goes away between its steps.
async fn whole(work: impl Future<Output = Result<(), StoreError>> + Send + 'static) -> Result<(), StoreError> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| StoreError::failed("working on the files of metrics", error))?
}

/// What the files tell of series, ready for the log to be replayed. Blocks.
pub(crate) fn replay_onto(set: &Files, lists: &FileLists) -> Result<Replayed, StoreError> {
    let index = Index::default();
    let files: Vec<_> = set.series.iter().cloned().collect();
    let known = series_file::load_index(&files, &index)?;
    index.reserve_ids(lists.marks.get(MARK_SERIES).copied().unwrap_or(0));
    Ok(Replayed::new(index, known))
}

#[cfg(test)]
mod tests;
