//! The write-ahead log: rows are on disk here before anyone is told that they are stored.
//!
//! A folder of preallocated segments holds frames `[len|crc32c|lsn|payload]`; a frame is
//! one group of rows, compressed together, written with one write and one `fdatasync` by
//! one thread. A group is what arrived while the group before was in flight.
//!
//! Every row has a log sequence number; numbers rise by one without gaps, so that a row
//! lost anywhere but at the very end is noticed. A failed write or sync stops the log for
//! good, since what is on disk is then unknown: it is never retried.

mod committer;
mod frame;
pub mod fuzz;
mod recovery;
mod segment;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use crate::disk::Disk;
use crate::error::StoreError;
use committer::Committer;
use segment::Segments;

/// Bytes of a segment unless told otherwise.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Bytes of rows that may wait for the log before [`Wal::submit_batched`] refuses more.
pub const BACKLOG_BYTES_MAX: usize = 64 << 20;

/// Why rows were not logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalError {
    /// There is no space for the rows; nothing of them was stored, and the log goes on.
    #[error("no space is left for the log")]
    Full,
    /// The log has stopped for good.
    #[error("the log has stopped: {reason}")]
    Stopped {
        /// What failed.
        reason: String,
    },
}

/// A row for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of the table the row belongs to.
    pub table: u8,
    /// The row, in the table's own form; its bytes may be shared with who made it.
    pub row: Bytes,
}

/// Called on the log's thread once the rows are on disk, with the sequence number of the
/// first of them, or with the reason why they are not. Calls come in the order of the
/// numbers. It must be short and must not wait for the log.
pub type Done = Box<dyn FnOnce(Result<u64, WalError>) + Send>;

/// Where and how a log is kept.
pub struct WalOptions {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The folder of the segments.
    pub folder: PathBuf,
    /// Bytes to preallocate for a segment.
    pub segment_bytes: u64,
    /// Rows up to this number are stored elsewhere and need no replay.
    pub flushed_lsn: u64,
}

/// The write-ahead log.
pub struct Wal {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    segments: Segments,
    durable_lsn: AtomicU64,
    full: AtomicBool,
    fatal: watch::Sender<Option<String>>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Pending>,
    bytes: usize,
    urgent: usize,
    closing: bool,
    // The log was closed on a full disk, and rows were lost.
    unwritten: bool,
    stopped: Option<String>,
}

