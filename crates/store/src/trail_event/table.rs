//! The table itself: appending, and what look-ups and background work share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use base::{Clock, Timestamp};
use tokio::sync::{Mutex, Notify, oneshot};

use super::files::{FileSet, LiveFile, TableFiles};
use super::head::Head;
use super::lookup::{Query, Snapshot};
use super::reader::OpenFile;
use super::{Lookup, LookupPage, TableName, TrailEvent, codec};
use crate::catalog::files::FileCatalog;
use crate::error::StoreError;
use crate::shared_log::SharedLog;
use crate::table_state::{MemoryRows as _, TableState};
use crate::wal::{Entry, Wal, WalError};

/// Rows in memory, in bytes, that call for a flush.
const FLUSH_BYTES: usize = 64 << 20;
/// Rows in memory, in bytes, past which no more are taken: flushing has failed for long.
const HEAD_BYTES_MAX: usize = 512 << 20;
/// Rows of one append that are logged as one unit, in bytes.
const UNIT_BYTES_MAX: usize = 1 << 20;

/// The table of audit events.
///
/// An event is on disk before its append resolves, and visible to every look-up that
/// begins after that.
pub struct TrailEvents {
    pub(super) inner: Arc<Inner>,
}

/// What the table is made of.
pub(crate) struct TableParts {
    pub table: TableName,
    pub wal: Arc<Wal>,
    pub log: Arc<SharedLog>,
    pub clock: Arc<dyn Clock>,
    pub catalog: Arc<dyn FileCatalog>,
    pub retention: Duration,
    /// Rows up to this number are in the files.
    pub flushed_lsn: u64,
}

pub(super) struct Inner {
    pub parts: TableParts,
    pub files: TableFiles,
    state: RwLock<State>,
    flushed_lsn: AtomicU64,
    // The number of the last row that was added, or found at start.
    last_lsn: AtomicU64,
    // Rows given to `append_batched` that are not on disk yet.
    batched: AtomicUsize,
    // Held while rows go from memory to files: only its holder freezes and drops heads.
    pub flushing: Mutex<()>,
    // Held while files are replaced or dropped: only its holder removes files.
    pub rewriting: Mutex<()>,
    pub flush_wake: Notify,
    pub compact_wake: Notify,
    pub expire_wake: Notify,
}

type State = TableState<Head, OpenFile>;

/// Rows read back from the log at start.
#[derive(Default)]
pub(crate) struct Replayed(Head);

impl Replayed {
    /// Takes a row of the log.
    pub fn row(&mut self, lsn: u64, row: &[u8]) -> Result<(), String> {
        self.0.insert(lsn, codec::decode(row)?);
        Ok(())
    }
}

impl TrailEvents {
    pub(crate) fn new(parts: TableParts, files: TableFiles, set: FileSet, replayed: Replayed) -> Self {
        let last_lsn = replayed.0.last_lsn().max(parts.flushed_lsn);
        let state = State::new(replayed.0, set, parts.flushed_lsn);
        Self {
            inner: Arc::new(Inner {
                flushed_lsn: AtomicU64::new(parts.flushed_lsn),
                last_lsn: AtomicU64::new(last_lsn),
                parts,
                files,
                state: RwLock::new(state),
                batched: AtomicUsize::new(0),
                flushing: Mutex::default(),
                rewriting: Mutex::default(),
                flush_wake: Notify::new(),
                compact_wake: Notify::new(),
                expire_wake: Notify::new(),
            }),
        }
    }

    /// Stores an event; resolves, once it is on disk, with its position in the log. The
    /// event is stored even if the future is dropped.
    pub fn append(&self, event: TrailEvent) -> impl Future<Output = Result<u64, StoreError>> + Send + use<> {
        self.append_unit(vec![event])
    }

    /// Stores events; resolves, once all are on disk, with the position of the last (0 when
    /// there were none). On an error some may have been stored.
    pub fn append_many(&self, events: Vec<TrailEvent>) -> impl Future<Output = Result<u64, StoreError>> + Send + use<> {
        let mut units = Vec::new();
        let (mut unit, mut bytes) = (Vec::new(), 0);
        for event in events {
            bytes += event.record.len();
            unit.push(event);
            if bytes >= UNIT_BYTES_MAX {
                units.push(self.append_unit(std::mem::take(&mut unit)));
                bytes = 0;
            }
        }
        if !unit.is_empty() {
            units.push(self.append_unit(unit));
        }
        async move {
            let mut last = Ok(0);
            for unit in units {
                let stored = unit.await;
                last = if last.is_ok() { stored } else { last };
            }
            last
        }
    }

    /// Stores an event soon, without waiting: with the next group of the log or within
    /// 50 ms, and before a clean stop is over. Look-ups see it at once.
    ///
    /// Fails when the log has stopped or too many events wait; the event is then lost.
    pub fn append_batched(&self, event: TrailEvent) -> Result<(), StoreError> {
        self.check_room()?;
        let inner = self.inner.clone();
        let entries = vec![inner.entry(&event)];
        // The outcome of a call that was refused at once; later outcomes are the log's own.
        let refused = Arc::new(std::sync::Mutex::new(None));
        let outcome = refused.clone();
        inner.batched.fetch_add(1, Ordering::SeqCst);
        let table = inner.clone();
        inner.parts.wal.submit_batched(
            entries,
            Box::new(move |result| {
                match result {
                    Ok(lsn) => table.insert(lsn, vec![event]),
                    Err(error) => *outcome.lock().expect("no holder of this lock can panic") = Some(error),
                }
                table.batched.fetch_sub(1, Ordering::SeqCst);
            }),
        );
        let refused = refused.lock().expect("no holder of this lock can panic").take();
        refused.map_or(Ok(()), |error| Err(error.into()))
    }

