//! The table itself: appending, and what scans and background work share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use base::{Clock, Timestamp};
use tokio::sync::{Mutex, Notify, RwLock as AsyncRwLock, oneshot};

use super::files::{FileSet, LiveFile, TableFiles};
use super::head::Head;
use super::maintain::DOING;
use super::reader::OpenFile;
use super::schema::Row;
use super::{IMPORT_FIRST, LakeEvent, LakeKeep, WAL_TABLE, codec};
use crate::catalog::files::{FileCatalog, FileLists};
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
/// Bytes of records of one append from which on they are read where blocking is allowed.
const LARGE_BYTES: usize = 1 << 20;

/// What stands before a store's number in the marks of what its rows were copied from.
const POSITION_MARK: &str = "lake_event.position/";
const IMPORT_MARK: &str = "lake_event.import/";

/// The highest sources that a store's rows were ever copied from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    /// The highest position of an event.
    pub position: u64,
    /// The highest number of an imported file.
    pub import: u64,
}

impl Sources {
    fn note(&mut self, source: u64) {
        let highest = if source < IMPORT_FIRST { &mut self.position } else { &mut self.import };
        *highest = source.max(*highest);
    }

    /// The marks that keep them when rows are gone from the log.
    pub fn marks(self, number: u32) -> impl Iterator<Item = (String, u64)> {
        let marks = [(POSITION_MARK, self.position), (IMPORT_MARK, self.import)];
        marks.into_iter().filter(|(_, highest)| *highest > 0).map(move |(name, at)| (format!("{name}{number}"), at))
    }
}

/// The sources that marks keep.
fn marked(lists: &FileLists) -> BTreeMap<u32, Sources> {
    let mut all: BTreeMap<u32, Sources> = BTreeMap::new();
    for (name, highest) in &lists.marks {
        let number = [POSITION_MARK, IMPORT_MARK].iter().find_map(|start| name.strip_prefix(start));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            all.entry(number).or_default().note(*highest);
        }
    }
    all
}

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
    // Of all stores that ever had rows. Invariant: those of rows on disk, at least.
    sources: RwLock<BTreeMap<u32, Sources>>,
    flushed_lsn: AtomicU64,
    // Bytes of rows that are on their way into the log.
    waiting_bytes: AtomicUsize,
    keep: RwLock<Option<Arc<dyn LakeKeep>>>,
    // Shared by each append until its rows are in memory, also when nobody waits for it any more.
    appending: Arc<AsyncRwLock<()>>,
    // Held while rows go from memory to files: only its holder freezes and drops heads.
    pub flushing: Mutex<()>,
    // Held while files are replaced or dropped: only its holder removes files.
    pub rewriting: Mutex<()>,
    pub flush_wake: Notify,
    pub compact_wake: Notify,
    pub expire_wake: Notify,
}

pub(super) type State = TableState<Head, OpenFile>;

/// Rows read back from the log at start, and what is known of rows that are not in it any more.
pub(crate) struct Replayed {
    head: Head,
    sources: BTreeMap<u32, Sources>,
}

impl Replayed {
    /// What the lists say.
    pub fn onto(lists: &FileLists) -> Self {
        Self { head: Head::default(), sources: marked(lists) }
    }

    /// Takes a row of the log.
    pub fn row(&mut self, lsn: u64, row: &[u8]) -> Result<(), String> {
        let (number, event) = codec::decode(row)?;
        self.sources.entry(number).or_default().note(event.source);
        self.head.insert(Row { lsn, ..Row::new(number, event) });
        Ok(())
    }
}

impl Inner {
    pub fn new(parts: TableParts, files: TableFiles, set: FileSet, replayed: Replayed) -> Self {
        Self {
            files,
            state: RwLock::new(State::new(replayed.head, set, parts.flushed_lsn)),
            sources: RwLock::new(replayed.sources),
            flushed_lsn: AtomicU64::new(parts.flushed_lsn),
            parts,
            waiting_bytes: AtomicUsize::new(0),
            keep: RwLock::default(),
            appending: Arc::default(),
            flushing: Mutex::default(),
            rewriting: Mutex::default(),
            flush_wake: Notify::new(),
            compact_wake: Notify::new(),
            expire_wake: Notify::new(),
        }
    }

    /// Logs events as one unit, and then has them in memory.
    pub async fn append(self: &Arc<Self>, number: u32, events: Vec<LakeEvent>) -> Result<(), StoreError> {
        self.check_room()?;
        if events.is_empty() {
            return Ok(());
        }
        let bytes = events.iter().map(|event| event.record.len()).sum::<usize>();
        let prepare = move || -> (Vec<Entry>, Vec<Row>) {
            let prepared = events.into_iter().map(|event| {
                let entry = Entry { table: WAL_TABLE, row: codec::encode(number, &event).into() };
                (entry, Row::new(number, event))
            });
            prepared.unzip()
        };
        let (entries, rows) = match bytes >= LARGE_BYTES {
            true => blocking(DOING, move || Ok(prepare())).await?,
            false => prepare(),
        };
        let (sender, receiver) = oneshot::channel();
        let inner = self.clone();
        let appending = self.appending.clone().read_owned().await;
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.parts.wal.submit(
            entries,
            Box::new(move |result| {
                inner.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                let stored = result.map(|lsn| inner.insert(lsn, number, rows));
                drop(appending);
                drop(sender.send(stored.map_err(StoreError::from)));
            }),
        );
        receiver.await.unwrap_or_else(|_| Err(StoreError::Stopped { reason: "it was closed".to_owned() }))
    }

    /// Waits until all appends that were begun have resolved.
    pub async fn settle(&self) {
        drop(self.appending.write().await);
    }

    fn insert(&self, first_lsn: u64, number: u32, rows: Vec<Row>) {
        let mut sources = self.sources.write().expect("no writer panics");
        let of_store = sources.entry(number).or_default();
        rows.iter().for_each(|row| of_store.note(row.source));
        drop(sources);
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

    /// The highest sources that a store's rows were ever copied from.
    pub fn sources(&self, number: u32) -> Sources {
        self.sources.read().expect("no writer panics").get(&number).copied().unwrap_or_default()
    }

    /// Says how long rows are kept.
    pub fn set_keep(&self, keep: Arc<dyn LakeKeep>) {
        *self.keep.write().expect("no writer panics") = Some(keep);
    }

    /// The earliest time that a store still has; `None` when there is no such store. Until someone says how long rows
    /// are kept, all are.
    pub fn keeps_from(&self, number: u32, now: Timestamp) -> Option<Timestamp> {
        match &*self.keep.read().expect("no writer panics") {
            None => Some(Timestamp::MIN),
            Some(keep) => keep.keeps_from(number, now),
        }
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
