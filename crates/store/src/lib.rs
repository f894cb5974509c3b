//! Durable storage: the catalog of records, the write-ahead log, Parquet tables, jobs.
//!
//! Nothing above this crate knows whether it runs on one machine or on many. A data
//! folder holds:
//!
//! - `lock`: held by the server that has the folder open;
//! - `catalog.db`: records, lists of files, marks (SQLite);
//! - `wal/00000001.wal` …: the log's segments;
//! - `tables/<table>/day=2026-01-31/….parquet`: the tables' files.

pub mod blobs;
pub mod catalog;
pub mod disk;
mod error;
pub mod job;
pub mod trail_event;
pub mod wal;

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
use trail_event::{Replayed, TableFiles, TableParts, WAL_TABLE};
use wal::{Wal, WalOptions};

pub use catalog::{Catalog, CatalogError, Key, Record, Transaction, Versioned};
pub use error::StoreError;
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
        let lists = backend.load_files().await.map_err(unreadable)?;
        let files: Arc<dyn FileCatalog> = backend.clone();
        let log_was_made = lists.marks.contains_key(LOG_MADE);
        let opened = tokio::task::spawn_blocking(move || open_tables(options, files, &lists));
        let (wal, trail_events) = opened.await.map_err(|error| StoreError::failed("opening the store", error))??;
        if !log_was_made {
            let made = FileChange { marks: vec![(LOG_MADE.to_owned(), 1)], ..FileChange::default() };
            backend.change_files(&made).await?;
        }
        Ok(Self { catalog, backend, wal, trail_events: Arc::new(trail_events), _lock: lock })
    }

    /// The records.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The audit events.
    pub fn trail_events(&self) -> &Arc<TrailEvents> {
        &self.trail_events
    }

    /// Whether a write can be logged, as far as is known without trying.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the log found no space, or has little left and cannot make
    /// more, or when too many rows wait in memory; it ends by itself when there is room
    /// again. [`StoreError::Stopped`] once the log or the catalog has failed.
    pub fn writable(&self) -> Result<(), StoreError> {
        self.wal.writable()?;
        if let Some(reason) = &*self.backend.fatal().borrow() {
            return Err(StoreError::Stopped { reason: reason.clone() });
        }
        self.trail_events.check_room()
    }

    /// The background work of the tables, for the driver to run.
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        trail_event::jobs(&self.trail_events)
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

/// Opens the tables, replays the log into them, and starts it. Blocks.
fn open_tables(
    options: StoreOptions,
    catalog: Arc<dyn FileCatalog>,
    lists: &FileLists,
) -> Result<(Arc<Wal>, TrailEvents), StoreError> {
    let root = options.data.join("tables").join(trail_event::TABLE);
    let blobs = LocalBlobs::open(options.disk.clone(), root.clone());
    let blobs = blobs.map_err(|error| StoreError::io("making", &root, error))?;
    let (files, set) = TableFiles::open(Arc::new(blobs), lists)?;
    let log = options.data.join("wal");
    if lists.marks.contains_key(LOG_MADE) && !holds_files(&*options.disk, &log) {
        return Err(StoreError::damaged(&log, "the log's files (.wal) are missing"));
    }
    let mut replayed = Replayed::default();
    let flushed_lsn = lists.marks.get(trail_event::TABLE).copied().unwrap_or(0);
    let wal_options =
        WalOptions { disk: options.disk, folder: log, segment_bytes: options.wal_segment_bytes, flushed_lsn };
    let wal = Arc::new(Wal::open(wal_options, |lsn, table, row| match table {
        WAL_TABLE => replayed.row(lsn, row),
        other => Err(format!("a row belongs to the unknown table {other}")),
    })?);
    // Only now is it certain that nothing is needed of files that no list names.
    files.remove_orphans(&set)?;
    let retention = options.trail_event_retention;
    let parts = TableParts { wal: wal.clone(), clock: options.clock, catalog, retention, flushed_lsn };
    Ok((wal, TrailEvents::new(parts, files, set, replayed)))
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