struct Pending {
    entries: Vec<Entry>,
    bytes: usize,
    urgency: Urgency,
    done: Done,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Urgency {
    // Someone waits: commit at once, and refuse when the disk is full.
    Now,
    // No one waits: commit with the next group or soon, and keep when the disk is full.
    Soon,
}

impl Wal {
    /// Opens the log, hands every row past the flushed mark to `replay` as (number,
    /// table, row) and starts the log's thread. Blocks.
    ///
    /// A torn frame at the end of the last segment was never acknowledged and is cut off;
    /// any other damage is an error that names file and offset.
    pub fn open(
        options: WalOptions,
        mut replay: impl FnMut(u64, u8, &[u8]) -> Result<(), String>,
    ) -> Result<Self, StoreError> {
        let recovered = recovery::recover(&options, &mut replay)?;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            segments: recovered.segments,
            durable_lsn: AtomicU64::new(recovered.next_lsn - 1),
            full: AtomicBool::new(false),
            fatal: watch::Sender::new(None),
        });
        let committer = Committer::new(shared.clone(), recovered.current, recovered.next_lsn)
            .map_err(|error| StoreError::failed("making the log's compression", error))?;
        let thread = std::thread::Builder::new()
            .name("wal".to_owned())
            .spawn(move || committer.run())
            .map_err(|error| StoreError::failed("starting the log's thread", error))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Logs rows as one unit; resolves, once they are on disk, with the number of the first.
    pub fn append(&self, entries: Vec<Entry>) -> impl Future<Output = Result<u64, WalError>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        self.submit(entries, Box::new(move |result| drop(sender.send(result))));
        async move { receiver.await.unwrap_or_else(|_| Err(stopped("the log was closed"))) }
    }

    /// Logs rows as one unit at once and calls `done` with the outcome.
    pub fn submit(&self, entries: Vec<Entry>, done: Done) {
        self.enqueue(entries, Urgency::Now, done);
    }

    /// Logs rows soon, without anyone waiting: with the next group, or within 50 ms, and
    /// before a clean stop is over. When the disk is full the rows stay in memory until it
    /// is not; when too many wait, `done` is told at once that the log is full.
    pub fn submit_batched(&self, entries: Vec<Entry>, done: Done) {
        self.enqueue(entries, Urgency::Soon, done);
    }

    /// Resolves once everything handed over before is on disk.
    pub fn sync(&self) -> impl Future<Output = Result<(), WalError>> + Send + use<> {
        let synced = self.append(Vec::new());
        async move { synced.await.map(|_| ()) }
    }

    /// Whether rows wait to be written.
    pub fn has_backlog(&self) -> bool {
        !self.shared.queue().waiting.is_empty()
    }

    /// Whether the last group found no space, or little is left in the segment and the next
    /// one cannot be made; the next group that finds space again clears it.
    pub fn is_full(&self) -> bool {
        self.shared.full.load(Ordering::Acquire)
    }

    /// Whether rows can be logged, as far as is known without trying.
    pub fn writable(&self) -> Result<(), WalError> {
        if let Some(reason) = &self.shared.queue().stopped {
            return Err(stopped(reason));
        }
        if self.is_full() { Err(WalError::Full) } else { Ok(()) }
    }

    /// All rows up to this number are on disk and their `done` calls have returned.
    pub fn durable_lsn(&self) -> u64 {
        self.shared.durable_lsn.load(Ordering::Acquire)
    }

    /// Removes segments that hold only rows up to `lsn`. Blocks.
    pub fn release(&self, lsn: u64) -> Result<(), StoreError> {
        self.shared.segments.release(lsn)
    }

    /// Tells why the log stopped, once it has.
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.shared.fatal.subscribe()
    }

    /// Writes what waits and ends the log's thread. Blocks.
    pub fn close(&self) -> Result<(), WalError> {
        self.shared.queue().closing = true;
        self.shared.wake.notify_all();
        let thread = self.thread.lock().expect("no holder of this lock can panic").take();
        // The last holder of the log may be a `done` call on the log's own thread.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // A panic of the thread has been noted as the reason it stopped.
            drop(thread.join());
        }
        let queue = self.shared.queue();
        match &queue.stopped {
            Some(reason) if reason != CLOSED => Err(stopped(reason)),
            _ if queue.unwritten => Err(WalError::Full),
            _ => Ok(()),
        }
    }

    fn enqueue(&self, entries: Vec<Entry>, urgency: Urgency, done: Done) {
        let bytes = entries.iter().map(|entry| entry.row.len() + frame::ENTRY_BYTES).sum();
        let mut queue = self.shared.queue();
        if let Some(reason) = &queue.stopped {
            let error = stopped(reason);
            drop(queue);
            return done(Err(error));
        }
        if queue.closing {
            drop(queue);
            return done(Err(stopped(CLOSED)));
        }
        if urgency == Urgency::Soon && queue.bytes + bytes > BACKLOG_BYTES_MAX {
            drop(queue);
            return done(Err(WalError::Full));
        }
        queue.bytes += bytes;
        queue.urgent += usize::from(urgency == Urgency::Now);
        let first = queue.waiting.is_empty();
        queue.waiting.push(Pending { entries, bytes, urgency, done });
        drop(queue);
        if urgency == Urgency::Now || first {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Wal {
    fn drop(&mut self) {
        drop(self.close());
    }
}

const CLOSED: &str = "the log was closed";

fn stopped(reason: &str) -> WalError {
    WalError::Stopped { reason: reason.to_owned() }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no holder of this lock can panic")
    }
}

#[cfg(test)]
mod tests;