    /// A page of events, newest first.
    pub async fn lookup(&self, lookup: Lookup) -> Result<LookupPage, StoreError> {
        self.inner.see_batched().await?;
        let oldest = self.inner.oldest();
        let snapshot = self.inner.snapshot(Query::new(&lookup, oldest), lookup.limit);
        if snapshot.is_in_memory() {
            return snapshot.page();
        }
        let page = tokio::task::spawn_blocking(move || snapshot.page()).await;
        page.map_err(|error| StoreError::failed("looking up events", error))?
    }

    /// The number of events in memory, for tests and metrics.
    pub fn memory_rows(&self) -> usize {
        let state = self.inner.state.read().expect("no writer panics");
        state.heads().map(Head::rows).sum()
    }

    /// The number of files and of the events in them, for tests and metrics.
    pub fn file_rows(&self) -> (usize, u64) {
        let files = self.inner.file_set();
        (files.iter().count(), files.iter().map(|file| file.entry.rows).sum())
    }

    fn append_unit(&self, events: Vec<TrailEvent>) -> impl Future<Output = Result<u64, StoreError>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        match self.check_room() {
            Err(error) => drop(sender.send(Err(error))),
            Ok(()) => {
                let entries = events.iter().map(|event| self.inner.entry(event)).collect();
                let last = events.len() as u64 - 1;
                let inner = self.inner.clone();
                self.inner.parts.wal.submit(
                    entries,
                    Box::new(move |result| {
                        let stored = result.map(|lsn| {
                            inner.insert(lsn, events);
                            lsn + last
                        });
                        drop(sender.send(stored.map_err(StoreError::from)));
                    }),
                );
            }
        }
        async move { receiver.await.unwrap_or_else(|_| Err(StoreError::Stopped { reason: "it was closed".to_owned() })) }
    }

    pub(crate) fn check_room(&self) -> Result<(), StoreError> {
        let bytes = self.inner.state.read().expect("no writer panics").bytes();
        if bytes > HEAD_BYTES_MAX { Err(StoreError::Full) } else { Ok(()) }
    }
}

impl Inner {
    fn entry(&self, event: &TrailEvent) -> Entry {
        Entry { table: self.parts.table.wal_table, row: codec::encode(event).into() }
    }

    /// Times before this are past the retention.
    pub fn oldest(&self) -> Timestamp {
        self.parts.clock.now().minus(self.parts.retention)
    }

    /// Rows up to this number are in the files.
    pub fn flushed_lsn(&self) -> u64 {
        self.flushed_lsn.load(Ordering::Acquire)
    }

    /// The number of the last row, at most; see [`TrailEvents::last_position`].
    pub fn last_position(&self) -> u64 {
        self.last_lsn.load(Ordering::Acquire)
    }

    /// Notes the mark that the catalog holds. The caller holds `flushing`.
    pub fn set_flushed_lsn(&self, lsn: u64) {
        self.flushed_lsn.store(lsn, Ordering::Release);
    }

    fn insert(&self, first_lsn: u64, events: Vec<TrailEvent>) {
        let mut state = self.state.write().expect("no writer panics");
        let mut last = first_lsn;
        for (lsn, event) in (first_lsn..).zip(events) {
            state.active.insert(lsn, event);
            last = lsn;
        }
        self.last_lsn.fetch_max(last, Ordering::AcqRel);
        let due = state.active.bytes() >= FLUSH_BYTES;
        drop(state);
        if due {
            self.flush_wake.notify_one();
        }
    }

    /// Makes rows visible that were given to `append_batched` and wait for the log.
    pub async fn see_batched(&self) -> Result<(), StoreError> {
        if self.batched.load(Ordering::SeqCst) > 0 {
            // On a full disk the waiting events stay invisible until there is space.
            match self.parts.wal.sync().await {
                Ok(()) | Err(WalError::Full) => {}
                Err(stopped) => return Err(stopped.into()),
            }
        }
        Ok(())
    }

    /// What `find` finds in memory, and the live files, as they are at one moment.
    pub fn see(&self, find: impl FnMut(&Head)) -> Arc<FileSet> {
        self.see_marked(find).0
    }

    /// What `find` finds in memory, the live files, and the number past which all rows are in memory; at one moment.
    pub fn see_marked(&self, mut find: impl FnMut(&Head)) -> (Arc<FileSet>, u64) {
        let state = self.state.read().expect("no writer panics");
        state.heads().for_each(&mut find);
        (state.files.clone(), state.in_files)
    }

    fn snapshot(&self, query: Query, limit: usize) -> Snapshot {
        let state = self.state.read().expect("no writer panics");
        // One more than asked for tells whether there is a next page.
        let rows = state.heads().flat_map(|head| head.find(&query, limit.saturating_add(1))).collect();
        Snapshot::new(query, limit, rows, &state.files)
    }

    /// The live files.
    pub fn file_set(&self) -> Arc<FileSet> {
        self.state.read().expect("no writer panics").files.clone()
    }

    /// Freezes the rows in memory. Gives all frozen heads, and the number up to which
    /// they hold every row that the files do not. The caller holds `flushing`.
    pub fn freeze(&self) -> (Vec<Arc<Head>>, u64) {
        let mut state = self.state.write().expect("no writer panics");
        state.freeze(self.parts.wal.durable_lsn())
    }

    /// Puts files in the place of the frozen heads or of other files, at once.
    pub fn swap(&self, drop_frozen: &[Arc<Head>], add: Vec<Arc<LiveFile>>, remove: &[Arc<LiveFile>]) {
        self.state.write().expect("no writer panics").swap(drop_frozen, add, remove);
    }
}
