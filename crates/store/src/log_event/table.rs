//! The table itself: writing, and what reads and background work share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use tokio::sync::{Mutex, Notify, oneshot};

use super::block::Block;
use super::contents::Contents;
use super::files::{FileSet, LiveFile, TableFiles};
use super::head::Head;
use super::stats::Stats;
use super::{Keep, LogPut, Position};
use crate::catalog::files::FileCatalog;
use crate::error::StoreError;
use crate::shared_log::SharedLog;
use crate::wal::{Entry, Wal};

/// The table's number in the log.
pub(crate) const WAL_TABLE: u8 = 4;
/// Events in memory, in bytes, that call for a flush.
const FLUSH_BYTES: usize = 64 << 20;
/// Events in memory, in bytes, past which whoever puts more waits until some are in files.
const CROWDED_BYTES: usize = if cfg!(test) { 256 << 10 } else { 192 << 20 };
/// Events in memory, in bytes, past which no more are taken: flushing has failed for long.
const HEAD_BYTES_MAX: usize = 512 << 20;

/// What the table is made of.
pub(crate) struct TableParts {
    pub wal: Arc<Wal>,
    pub log: Arc<SharedLog>,
    pub catalog: Arc<dyn FileCatalog>,
    /// Rows up to this number are in the files.
    pub flushed_lsn: u64,
}

pub(super) struct Inner {
    pub parts: TableParts,
    pub files: TableFiles,
    pub stats: Stats,
    pub contents: Contents,
    state: RwLock<State>,
    // Bytes of puts that are on their way into the log.
    waiting_bytes: AtomicUsize,
    // The number of the last put; at start a number that no later one is below.
    last_lsn: AtomicU64,
    pub keep: RwLock<Option<Arc<dyn Keep>>>,
    // Held while events go from memory to files: only its holder freezes and drops heads.
    pub flushing: Mutex<()>,
    // Held while files are replaced or dropped: only its holder removes files.
    pub rewriting: Mutex<()>,
    pub flush_wake: Notify,
    pub compact_wake: Notify,
    pub expire_wake: Notify,
}

/// Invariant: every event on disk is in exactly one of the active head, the frozen heads and the files.
pub(super) struct State {
    pub active: Head,
    pub frozen: Vec<Arc<Head>>,
    pub files: Arc<FileSet>,
    /// Rows up to this number are in the files.
    pub flushed_lsn: u64,
}

impl State {
    /// The heads, older ones first: what is read in this order is in the order of arrival.
    pub fn heads(&self) -> impl Iterator<Item = &Head> {
        self.frozen.iter().map(|head| &**head).chain([&self.active])
    }
}

/// Events read back from the log at start.
#[derive(Default)]
pub(crate) struct Replayed(Head);

impl Replayed {
    /// Takes a row of the log.
    pub fn row(&mut self, lsn: u64, row: &[u8]) -> Result<(), String> {
        self.0.insert(Arc::new(Block::read(lsn, row)?));
        Ok(())
    }
}

impl Inner {
    /// The table as found at start. Reads what the files say of their streams. Blocks.
    pub fn new(parts: TableParts, files: TableFiles, set: FileSet, replayed: Replayed) -> Result<Self, StoreError> {
        let (stats, contents) = (Stats::default(), Contents::default());
        learn(&set, &stats, &contents)?;
        replayed.0.iter().for_each(|block| stats.note(block));
        let last_lsn = parts.flushed_lsn.max(replayed.0.last_lsn());
        let state =
            State { active: replayed.0, frozen: Vec::new(), files: Arc::new(set), flushed_lsn: parts.flushed_lsn };
        Ok(Self {
            parts,
            files,
            stats,
            contents,
            state: RwLock::new(state),
            waiting_bytes: AtomicUsize::new(0),
            last_lsn: AtomicU64::new(last_lsn),
            keep: RwLock::default(),
            flushing: Mutex::default(),
            rewriting: Mutex::default(),
            flush_wake: Notify::new(),
            compact_wake: Notify::new(),
            expire_wake: Notify::new(),
        })
    }

