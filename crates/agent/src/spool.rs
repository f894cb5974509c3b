//! Requests on disk until the server has taken them.
//!
//! A folder with one file a request, named by a number that only grows:
//!
//! ```text
//! DIR/lock                          one agent a folder
//! DIR/00000000000000000042.batch    waits to be sent, least number first
//! DIR/refused/….batch               the server will never take it; for people to look at
//! ```
//!
//! Invariant: a file under its final name is whole and on disk (temporary file, fsync, rename,
//! fsync of the folder), so a kill at any moment leaves whole batches and at most one `.tmp`.
//! Delivery is at least once: a crash between the server's answer and the removal of the file
//! sends that batch again.

mod file;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use base::Timestamp;

use crate::put_metric_data::Batch;
pub use file::Damage;

/// Part of the bound that refused batches may take up: one fourth.
const REFUSED_SHARE: u64 = 4;
/// Requests that the disk does not take are kept in memory up to this many bytes.
const MEMORY_BYTES_MAX: u64 = 8 << 20;

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// It cannot be made, read or locked.
    #[error("cannot use the buffer folder {0}")]
    Io(PathBuf, #[source] io::Error),
    /// Another agent uses it.
    #[error("the buffer folder {0} is in use by another agent; give this one another --buffer")]
    InUse(PathBuf),
}

/// The requests that wait, oldest first.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    bytes_max: u64,
    waiting: VecDeque<Entry>,
    refused: VecDeque<(u64, u64)>,
    next: u64,
    in_flight: Option<u64>,
    disk_failing: bool,
    _lock: File,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    bytes: u64,
    /// The batch itself, when the disk did not take it.
    in_memory: Option<Batch>,
}

/// What was lost to make room.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Requests dropped.
    pub batches: usize,
    /// Data in them, as far as they could still be read.
    pub data: usize,
}

/// A request to be sent, and the number to answer it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub number: u64,
    /// The request.
    pub batch: Batch,
}

impl Spool {
    /// Opens or makes a folder, removes what a crash left half written, and finds what waits.
    ///
    /// # Errors
    /// When the folder cannot be used, or another agent uses it.
    pub fn open(folder: &Path, bytes_max: u64) -> Result<Self, SpoolError> {
        let fail = |error| SpoolError::Io(folder.to_owned(), error);
        fs::create_dir_all(folder.join("refused")).map_err(fail)?;
        let lock = File::create(folder.join("lock")).map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(SpoolError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => return Err(fail(error)),
        }
        file::remove_unfinished(folder).map_err(fail)?;
        let waiting = file::numbers(folder).map_err(fail)?;
        let refused = file::numbers(&folder.join("refused")).map_err(fail)?;
        let last = waiting.iter().chain(&refused).map(|(number, _)| *number).max();
        let entry = |(number, bytes)| Entry { number, bytes, in_memory: None };
        Ok(Self {
            folder: folder.to_owned(),
            bytes_max,
            waiting: waiting.into_iter().map(entry).collect(),
            refused: refused.into(),
            next: last.map_or(0, |last| last + 1),
            in_flight: None,
            disk_failing: false,
            _lock: lock,
        })
    }

