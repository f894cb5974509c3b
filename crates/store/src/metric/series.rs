//! What is known of one series.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use base::Scope;

use super::{Metric, SeriesId, Unit};

/// A time that no data has: before all that can be told.
pub(super) const NEVER: i64 = i64::MIN;
/// The time of the last data is saved again once it has moved as far, in seconds: listing
/// what was active in the last three hours may be wrong by 50 minutes (cloudwatch.md §2).
pub(super) const LAST_STEP_SECS: i64 = 1800;

/// A series in the index.
pub(super) struct Series {
    pub id: SeriesId,
    pub unit: Unit,
    pub scope: Arc<Scope>,
    pub metric: Arc<Metric>,
    // The time of the latest data, and what of it is saved: `NEVER` without data, and as
    // long as the series itself is not saved.
    last_secs: AtomicI64,
    saved_secs: AtomicI64,
    // Writes under way: as long as there are any, the series stays in the index.
    writes: AtomicU32,
    // The definition is in the log or in a file.
    logged: AtomicBool,
    // The series waits for the next flush to save what is new.
    queued: AtomicBool,
}

impl Series {
    /// A series that no one knows yet.
    pub fn new(id: SeriesId, unit: Unit, scope: Arc<Scope>, metric: Arc<Metric>) -> Self {
        Self {
            id,
            unit,
            scope,
            metric,
            last_secs: AtomicI64::new(NEVER),
            saved_secs: AtomicI64::new(NEVER),
            writes: AtomicU32::new(0),
            logged: AtomicBool::new(false),
            queued: AtomicBool::new(false),
        }
    }

    /// Notes what was read from a file.
    pub fn set_saved(&self, last_secs: i64) {
        self.logged.store(true, Ordering::Release);
        self.saved_secs.store(last_secs, Ordering::Release);
        self.last_secs.fetch_max(last_secs, Ordering::AcqRel);
    }

    /// The time of the latest data; [`NEVER`] if there was none yet.
    pub fn last_secs(&self) -> i64 {
        self.last_secs.load(Ordering::Acquire)
    }

    /// The time of the latest data that is saved; [`NEVER`] if the series is not.
    pub fn saved_secs(&self) -> i64 {
        self.saved_secs.load(Ordering::Acquire)
    }

    /// Whether the log or a file tells what the series is.
    pub fn is_logged(&self) -> bool {
        self.logged.load(Ordering::Acquire)
    }

    /// Notes that the log tells what the series is.
    pub fn set_logged(&self) {
        self.logged.store(true, Ordering::Release);
    }

    /// Notes data that is on disk. Tells whether the series must be queued for saving now.
    pub fn note_data(&self, time_secs: i64) -> bool {
        let last = self.last_secs.fetch_max(time_secs, Ordering::AcqRel).max(time_secs);
        let due = last.saturating_sub(self.saved_secs()) >= LAST_STEP_SECS;
        due && !self.queued.swap(true, Ordering::AcqRel)
    }

    /// Puts the series back into the queue; tells whether it was not there.
    pub fn queue(&self) -> bool {
        !self.queued.swap(true, Ordering::AcqRel)
    }

    /// Takes the series out of the queue: what is noted after this queues it again.
    pub fn unqueue(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// A write begins; called under the index's lock.
    pub fn begin_write(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }

    /// A write is over, and its data was noted.
    pub fn end_write(&self) {
        self.writes.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether nothing is lost if the series leaves the index, all of whose data before
    /// `gone_secs` has expired. Called under the index's lock.
    pub fn is_gone(&self, gone_secs: i64) -> bool {
        let idle = self.writes.load(Ordering::Acquire) == 0 && !self.queued.load(Ordering::Acquire);
        let never_was = !self.is_logged();
        // What is saved may be behind; and the last hour goes as a whole.
        let expired = self.saved_secs() != NEVER && self.last_secs() < gone_secs - LAST_STEP_SECS - 3600;
        idle && (never_was || expired)
    }
}
