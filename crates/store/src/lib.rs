//! Durable storage: the catalog of records, the write-ahead log, Parquet tables, jobs.
//!
//! Nothing above this crate knows whether it runs on one machine or on many. A data
//! folder holds:
//!
//! - `lock`: held by the server that has the folder open;
//! - `catalog.db`: records, lists of files, marks (SQLite);
//! - `wal/00000001.wal` …: the log's segments;
//! - `tables/<table>/day=2026-01-31/….parquet`: the tables' files; some tables have other
//!   partitions than days, or parts of them;
//! - beside what is the store's: `spill/`, which running queries write to.

pub mod blobs;
pub mod catalog;
pub mod config_item;
#[cfg(test)]
mod crash_tests;
pub mod disk;
mod error;
pub mod job;
pub mod lake_event;
pub mod log_event;
pub mod metric;
mod month;
mod parquet_file;
mod shared_log;
mod table_files;
mod table_job;
mod table_merge;
mod table_state;
mod table_work;
pub mod trail_event;
pub mod wal;

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use tokio::sync::watch;

use blobs::LocalBlobs;
use catalog::CatalogBackend;
use catalog::files::{FileCatalog, FileChange, FileLists};
use catalog::sqlite::SqliteBackend;
use disk::{Disk, RealDisk};
use job::Job;
use metric::MetricFiles;
use shared_log::SharedLog;
use table_files::{FileSet, TableFile, TableFiles};
use trail_event::{Replayed, TableParts};
use wal::{Wal, WalOptions};

pub use catalog::{Catalog, CatalogError, Key, Record, Transaction, Versioned};
pub use config_item::ConfigItems;
pub use error::StoreError;
pub use lake_event::LakeEvents;
pub use log_event::LogEvents;
pub use metric::Metrics;
pub use trail_event::TrailEvents;

/// The mark that says that the log was begun: from then on it always has files.
const LOG_MADE: &str = "log.made";

/// Where and how a store is kept.
pub struct StoreOptions {
    /// The data folder; it is made if it is missing.
    pub data: PathBuf,
    /// The clock that retention goes by.
    pub clock: Arc<dyn Clock>,
    /// The disk that log and files are on. The catalog and the lock are always on the
    /// machine's.
    pub disk: Arc<dyn Disk>,
    /// How long audit events are kept and found.
    pub trail_event_retention: Duration,
    /// Bytes to preallocate for a segment of the log.
    pub wal_segment_bytes: u64,
}

impl StoreOptions {
    /// A store in `data` on the machine's disk.
    pub fn new(data: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            data: data.into(),
            clock,
            disk: Arc::new(RealDisk),
            trail_event_retention: trail_event::RETENTION,
            wal_segment_bytes: wal::SEGMENT_BYTES,
        }
    }
}

/// All that a server keeps.
pub struct Store {
    catalog: Arc<Catalog>,
    backend: Arc<SqliteBackend>,
    wal: Arc<Wal>,
    trail_events: Arc<TrailEvents>,
    data_events: Arc<TrailEvents>,
    insight_events: Arc<TrailEvents>,
    metrics: Arc<Metrics>,
    log_events: Arc<LogEvents>,
    lake_events: Arc<LakeEvents>,
    config_items: Arc<ConfigItems>,
    // Held until the store is dropped, so that no one else opens the folder.
    _lock: File,
}

