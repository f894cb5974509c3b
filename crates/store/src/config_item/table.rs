//! The table itself: appending, and what scans and background work share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use base::{Clock, Scope, Timestamp};
use tokio::sync::{Mutex, Notify, oneshot};

use super::files::{FileSet, LiveFile, TableFiles};
use super::head::Head;
use super::maintain::DOING;
use super::reader::OpenFile;
use super::schema::Row;
use super::{ItemKeep, PastItem, WAL_TABLE, codec};
use crate::catalog::files::FileCatalog;
use crate::error::StoreError;
use crate::shared_log::SharedLog;
use crate::table_state::{MemoryRows as _, TableState};
use crate::table_work::blocking;
use crate::wal::{Entry, Wal};

/// Rows in memory, in bytes, that call for a flush.
const FLUSH_BYTES: usize = 64 << 20;
/// Rows in memory, in bytes, past which whoever appends waits until some are in files.
const CROWDED_BYTES: usize = if cfg!(test) { 256 << 10 } else { 192 << 20 };
/// Rows in memory, in bytes, past which no more are taken: flushing has failed for long.
const HEAD_BYTES_MAX: usize = 512 << 20;
/// Bytes of items of one append from which on they are encoded where blocking is allowed.
const LARGE_BYTES: usize = 1 << 20;

/// What the table is made of.
pub(crate) struct TableParts {
    pub wal: Arc<Wal>,
    pub log: Arc<SharedLog>,
    pub clock: Arc<dyn Clock>,
    pub catalog: Arc<dyn FileCatalog>,
    /// Rows up to this number are in the files.
    pub flushed_lsn: u64,
}

pub(super) struct Inner {
    pub parts: TableParts,
    pub files: TableFiles,
    state: RwLock<State>,
    flushed_lsn: AtomicU64,
    // Bytes of rows that are on their way into the log.
    waiting_bytes: AtomicUsize,
    keep: RwLock<Option<Arc<dyn ItemKeep>>>,
    // Held while rows go from memory to files: only its holder freezes and drops heads.
    pub flushing: Mutex<()>,
    // Held while files are replaced or dropped: only its holder removes files.
    pub rewriting: Mutex<()>,
    pub flush_wake: Notify,
    pub compact_wake: Notify,
    pub expire_wake: Notify,
}

pub(super) type State = TableState<Head, OpenFile>;

/// Rows read back from the log at start.
#[derive(Default)]
pub(crate) struct Replayed {
    head: Head,
}

impl Replayed {
    /// Takes a row of the log.
    pub fn row(&mut self, lsn: u64, row: &[u8]) -> Result<(), String> {
        self.head.insert(Row { lsn, ..Row::new(codec::decode(row)?) });
        Ok(())
    }
}

impl Inner {
    pub fn new(parts: TableParts, files: TableFiles, set: FileSet, replayed: Replayed) -> Self {
        Self {
            files,
            state: RwLock::new(State::new(replayed.head, set, parts.flushed_lsn)),
            flushed_lsn: AtomicU64::new(parts.flushed_lsn),
            parts,
            waiting_bytes: AtomicUsize::new(0),
            keep: RwLock::default(),
            flushing: Mutex::default(),
            rewriting: Mutex::default(),
            flush_wake: Notify::new(),
            compact_wake: Notify::new(),
            expire_wake: Notify::new(),
        }
    }

    /// Logs items as one unit, and then has them in memory.
    pub async fn append(self: &Arc<Self>, items: Vec<PastItem>) -> Result<(), StoreError> {
        self.check_room()?;
        if items.is_empty() {
            return Ok(());
        }
        let bytes = items.iter().map(|item| item.item.len()).sum::<usize>();
        let prepare = move || -> (Vec<Entry>, Vec<Row>) {
            let prepared = items.into_iter().map(|item| {
                let entry = Entry { table: WAL_TABLE, row: codec::encode(&item).into() };
                (entry, Row::new(item))
            });
            prepared.unzip()
        };
        let (entries, rows) = match bytes >= LARGE_BYTES {
            true => blocking(DOING, move || Ok(prepare())).await?,
            false => prepare(),
        };
        let (sender, receiver) = oneshot::channel();
        let inner = self.clone();
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.parts.wal.submit(
            entries,
            Box::new(move |result| {
                inner.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                let stored = result.map(|lsn| inner.insert(lsn, rows));
                drop(sender.send(stored.map_err(StoreError::from)));
            }),
        );
        receiver.await.unwrap_or_else(|_| Err(StoreError::Stopped { reason: "it was closed".to_owned() }))
    }

    fn insert(&self, first_lsn: u64, rows: Vec<Row>) {
        let mut state = self.state.write().expect("no writer panics");
        for (lsn, row) in (first_lsn..).zip(rows) {
            state.active.insert(Row { lsn, ..row });
        }
        let due = state.active.bytes() >= FLUSH_BYTES;
        drop(state);
        if due {
            self.flush_wake.notify_one();
        }
    }

    /// Whether there is memory for more rows.
    pub fn check_room(&self) -> Result<(), StoreError> {
        if self.memory_bytes() > HEAD_BYTES_MAX { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Whether whoever appends should wait.
    pub fn is_crowded(&self) -> bool {
        self.memory_bytes() > CROWDED_BYTES
    }

    fn memory_bytes(&self) -> usize {
        self.state().bytes() + self.waiting_bytes.load(Ordering::Relaxed)
    }

    /// The number of rows in memory.
    pub fn memory_rows(&self) -> usize {
        self.state().heads().map(Head::rows).sum()
    }

    /// Says how long rows are kept.
    pub fn set_keep(&self, keep: Arc<dyn ItemKeep>) {
        *self.keep.write().expect("no writer panics") = Some(keep);
    }

    /// States of a scope that ended at this time or later are kept. Until someone says how long rows are kept, all are.
    pub fn keeps_from(&self, scope: &Scope, now: Timestamp) -> Timestamp {
        self.keep().map_or(Timestamp::MIN, |keep| keep.keeps_from(scope, now))
    }

    /// The earliest of these times.
    pub fn keeps_from_anywhere(&self, now: Timestamp) -> Timestamp {
        self.keep().map_or(Timestamp::MIN, |keep| keep.keeps_from_anywhere(now))
    }

    fn keep(&self) -> Option<Arc<dyn ItemKeep>> {
        self.keep.read().expect("no writer panics").clone()
    }

    /// Rows up to this number are in the files.
    pub fn flushed_lsn(&self) -> u64 {
        self.flushed_lsn.load(Ordering::Acquire)
    }

    /// Notes the mark that the catalog holds. The caller holds `flushing`.
    pub fn set_flushed_lsn(&self, lsn: u64) {
        self.flushed_lsn.store(lsn, Ordering::Release);
    }

    /// What is in memory and in files.
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("no writer panics")
    }

    /// The live files.
    pub fn file_set(&self) -> Arc<FileSet> {
        self.state().files.clone()
    }

    /// Freezes the rows in memory. Gives all frozen heads, and the number up to which they hold every row that the
    /// files do not. The caller holds `flushing`.
    pub fn freeze(&self) -> (Vec<Arc<Head>>, u64) {
        let mut state = self.state.write().expect("no writer panics");
        state.freeze(self.parts.wal.durable_lsn())
    }

    /// Puts files in the place of the frozen heads or of other files, at once.
    pub fn swap(&self, heads: &[Arc<Head>], add: Vec<Arc<LiveFile>>, remove: &[Arc<LiveFile>]) {
        self.state.write().expect("no writer panics").swap(heads, add, remove);
    }
}
