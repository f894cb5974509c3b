//! The table itself: writing, and what reads and background work share.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, RwLock, RwLockReadGuard};

use base::Scope;
use tokio::sync::{Mutex, Notify, oneshot};

use super::files::{Files, LiveFile, LiveSeriesFile, MetricFiles};
use super::head::{Head, HeadRow, IdHasher};
use super::index::Index;
use super::log_row::{self, LoggedDatum};
use super::recent::Recent;
use super::series::Series;
use super::tier::{TIME_MAX, TIME_MIN, floor};
use super::{Datum, SeriesId};
use crate::catalog::files::FileCatalog;
use crate::error::StoreError;
use crate::shared_log::SharedLog;
use crate::wal::{Entry, Wal};

/// The numbers in the log of what series are, and of data.
pub(crate) const WAL_SERIES: u8 = 2;
pub(crate) const WAL_DATA: u8 = 3;
/// Rows in memory, in bytes, that call for a flush.
const FLUSH_BYTES: usize = 64 << 20;
/// Rows in memory, in bytes, past which no more are taken: flushing has failed for long.
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
    pub files: MetricFiles,
    pub index: Index,
    state: RwLock<State>,
    flushed_lsn: AtomicU64,
    // Series whose definition or time of the last data is not saved yet.
    queue: SyncMutex<Vec<Arc<Series>>>,
    // Series that left the index and that the files still name.
    pub gone: SyncMutex<Vec<SeriesId>>,
    // Held while rows go from memory to files: only its holder freezes and drops heads.
    pub flushing: Mutex<()>,
    // Held while files are replaced or dropped: only its holder removes files.
    pub rewriting: Mutex<()>,
    pub flush_wake: Notify,
    pub compact_wake: Notify,
    pub roll_up_wake: Notify,
}

/// Invariant: every datum on disk is in exactly one of the active head, the frozen heads
/// and the files, and besides in `recent` if it is in the files and not before its bound.
pub(super) struct State {
    pub active: Head,
    pub frozen: Vec<Arc<Head>>,
    pub recent: Arc<Recent>,
    pub files: Arc<Files>,
}

/// What was read from the files of series and from the log at start.
pub(crate) struct Replayed {
    index: Index,
    known: HashMap<SeriesId, Arc<Series>, BuildHasherDefault<IdHasher>>,
    head: Head,
    queue: Vec<Arc<Series>>,
}

impl Replayed {
    /// The series that the files know.
    pub(super) fn new(index: Index, known: Vec<Arc<Series>>) -> Self {
        let known = known.into_iter().map(|series| (series.id, series)).collect();
        Self { index, known, head: Head::default(), queue: Vec::new() }
    }

    /// Takes a row of [`WAL_SERIES`].
    pub fn series_row(&mut self, row: &[u8]) -> Result<(), String> {
        log_row::decode_series(row, |id, scope, metric, unit| {
            let series = self.index.define(id, scope, metric, unit)?;
            self.known.insert(id, series);
            Ok(())
        })
    }

    /// Takes a row of [`WAL_DATA`].
    pub fn data_row(&mut self, lsn: u64, row: &[u8]) -> Result<(), String> {
        log_row::decode_data(row, |LoggedDatum { series: id, time_secs, high_resolution, sample }| {
            let series = self.known.get(&id).ok_or_else(|| format!("nothing tells what series {} is", id.0))?;
            if series.note_data(time_secs) {
                self.queue.push(series.clone());
            }
            self.head.insert(lsn, id, HeadRow::new(time_secs, high_resolution, sample));
            Ok(())
        })
    }
}

impl Inner {
    pub fn new(parts: TableParts, files: MetricFiles, set: Files, replayed: Replayed) -> Self {
        let recent = Recent::after(set.time_max_secs());
        let state = State { active: replayed.head, frozen: Vec::new(), recent: Arc::new(recent), files: Arc::new(set) };
        Self {
            flushed_lsn: AtomicU64::new(parts.flushed_lsn),
            parts,
            files,
            index: replayed.index,
            state: RwLock::new(state),
            queue: SyncMutex::new(replayed.queue),
            gone: SyncMutex::default(),
            flushing: Mutex::default(),
            rewriting: Mutex::default(),
            flush_wake: Notify::new(),
            compact_wake: Notify::new(),
            roll_up_wake: Notify::new(),
        }
    }

    /// Logs the data as one unit, and tells the outcome.
    pub fn put(self: &Arc<Self>, scope: &Scope, mut data: Vec<Datum>, told: oneshot::Sender<Result<(), StoreError>>) {
        for datum in &mut data {
            datum.time_secs = datum.time_secs.clamp(TIME_MIN, TIME_MAX);
            if !datum.high_resolution {
                datum.time_secs = floor(datum.time_secs, 60);
            }
        }
        let series = self.index.resolve(scope, &data);
        let entries = entries(scope, &series, &data);
        let before = entries.len() as u64 - 1;
        // As much as can be is done here and not on the log's only thread.
        let row = |datum: Datum| HeadRow::new(datum.time_secs, datum.high_resolution, datum.sample);
        let rows: Vec<HeadRow> = data.into_iter().map(row).collect();
        let inner = self.clone();
        let done = move |result: Result<u64, _>| {
            let stored = result.map(|first| inner.insert(first + before, &series, rows));
            series.iter().for_each(|series| series.end_write());
            drop(told.send(stored.map_err(StoreError::from)));
        };
        self.parts.wal.submit(entries, Box::new(done));
    }