impl Store {
    /// Opens the folder, recovers what was in the log, and starts the log's thread.
    ///
    /// Fails when another server has the folder open, and when a file is missing or
    /// damaged, which the error names.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        let lock = lock_folder(&options.data)?;
        let path = options.data.join("catalog.db");
        let described = [options.data.join("wal"), options.data.join("tables")];
        let missing = std::fs::metadata(&path).map_or(true, |metadata| metadata.len() == 0);
        if missing && described.iter().any(|folder| holds_files(&*options.disk, folder)) {
            return Err(StoreError::damaged(&path, "it is missing or empty, and there is data that it described"));
        }
        let unreadable = |error| StoreError::catalog(&path, error);
        let backend = Arc::new(SqliteBackend::open(&path).await.map_err(unreadable)?);
        let opened = Catalog::open(backend.clone() as Arc<dyn CatalogBackend>).await;
        let catalog = Arc::new(opened.map_err(unreadable)?);
        let mut lists = backend.load_files().await.map_err(unreadable)?;
        begin_marks(&*backend, &mut lists).await?;
        let files: Arc<dyn FileCatalog> = backend.clone();
        let log_was_made = lists.marks.contains_key(LOG_MADE);
        let opened = tokio::task::spawn_blocking(move || open_tables(options, files, &lists));
        let opened = opened.await.map_err(|error| StoreError::failed("opening the store", error))?;
        let Tables { wal, trail_events, data_events, insight_events, metrics, log_events, lake_events, config_items } =
            opened?;
        if !log_was_made {
            let made = FileChange { marks: vec![(LOG_MADE.to_owned(), 1)], ..FileChange::default() };
            backend.change_files(&made).await?;
        }
        let (trail_events, data_events) = (Arc::new(trail_events), Arc::new(data_events));
        let (metrics, log_events) = (Arc::new(metrics), Arc::new(log_events));
        let (insight_events, lake_events) = (Arc::new(insight_events), Arc::new(lake_events));
        let config_items = Arc::new(config_items);
        Ok(Self {
            catalog,
            backend,
            wal,
            trail_events,
            data_events,
            insight_events,
            metrics,
            log_events,
            lake_events,
            config_items,
            _lock: lock,
        })
    }

    /// The records.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The audit events of the control plane: the history.
    pub fn trail_events(&self) -> &Arc<TrailEvents> {
        &self.trail_events
    }

    /// The audit events of the data plane that trails asked for.
    pub fn data_events(&self) -> &Arc<TrailEvents> {
        &self.data_events
    }

    /// The Insights events: what was found out about the calls, not calls themselves.
    pub fn insight_events(&self) -> &Arc<TrailEvents> {
        &self.insight_events
    }

    /// The metrics.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The log events.
    pub fn log_events(&self) -> &Arc<LogEvents> {
        &self.log_events
    }

    /// The events of event data stores.
    pub fn lake_events(&self) -> &Arc<LakeEvents> {
        &self.lake_events
    }

    /// The configuration items whose states have ended.
    pub fn config_items(&self) -> &Arc<ConfigItems> {
        &self.config_items
    }

    /// Whether a write can be logged, as far as is known without trying.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the log found no space, or has little left and cannot make
    /// more, or when too many rows wait in memory; it ends by itself when there is room
    /// again. [`StoreError::Stopped`] once the log or the catalog has failed.
    pub fn writable(&self) -> Result<(), StoreError> {
        self.room().check()
    }

    /// What [`Store::writable`] asks, for those that outlive a borrow of the store.
    pub fn room(&self) -> Room {
        Room {
            wal: self.wal.clone(),
            backend: self.backend.clone(),
            trail_events: self.trail_events.clone(),
            data_events: self.data_events.clone(),
            insight_events: self.insight_events.clone(),
            metrics: self.metrics.clone(),
            log_events: self.log_events.clone(),
            lake_events: self.lake_events.clone(),
            config_items: self.config_items.clone(),
        }
    }

    /// The background work of the tables, for the driver to run.
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        let history = ["trail_event.flush", "trail_event.compact", "trail_event.expire"];
        let mut jobs = trail_event::jobs(&self.trail_events, history);
        let data = ["data_event.flush", "data_event.compact", "data_event.expire"];
        jobs.extend(trail_event::jobs(&self.data_events, data));
        let insights = ["insight_event.flush", "insight_event.compact", "insight_event.expire"];
        jobs.extend(trail_event::jobs(&self.insight_events, insights));
        jobs.extend(metric::jobs(&self.metrics));
        jobs.extend(log_event::jobs(&self.log_events));
        jobs.extend(lake_event::jobs(&self.lake_events));
        jobs.extend(config_item::jobs(&self.config_items));
        jobs
    }

    /// Tells when the store can take no more writes and the process should end.
    pub fn fatal(&self) -> Fatal {
        Fatal { wal: self.wal.fatal(), catalog: self.backend.fatal() }
    }

    /// Writes everything that waits to disk and stops the log. Later writes fail.
    pub async fn close(&self) -> Result<(), StoreError> {
        let wal = self.wal.clone();
        let closed = tokio::task::spawn_blocking(move || wal.close()).await;
        closed.map_err(|error| StoreError::failed("closing the log", error))??;
        Ok(self.backend.checkpoint().await?)
    }
}