    /// How many requests wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes a request in behind all others: on disk when this returns, or, when the disk
    /// fails, in memory within a bound, for a full disk must not keep its own alarm from
    /// going off. Drops the oldest, and says so, when the bound would be passed.
    pub fn add(&mut self, batch: Batch) -> Dropped {
        let number = self.next;
        self.next += 1;
        let entry = match file::write(&self.folder, number, &batch) {
            Ok(bytes) => {
                self.disk_failing = false;
                Entry { number, bytes, in_memory: None }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.disk_failing, true) {
                    let folder = self.folder.display();
                    tracing::error!(%error, %folder, "the buffer cannot be written: metrics wait in memory only");
                }
                Entry { number, bytes: batch.body.len() as u64, in_memory: Some(batch) }
            }
        };
        self.waiting.push_back(entry);
        self.make_room()
    }

    fn make_room(&mut self) -> Dropped {
        let mut dropped = Dropped::default();
        for (in_memory, bytes_max) in [(false, self.bytes_max), (true, MEMORY_BYTES_MAX)] {
            while self.bytes(in_memory) > bytes_max {
                let droppable =
                    |entry: &Entry| entry.in_memory.is_some() == in_memory && Some(entry.number) != self.in_flight;
                // The newest stays even when it alone passes the bound.
                let Some(at) = self.waiting.iter().position(droppable).filter(|at| at + 1 < self.waiting.len()) else {
                    break;
                };
                let Some(entry) = self.waiting.remove(at) else { break };
                dropped.batches += 1;
                dropped.data += self.read(&entry).map_or(0, |batch| batch.data);
                self.remove_file(&self.path(entry.number), &entry);
            }
        }
        if dropped.batches > 0 {
            let (batches, data) = (dropped.batches, dropped.data);
            tracing::error!(
                batches,
                data,
                buffer_bytes = self.bytes_max,
                "METRICS LOST: the buffer is full, its oldest requests were dropped; raise --buffer-bytes"
            );
        }
        dropped
    }

    /// The oldest request; it is not dropped for room until it is answered. A file that is
    /// damaged is set aside, and the next one is given.
    pub fn take_oldest(&mut self) -> Option<Waiting> {
        loop {
            let entry = self.waiting.front()?;
            let number = entry.number;
            match self.read(entry) {
                Ok(batch) => {
                    self.in_flight = Some(number);
                    return Some(Waiting { number, batch });
                }
                Err(error) => {
                    tracing::error!(number, %error, "a buffered request cannot be read and is set aside");
                    self.set_aside(number);
                }
            }
        }
    }

    /// The request was not taken: it stays the oldest.
    pub fn keep(&mut self, number: u64) {
        self.in_flight = self.in_flight.filter(|at| *at != number);
    }

    /// The request needs no more sending: its file goes.
    pub fn remove(&mut self, number: u64) {
        if let Some(entry) = self.take(number) {
            self.remove_file(&self.path(number), &entry);
        }
    }

    /// The request will never be taken: its file goes to `refused/`, within the bound there.
    pub fn set_aside(&mut self, number: u64) {
        let Some(entry) = self.take(number) else { return };
        let aside = self.folder.join("refused");
        let moved = match &entry.in_memory {
            Some(batch) => file::write(&aside, number, batch).map(drop),
            None => file::rename(&self.path(number), &aside.join(file::name(number))),
        };
        match moved {
            Ok(()) => self.refused.push_back((number, entry.bytes)),
            Err(error) => {
                tracing::error!(number, %error, "a request could not be set aside: it is removed");
                self.remove_file(&self.path(number), &entry);
            }
        }
        while self.refused.iter().map(|(_, bytes)| bytes).sum::<u64>() > self.bytes_max / REFUSED_SHARE {
            let Some((number, bytes)) = self.refused.pop_front() else { break };
            tracing::error!(number, bytes, "the folder of refused requests is full: its oldest was removed");
            let path = aside.join(file::name(number));
            self.remove_file(&path, &Entry { number, bytes, in_memory: None });
        }
    }

    fn take(&mut self, number: u64) -> Option<Entry> {
        self.keep(number);
        let at = self.waiting.iter().position(|entry| entry.number == number)?;
        self.waiting.remove(at)
    }

    fn read(&self, entry: &Entry) -> Result<Batch, Damage> {
        match &entry.in_memory {
            Some(batch) => Ok(batch.clone()),
            None => file::read(&self.path(entry.number)),
        }
    }

    fn bytes(&self, in_memory: bool) -> u64 {
        self.waiting.iter().filter(|entry| entry.in_memory.is_some() == in_memory).map(|entry| entry.bytes).sum()
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(file::name(number))
    }

    fn remove_file(&self, path: &Path, entry: &Entry) {
        if entry.in_memory.is_none()
            && let Err(error) = fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(path = %path.display(), %error, "a sent request cannot be removed: it will be sent again");
        }
    }
}

/// Why a request of the buffer is too old to be sent: the API takes two weeks (cloudwatch.md §1.4).
pub fn is_expired(batch: &Batch, now: Timestamp) -> bool {
    /// Two weeks less a minute for the way.
    const LIFE_MS: i64 = 14 * base::time::DAY_MS - 60_000;
    batch.oldest < now.plus_millis(-LIFE_MS)
}

#[cfg(test)]
mod tests;
