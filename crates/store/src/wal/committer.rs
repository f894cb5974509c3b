//! The log's one thread: takes what waits, writes it as one frame, syncs, tells.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::frame::FrameEncoder;
use super::segment::{Current, Prepared};
use super::{CLOSED, Pending, Shared, Urgency, WalError, stopped};
use crate::disk::is_full;

/// Rows in one frame, in bytes, unless one unit alone is larger.
pub(super) const GROUP_BYTES_MAX: usize = 4 << 20;
/// When a segment has less room than this, the next one is made: on a full disk what is
/// left is for the calls that were let in before. At most a quarter of a segment.
const RESERVE_BYTES: u64 = 8 << 20;
/// Zeros written after a small frame when it is the first in new ground: the file system
/// then only overwrites for the frames that follow, which syncs in less than half the time.
const ZERO_AHEAD_BYTES: u64 = 256 << 10;
/// How long rows that no one waits for may stay in memory.
const BATCH_DELAY: Duration = Duration::from_millis(50);
/// How long to leave a full disk alone when no one waits.
const FULL_DELAY: Duration = Duration::from_secs(1);

pub(super) struct Committer {
    shared: Arc<Shared>,
    current: Current,
    next_lsn: u64,
    encoder: FrameEncoder,
    // The segment after the current one, made while there is room in that.
    prepared: Option<Prepared>,
    // Rows that no one waits for stayed behind on a full disk.
    full: bool,
}

enum Failure {
    Full,
    Stop(String),
}

impl Committer {
    pub fn new(shared: Arc<Shared>, current: Current, next_lsn: u64) -> io::Result<Self> {
        Ok(Self { shared, current, next_lsn, encoder: FrameEncoder::new()?, prepared: None, full: false })
    }

    pub fn run(mut self) {
        let shared = self.shared.clone();
        match catch_unwind(AssertUnwindSafe(|| self.work())) {
            Ok(()) => close(&shared),
            Err(_) => stop(&shared, "the log's thread panicked"),
        }
    }

    /// Commits groups until the log is closed or has stopped.
    fn work(&mut self) {
        loop {
            if let Err(reason) = self.prepare() {
                return stop(&self.shared, &reason);
            }
            let (group, closing) = self.take_group();
            if group.is_empty() || !self.commit(group) || (closing && self.full) {
                return;
            }
        }
    }

    /// Makes the next segment once the current one has little room, and tells whether the
    /// log is full: without a next segment only the reserve is left.
    fn prepare(&mut self) -> Result<(), String> {
        let segments = &self.shared.segments;
        let reserve = RESERVE_BYTES.min(segments.segment_bytes / 4);
        let low = self.prepared.is_none() && self.current.len.saturating_sub(self.current.offset) < reserve;
        if low {
            match segments.prepare(self.current.number + 1).map_err(|error| self.making_failed(error)) {
                Ok(prepared) => self.prepared = Some(prepared),
                Err(Failure::Full) => {}
                Err(Failure::Stop(reason)) => return Err(reason),
            }
        }
        let full = self.full || (low && self.prepared.is_none());
        self.shared.full.store(full, Ordering::Release);
        Ok(())
    }

    /// Waits for rows and takes a group; an empty group when the log is closed and drained.
    fn take_group(&self) -> (Vec<Pending>, bool) {
        let mut queue = self.shared.queue();
        while queue.urgent == 0 && !queue.closing {
            if queue.waiting.is_empty() {
                queue = self.shared.wake.wait(queue).expect("no holder of this lock can panic");
                continue;
            }
            let delay = if self.full { FULL_DELAY } else { BATCH_DELAY };
            let waited = self.shared.wake.wait_timeout(queue, delay).expect("no holder of this lock can panic");
            queue = waited.0;
            if waited.1.timed_out() {
                break;
            }
        }
        let mut bytes = 0;
        let mut take = 0;
        while let Some(pending) = queue.waiting.get(take) {
            bytes += pending.bytes;
            if take > 0 && bytes > GROUP_BYTES_MAX {
                break;
            }
            take += 1;
        }
        let group: Vec<Pending> = queue.waiting.drain(..take).collect();
        queue.bytes -= group.iter().map(|pending| pending.bytes).sum::<usize>();
        queue.urgent -= group.iter().filter(|pending| pending.urgency == Urgency::Now).count();
        (group, queue.closing)
    }