/// Knows whether a write can be logged.
#[derive(Clone)]
pub struct Room {
    wal: Arc<Wal>,
    backend: Arc<SqliteBackend>,
    trail_events: Arc<TrailEvents>,
    data_events: Arc<TrailEvents>,
    insight_events: Arc<TrailEvents>,
    metrics: Arc<Metrics>,
    log_events: Arc<LogEvents>,
    lake_events: Arc<LakeEvents>,
    config_items: Arc<ConfigItems>,
}

impl Room {
    /// # Errors
    /// Those of [`Store::writable`].
    pub fn check(&self) -> Result<(), StoreError> {
        self.wal.writable()?;
        if let Some(reason) = &*self.backend.fatal().borrow() {
            return Err(StoreError::Stopped { reason: reason.clone() });
        }
        self.trail_events.check_room()?;
        self.data_events.check_room()?;
        self.insight_events.check_room()?;
        self.metrics.check_room()?;
        self.log_events.check_room()?;
        self.lake_events.check_room()?;
        self.config_items.check_room()
    }
}

/// Writes down the marks that tables start with, before anything of theirs is in the log.
async fn begin_marks(catalog: &dyn FileCatalog, lists: &mut FileLists) -> Result<(), StoreError> {
    let missing = table_marks(lists).into_iter().filter(|(table, _)| !lists.marks.contains_key(*table));
    let marks: Vec<_> = missing.map(|(table, lsn)| (table.to_owned(), lsn)).collect();
    if !marks.is_empty() {
        lists.marks.extend(marks.clone());
        catalog.change_files(&FileChange { marks, ..FileChange::default() }).await?;
    }
    Ok(())
}

/// The tables, and the log that they share.
struct Tables {
    wal: Arc<Wal>,
    trail_events: TrailEvents,
    data_events: TrailEvents,
    insight_events: TrailEvents,
    metrics: Metrics,
    log_events: LogEvents,
    lake_events: LakeEvents,
    config_items: ConfigItems,
}