    /// Logs a put, and then has it in memory.
    pub fn put(self: &Arc<Self>, put: &LogPut) -> impl Future<Output = Result<Position, StoreError>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        match self.check_room().and_then(|()| block_of(put)) {
            Err(error) => drop(sender.send(Err(error))),
            Ok(block) if block.len() == 0 => drop(sender.send(Ok(self.last_position()))),
            Ok(block) => {
                let entries = vec![Entry { table: WAL_TABLE, row: block.row().clone() }];
                let (inner, bytes) = (self.clone(), block.memory_bytes());
                self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
                self.parts.wal.submit(
                    entries,
                    Box::new(move |result| {
                        inner.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                        let stored = result.map(|lsn| inner.insert(block.numbered(lsn)));
                        drop(sender.send(stored.map_err(StoreError::from)));
                    }),
                );
            }
        }
        async move { receiver.await.unwrap_or_else(|_| Err(StoreError::Stopped { reason: "it was closed".to_owned() })) }
    }

    fn insert(&self, block: Block) -> Position {
        self.stats.note(&block);
        let lsn = block.lsn();
        let mut state = self.state.write().expect("no writer panics");
        state.active.insert(Arc::new(block));
        self.last_lsn.store(lsn, Ordering::Release);
        let due = state.active.memory_bytes() >= FLUSH_BYTES;
        drop(state);
        if due {
            self.flush_wake.notify_one();
        }
        Position(lsn << Position::INDEX_BITS)
    }

    /// Whether there is memory for more events.
    pub fn check_room(&self) -> Result<(), StoreError> {
        if self.memory_bytes() > HEAD_BYTES_MAX { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Whether whoever puts more events should wait.
    pub fn is_crowded(&self) -> bool {
        self.memory_bytes() > CROWDED_BYTES
    }

    /// Bytes of the events that are in memory or on their way into the log.
    fn memory_bytes(&self) -> usize {
        let held: usize = self.state().heads().map(Head::memory_bytes).sum();
        held + self.waiting_bytes.load(Ordering::Relaxed)
    }

    /// The position that no event has gone past.
    pub fn last_position(&self) -> Position {
        last_position_of(self.last_lsn.load(Ordering::Acquire))
    }

    /// What is in memory and in files.
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("no writer panics")
    }

    /// The live files.
    pub fn file_set(&self) -> Arc<FileSet> {
        self.state().files.clone()
    }

    /// Freezes the events in memory. Gives all frozen heads, and the number up to which they hold every row that
    /// the files do not; `None` when all is in the files. The caller holds `flushing`.
    pub fn freeze(&self) -> Option<(Vec<Arc<Head>>, u64)> {
        let mut state = self.state.write().expect("no writer panics");
        if !state.active.is_empty() {
            let head = std::mem::take(&mut state.active);
            state.frozen.push(Arc::new(head));
        }
        // The log counts rows as durable after they are in the head. Rows of the group that is being told right now
        // can already be here, past that count.
        let last = state.frozen.iter().map(|head| head.last_lsn()).max().unwrap_or(0);
        let lsn = self.parts.wal.durable_lsn().max(last);
        (lsn > state.flushed_lsn).then(|| (state.frozen.clone(), lsn))
    }

    /// Puts files in the place of the frozen heads, at once; rows up to `lsn` are then in files.
    pub fn swap_flushed(&self, heads: &[Arc<Head>], add: Vec<Arc<LiveFile>>, lsn: u64) {
        let mut state = self.state.write().expect("no writer panics");
        state.frozen.retain(|head| !heads.iter().any(|gone| Arc::ptr_eq(gone, head)));
        let mut files = FileSet::clone(&state.files);
        add.into_iter().for_each(|file| files.add(file));
        state.files = Arc::new(files);
        state.flushed_lsn = lsn;
    }

    /// Puts files in the place of others, at once.
    pub fn swap(&self, add: Vec<Arc<LiveFile>>, remove: &[Arc<LiveFile>]) {
        let mut state = self.state.write().expect("no writer panics");
        let mut files = FileSet::clone(&state.files);
        for file in remove {
            files.remove(file.entry.id);
            file.doom();
        }
        add.into_iter().for_each(|file| files.add(file));
        state.files = Arc::new(files);
        drop(state);
        self.contents.forget(remove.iter().map(|file| file.entry.id));
    }
}

/// Takes in what the files say of their streams, in as many threads as the machine has processors.
fn learn(set: &FileSet, stats: &Stats, contents: &Contents) -> Result<(), StoreError> {
    let files: std::sync::Mutex<Vec<_>> = std::sync::Mutex::new(set.iter().collect());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let Some(file) = files.lock().expect("no holder of this lock can panic").pop() else { return Ok(()) };
            let open = file.open()?;
            let summary = open.summary()?;
            stats.note_all(summary.streams().iter().map(|rows| (rows.group, rows.stream, rows.stats)));
            contents.learn(file)?;
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("reading a summary does not panic"))
    })
}

fn block_of(put: &LogPut) -> Result<Block, StoreError> {
    Block::of(put).ok_or_else(|| StoreError::failed("storing log events", "a put is too large"))
}

/// The highest position of the put with a number.
fn last_position_of(lsn: u64) -> Position {
    Position((lsn << Position::INDEX_BITS) | ((1 << Position::INDEX_BITS) - 1))
}