    /// Whether there is memory for more rows.
    pub fn check_room(&self) -> Result<(), StoreError> {
        let state = self.state();
        let bytes = state.active.bytes() + state.frozen.iter().map(|head| head.bytes()).sum::<usize>();
        if bytes > HEAD_BYTES_MAX { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Rows up to this number are in the files.
    pub fn flushed_lsn(&self) -> u64 {
        self.flushed_lsn.load(Ordering::Acquire)
    }

    /// Notes the mark that the catalog holds. The caller holds `flushing`.
    pub fn set_flushed_lsn(&self, lsn: u64) {
        self.flushed_lsn.store(lsn, Ordering::Release);
    }

    /// Takes in data that is on disk, as row `lsn` of the log.
    fn insert(&self, lsn: u64, series: &[Arc<Series>], rows: Vec<HeadRow>) {
        // Series are queued before their rows are in memory, so that a flush of the rows
        // finds them.
        for (series, row) in series.iter().zip(&rows) {
            series.set_logged();
            if series.note_data(row.time_secs) {
                self.queue.lock().expect("no holder of this lock can panic").push(series.clone());
            }
        }
        let mut state = self.state.write().expect("no writer panics");
        series.iter().zip(rows).for_each(|(series, row)| state.active.insert(lsn, series.id, row));
        let due = state.active.bytes() >= FLUSH_BYTES;
        drop(state);
        if due {
            self.flush_wake.notify_one();
        }
    }

    /// Everything in memory and the live files, as they are at one moment.
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("no writer panics")
    }

    /// The live files.
    pub fn file_set(&self) -> Arc<Files> {
        self.state().files.clone()
    }

    /// Whether rows of the series are in no file yet.
    pub fn has_unflushed(&self, series: SeriesId) -> bool {
        let state = self.state();
        state.active.has(series) || state.frozen.iter().any(|head| head.has(series))
    }

    /// Freezes the rows in memory. Gives all frozen heads, and the number up to which they
    /// hold every row that the files do not. The caller holds `flushing`.
    pub fn freeze(&self) -> (Vec<Arc<Head>>, u64) {
        let mut state = self.state.write().expect("no writer panics");
        if state.active.rows() > 0 {
            let head = std::mem::take(&mut state.active);
            state.frozen.push(Arc::new(head));
        }
        // The log counts rows as durable after they are in the head. Rows of the group
        // that is being told right now can already be here, past that count.
        let last = state.frozen.iter().map(|head| head.last_lsn()).max().unwrap_or(0);
        (state.frozen.clone(), self.parts.wal.durable_lsn().max(last))
    }

    /// The series that wait to be saved, which wait no more. Called after [`freeze`](Self::freeze):
    /// then all series of the frozen rows are among them or are saved.
    pub fn take_queue(&self) -> Vec<Arc<Series>> {
        let queue = std::mem::take(&mut *self.queue.lock().expect("no holder of this lock can panic"));
        queue.iter().for_each(|series| series.unqueue());
        queue
    }

    /// Series that could not be saved wait again.
    pub fn put_back(&self, series: &[Arc<Series>]) {
        let mut queue = self.queue.lock().expect("no holder of this lock can panic");
        queue.extend(series.iter().filter(|series| series.queue()).cloned());
    }

    /// Puts files in the place of frozen heads or of other files, at once.
    pub fn swap(&self, swap: Swap) {
        let mut state = self.state.write().expect("no writer panics");
        state.frozen.retain(|head| !swap.frozen.iter().any(|gone| Arc::ptr_eq(gone, head)));
        if !swap.frozen.is_empty() {
            state.recent = Arc::new(state.recent.with(&swap.frozen));
        }
        let mut files = Files::clone(&state.files);
        swap.remove.iter().for_each(|file| files.remove(file));
        swap.add.into_iter().for_each(|file| files.add(file));
        for file in &swap.remove_series {
            files.series.remove(file.entry.id);
            file.doom();
        }
        swap.add_series.into_iter().for_each(|file| files.series.add(file));
        state.files = Arc::new(files);
    }

    /// Replaces the copies of recent rows. The caller holds `flushing`.
    pub fn set_recent(&self, recent: Recent) {
        let mut state = self.state.write().expect("no writer panics");
        let old = std::mem::replace(&mut state.recent, Arc::new(recent));
        // Freeing many rows takes a while.
        drop(state);
        drop(old);
    }
}

/// A change of what is in memory and in files.
#[derive(Default)]
pub(super) struct Swap {
    /// Heads whose rows are now in files.
    pub frozen: Vec<Arc<Head>>,
    pub add: Vec<Arc<LiveFile>>,
    pub remove: Vec<Arc<LiveFile>>,
    pub add_series: Vec<Arc<LiveSeriesFile>>,
    pub remove_series: Vec<Arc<LiveSeriesFile>>,
}

/// The rows of the log for a write: series that it may not know, then the data.
fn entries(scope: &Scope, series: &[Arc<Series>], data: &[Datum]) -> Vec<Entry> {
    // As long as the write that first used a series is under way, it may still fail.
    let unknown = series.iter().filter(|series| !series.is_logged()).map(|series| (series.id, series));
    let unknown: BTreeMap<SeriesId, &Arc<Series>> = unknown.collect();
    let mut entries = Vec::with_capacity(2);
    if !unknown.is_empty() {
        let unknown: Vec<_> = unknown.into_values().collect();
        entries.push(Entry { table: WAL_SERIES, row: log_row::encode_series(scope, &unknown).into() });
    }
    let data = series.iter().zip(data);
    let data = data.map(|(series, datum)| (series.id, datum.time_secs, datum.high_resolution, &datum.sample));
    entries.push(Entry { table: WAL_DATA, row: log_row::encode_data(data).into() });
    entries
}
