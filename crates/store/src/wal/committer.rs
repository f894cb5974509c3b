//! The log's one thread: takes what waits, writes it as one frame, syncs, tells.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::frame::encode_frame;
use super::segment::Current;
use super::{CLOSED, Pending, Shared, Urgency, WalError, stopped};
use crate::disk::is_full;

/// Rows in one frame, in bytes, unless one unit alone is larger.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// How long rows that no one waits for may stay in memory.
const BATCH_DELAY: Duration = Duration::from_millis(50);
/// How long to leave a full disk alone when no one waits.
const FULL_DELAY: Duration = Duration::from_secs(1);

pub(super) struct Committer {
    shared: Arc<Shared>,
    current: Current,
    next_lsn: u64,
    // Rows that no one waits for stayed behind on a full disk.
    full: bool,
}

enum Failure {
    Full,
    Stop(String),
}

impl Committer {
    pub fn new(shared: Arc<Shared>, current: Current, next_lsn: u64) -> Self {
        Self { shared, current, next_lsn, full: false }
    }

    pub fn run(mut self) {
        let shared = self.shared.clone();
        let ended = catch_unwind(AssertUnwindSafe(|| self.work()));
        let reason = ended.unwrap_or_else(|_| Some("the log's thread panicked".to_owned()));
        stop(&shared, reason);
    }

    /// Commits groups until the log is closed (`None`) or must stop.
    fn work(&mut self) -> Option<String> {
        loop {
            let (group, closing) = self.take_group();
            if group.is_empty() {
                return None;
            }
            if let Err(reason) = self.commit(group) {
                return Some(reason);
            }
            if closing && self.full {
                return None;
            }
        }
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

    fn commit(&mut self, group: Vec<Pending>) -> Result<(), String> {
        match self.write(&group) {
            Ok(first_lsn) => {
                self.full = false;
                self.shared.full.store(false, Ordering::Release);
                let mut lsn = first_lsn;
                for pending in group {
                    let count = pending.entries.len() as u64;
                    (pending.done)(Ok(lsn));
                    lsn += count;
                }
                self.shared.durable_lsn.store(lsn - 1, Ordering::Release);
                Ok(())
            }
            Err(Failure::Full) => {
                self.full = true;
                self.shared.full.store(true, Ordering::Release);
                self.refuse(group);
                Ok(())
            }
            Err(Failure::Stop(reason)) => {
                // Told before anyone else can append, so that no later row is accepted.
                self.shared.queue().stopped = Some(reason.clone());
                group.into_iter().for_each(|pending| (pending.done)(Err(stopped(&reason))));
                Err(reason)
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
        let mut frame = encode_frame(self.current.number, first_lsn, entries());
        if self.current.offset + frame.len() as u64 > self.current.len {
            self.next_segment(frame.len() as u64)?;
            // The checksum covers the segment's number.
            frame = encode_frame(self.current.number, first_lsn, entries());
        }
        let Current { file, path, offset, .. } = &mut self.current;
        file.write_all_at(*offset, &frame).map_err(|error| failure("writing", path, error))?;
        file.sync_data().map_err(|error| Failure::Stop(format!("syncing {}: {error}", path.display())))?;
        *offset += frame.len() as u64;
        self.next_lsn += count as u64;
        Ok(first_lsn)
    }

    fn next_segment(&mut self, frame_bytes: u64) -> Result<(), Failure> {
        let number = self.current.number + 1;
        let made = self.shared.segments.create(number, self.next_lsn, frame_bytes);
        self.current = made.map_err(|error| failure("making a segment after", &self.current.path, error))?;
        Ok(())
    }

    /// Refuses the rows that someone waits for, and keeps the others for later.
    fn refuse(&self, group: Vec<Pending>) {
        let (refused, kept): (Vec<_>, Vec<_>) = group.into_iter().partition(|pending| pending.urgency == Urgency::Now);
        let mut queue = self.shared.queue();
        queue.bytes += kept.iter().map(|pending| pending.bytes).sum::<usize>();
        queue.waiting.splice(0..0, kept);
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

/// Ends the log: refuses what waits and what comes.
fn stop(shared: &Shared, reason: Option<String>) {
    let mut queue = shared.queue();
    let text = reason.clone().unwrap_or_else(|| CLOSED.to_owned());
    queue.stopped = Some(text.clone());
    // On a clean close rows are left only if the disk is full; `close` tells by them.
    let left = if reason.is_some() { std::mem::take(&mut queue.waiting) } else { Vec::new() };
    drop(queue);
    if let Some(reason) = reason {
        tracing::error!(reason, "the log has stopped");
        shared.fatal.send_replace(Some(reason));
    }
    left.into_iter().for_each(|pending| (pending.done)(Err(stopped(&text))));
}