/// How far each table's rows are in its files: audit events, metrics, log events, events of the data plane, events of
/// event data stores, Insights events, configuration items.
///
/// The tables came one after the other: where a later one has no mark, none of its rows are in the log.
fn table_marks(lists: &FileLists) -> [(&'static str, u64); 7] {
    let mark = |table: &str| lists.marks.get(table).copied();
    let (history, data) = (trail_event::HISTORY.name, trail_event::DATA.name);
    let insights = trail_event::INSIGHTS.name;
    let trail_lsn = mark(history).unwrap_or(0);
    let tables = [history, metric::MARK, log_event::TABLE, data, lake_event::TABLE, insights, config_item::TABLE];
    tables.map(|table| (table, mark(table).unwrap_or(trail_lsn)))
}

/// Opens the tables, replays the log into them, and starts it. Blocks.
fn open_tables(options: StoreOptions, catalog: Arc<dyn FileCatalog>, lists: &FileLists) -> Result<Tables, StoreError> {
    let tables = options.data.join("tables");
    let (files, set) = open_files(trail_event::HISTORY.name, &options.disk, &tables, lists)?;
    let (data_files, data_set) = open_files(trail_event::DATA.name, &options.disk, &tables, lists)?;
    let (insight_files, insight_set) = open_files(trail_event::INSIGHTS.name, &options.disk, &tables, lists)?;
    let (metric_files, metric_set) = MetricFiles::open(&options.disk, &tables, lists)?;
    let (log_event_files, log_event_set) = open_files(log_event::TABLE, &options.disk, &tables, lists)?;
    let (lake_files, lake_set) = open_files(lake_event::TABLE, &options.disk, &tables, lists)?;
    let (item_files, item_set) = open_files(config_item::TABLE, &options.disk, &tables, lists)?;
    let log = options.data.join("wal");
    if lists.marks.contains_key(LOG_MADE) && !holds_files(&*options.disk, &log) {
        return Err(StoreError::damaged(&log, "the log's files (.wal) are missing"));
    }
    let marks = table_marks(lists);
    let [trail_lsn, metric_lsn, log_event_lsn, data_lsn, lake_lsn, insight_lsn, item_lsn] = marks.map(|(_, lsn)| lsn);
    let (mut replayed, mut data_replayed) = (Replayed::default(), Replayed::default());
    let mut insights_replayed = Replayed::default();
    let mut metrics_replayed = metric::replay_onto(&metric_set, lists)?;
    let mut log_events_replayed = log_event::Replayed::default();
    let mut lake_replayed = lake_event::Replayed::onto(lists);
    let mut items_replayed = config_item::Replayed::default();
    let lsns = || marks.iter().map(|(_, lsn)| *lsn);
    let wal_options = WalOptions {
        disk: options.disk,
        folder: log.clone(),
        segment_bytes: options.wal_segment_bytes,
        flushed_lsn: lsns().min().unwrap_or(0),
    };
    let wal = Arc::new(Wal::open(wal_options, |lsn, table, row| match table {
        trail_event::HISTORY_WAL_TABLE if lsn <= trail_lsn => Ok(()),
        trail_event::HISTORY_WAL_TABLE => replayed.row(lsn, row),
        trail_event::DATA_WAL_TABLE if lsn <= data_lsn => Ok(()),
        trail_event::DATA_WAL_TABLE => data_replayed.row(lsn, row),
        trail_event::INSIGHTS_WAL_TABLE if lsn <= insight_lsn => Ok(()),
        trail_event::INSIGHTS_WAL_TABLE => insights_replayed.row(lsn, row),
        metric::WAL_SERIES | metric::WAL_DATA if lsn <= metric_lsn => Ok(()),
        metric::WAL_SERIES => metrics_replayed.series_row(row),
        metric::WAL_DATA => metrics_replayed.data_row(lsn, row),
        log_event::WAL_TABLE if lsn <= log_event_lsn => Ok(()),
        log_event::WAL_TABLE => log_events_replayed.row(lsn, row),
        lake_event::WAL_TABLE if lsn <= lake_lsn => Ok(()),
        lake_event::WAL_TABLE => lake_replayed.row(lsn, row),
        config_item::WAL_TABLE if lsn <= item_lsn => Ok(()),
        config_item::WAL_TABLE => items_replayed.row(lsn, row),
        other => Err(format!("a row belongs to the unknown table {other}")),
    })?);
    let (last, flushed) = (wal.durable_lsn(), lsns().max().unwrap_or(0));
    if last < flushed {
        let detail = format!("the log ends with row {last}, but rows up to {flushed} were in it");
        return Err(StoreError::damaged(&log, detail));
    }
    // Only now is it certain that nothing is needed of files that no list names.
    files.remove_orphans(&set)?;
    data_files.remove_orphans(&data_set)?;
    insight_files.remove_orphans(&insight_set)?;
    metric_files.remove_orphans(&metric_set)?;
    log_event_files.remove_orphans(&log_event_set)?;
    lake_files.remove_orphans(&lake_set)?;
    item_files.remove_orphans(&item_set)?;
    let shared = Arc::new(SharedLog::new(wal.clone(), BTreeMap::from(marks)));
    let parts =
        metric::TableParts { wal: wal.clone(), log: shared.clone(), catalog: catalog.clone(), flushed_lsn: metric_lsn };
    let metrics = Metrics::new(parts, metric_files, metric_set, metrics_replayed);
    let parts = log_event::TableParts {
        wal: wal.clone(),
        log: shared.clone(),
        catalog: catalog.clone(),
        flushed_lsn: log_event_lsn,
    };
    let log_events = LogEvents::new(parts, log_event_files, log_event_set, log_events_replayed)?;
    let parts = lake_event::TableParts {
        wal: wal.clone(),
        log: shared.clone(),
        clock: options.clock.clone(),
        catalog: catalog.clone(),
        flushed_lsn: lake_lsn,
    };
    let lake_events = LakeEvents::new(parts, lake_files, lake_set, lake_replayed);
    let parts = config_item::TableParts {
        wal: wal.clone(),
        log: shared.clone(),
        clock: options.clock.clone(),
        catalog: catalog.clone(),
        flushed_lsn: item_lsn,
    };
    let config_items = ConfigItems::new(parts, item_files, item_set, items_replayed);
    let events = |table, retention, flushed_lsn| TableParts {
        table,
        wal: wal.clone(),
        log: shared.clone(),
        clock: options.clock.clone(),
        catalog: catalog.clone(),
        retention,
        flushed_lsn,
    };
    let history = events(trail_event::HISTORY, options.trail_event_retention, trail_lsn);
    let trail_events = TrailEvents::new(history, files, set, replayed);
    let data = events(trail_event::DATA, trail_event::DATA_RETENTION, data_lsn);
    let data_events = TrailEvents::new(data, data_files, data_set, data_replayed);
    let insights = events(trail_event::INSIGHTS, options.trail_event_retention, insight_lsn);
    let insight_events = TrailEvents::new(insights, insight_files, insight_set, insights_replayed);
    Ok(Tables { wal, trail_events, data_events, insight_events, metrics, log_events, lake_events, config_items })
}

/// Opens the files of a table in its folder below `tables`. Blocks.
fn open_files<F: TableFile>(
    table: &str,
    disk: &Arc<dyn Disk>,
    tables: &Path,
    lists: &FileLists,
) -> Result<(TableFiles<F>, FileSet<F>), StoreError> {
    let root = tables.join(table);
    let blobs = LocalBlobs::open(disk.clone(), root.clone());
    let blobs = blobs.map_err(|error| StoreError::io("making", &root, error))?;
    TableFiles::open(table, Arc::new(blobs), lists)
}

/// Waits for the failure after which the process should end.
#[derive(Clone, Debug)]
pub struct Fatal {
    wal: watch::Receiver<Option<String>>,
    catalog: watch::Receiver<Option<String>>,
}

impl Fatal {
    /// Resolves with the reason once a write or sync has failed; else never.
    pub async fn wait(&mut self) -> String {
        tokio::select! {
            reason = first_reason(&mut self.wal) => reason,
            reason = first_reason(&mut self.catalog) => reason,
        }
    }
}

async fn first_reason(watched: &mut watch::Receiver<Option<String>>) -> String {
    if let Ok(reason) = watched.wait_for(Option::is_some).await
        && let Some(reason) = &*reason
    {
        return reason.clone();
    }
    // The sender is gone: the store was closed, and nothing fails any more.
    std::future::pending().await
}

fn holds_files(disk: &dyn Disk, folder: &Path) -> bool {
    disk.list(folder).is_ok_and(|names| !names.is_empty())
}

fn lock_folder(data: &Path) -> Result<File, StoreError> {
    RealDisk.create_dir(data).map_err(|error| StoreError::io("making", data, error))?;
    let path = data.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| StoreError::io("opening", &path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { data: data.to_owned() }),
        Err(TryLockError::Error(error)) => Err(StoreError::io("locking", &path, error)),
    }
}

#[cfg(test)]
mod tests;