    /// Commits a group and tells its outcome; whether the log goes on.
    fn commit(&mut self, group: Vec<Pending>) -> bool {
        match self.write(&group) {
            Ok(first_lsn) => {
                self.full = false;
                let mut lsn = first_lsn;
                for pending in group {
                    let count = pending.entries.len() as u64;
                    (pending.done)(Ok(lsn));
                    lsn += count;
                }
                self.shared.durable_lsn.store(lsn - 1, Ordering::Release);
                true
            }
            Err(Failure::Full) => {
                self.full = true;
                self.shared.full.store(true, Ordering::Release);
                self.refuse(group);
                true
            }
            Err(Failure::Stop(reason)) => {
                // The process is told before the callers are, so that it ends in time.
                stop(&self.shared, &reason);
                group.into_iter().for_each(|pending| (pending.done)(Err(stopped(&reason))));
                false
            }
        }
    }

    /// Writes and syncs the rows of a group; gives the number of the first.
    fn write(&mut self, group: &[Pending]) -> Result<u64, Failure> {
        let first_lsn = self.next_lsn;
        let count: usize = group.iter().map(|pending| pending.entries.len()).sum();
        if count == 0 {
            return Ok(first_lsn);
        }
        let entries = || group.iter().flat_map(|pending| &pending.entries);
        let mut frame = self.encoder.encode(self.current.number, first_lsn, entries());
        if self.current.offset + frame.len() as u64 > self.current.len {
            self.next_segment(frame.len() as u64)?;
            // The checksum covers the segment's number.
            frame = self.encoder.encode(self.current.number, first_lsn, entries());
        }
        let Current { file, path, offset, len, zeroed, .. } = &mut self.current;
        let frame_bytes = frame.len() as u64;
        if frame_bytes < ZERO_AHEAD_BYTES && *offset + frame_bytes > *zeroed {
            *zeroed = (*offset + frame_bytes + ZERO_AHEAD_BYTES).min(*len);
            frame.resize((*zeroed - *offset) as usize, 0);
        }
        file.write_all_at(*offset, &frame).map_err(|error| failure("writing", path, error))?;
        file.sync_data().map_err(|error| Failure::Stop(format!("syncing {}: {error}", path.display())))?;
        *offset += frame_bytes;
        self.next_lsn += count as u64;
        Ok(first_lsn)
    }

    fn next_segment(&mut self, frame_bytes: u64) -> Result<(), Failure> {
        let segments = &self.shared.segments;
        let prepared = match self.prepared.take() {
            Some(prepared) => prepared,
            None => segments.prepare(self.current.number + 1).map_err(|error| self.making_failed(error))?,
        };
        match segments.start(&prepared, self.next_lsn, frame_bytes) {
            Ok(current) => self.current = current,
            Err(error) => {
                self.prepared = Some(prepared);
                return Err(self.making_failed(error));
            }
        }
        Ok(())
    }

    fn making_failed(&self, error: io::Error) -> Failure {
        failure("making a segment after", &self.current.path, error)
    }

    /// Refuses all rows that someone waits for, also those behind the group, and keeps the
    /// others for later.
    fn refuse(&self, group: Vec<Pending>) {
        let mut queue = self.shared.queue();
        let waiting = std::mem::take(&mut queue.waiting);
        let (refused, kept): (Vec<_>, Vec<_>) =
            group.into_iter().chain(waiting).partition(|pending| pending.urgency == Urgency::Now);
        queue.bytes = kept.iter().map(|pending| pending.bytes).sum();
        queue.urgent = 0;
        queue.waiting = kept;
        drop(queue);
        refused.into_iter().for_each(|pending| (pending.done)(Err(WalError::Full)));
    }
}

fn failure(doing: &str, path: &std::path::Path, error: io::Error) -> Failure {
    if is_full(&error) {
        return Failure::Full;
    }
    Failure::Stop(format!("{doing} {}: {error}", path.display()))
}

/// Ends the log after a clean close. Rows are left only if the disk is full.
fn close(shared: &Shared) {
    let mut queue = shared.queue();
    queue.stopped.get_or_insert_with(|| CLOSED.to_owned());
    let left = std::mem::take(&mut queue.waiting);
    queue.unwritten = !left.is_empty();
    drop(queue);
    left.into_iter().for_each(|pending| (pending.done)(Err(WalError::Full)));
}

/// Ends the log after a failure: refuses what waits and what comes.
fn stop(shared: &Shared, reason: &str) {
    let mut queue = shared.queue();
    queue.stopped = Some(reason.to_owned());
    let left = std::mem::take(&mut queue.waiting);
    drop(queue);
    tracing::error!(reason, "the log has stopped");
    shared.fatal.send_replace(Some(reason.to_owned()));
    left.into_iter().for_each(|pending| (pending.done)(Err(stopped(reason))));
}
