//! When what failed is tried again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use base::Timestamp;
use store::catalog::Key;

/// The wait after a failure: it doubles from the first to the most.
const RETRY_FIRST_MS: i64 = 5_000;
const RETRY_MOST_MS: i64 = 600_000;

/// What a job waits for, by the records that it works on.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<HashMap<Key, Wait>>);

#[derive(Clone, Copy, Debug)]
struct Wait {
    until: Timestamp,
    last_ms: i64,
}

impl Waits {
    /// When a record is tried again; `None` when its last work did not fail.
    pub(crate) fn until(&self, key: &Key) -> Option<Timestamp> {
        self.held().get(key).map(|wait| wait.until)
    }

    /// Whether a record's last work failed and it is not yet tried again.
    pub(crate) fn holds(&self, key: &Key, now: Timestamp) -> bool {
        self.until(key).is_some_and(|until| until > now)
    }

    /// The earliest that anything is tried again.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.held().values().map(|wait| wait.until).min()
    }

    /// Takes note of how work on a record ended.
    pub(crate) fn note<E>(&self, key: &Key, failure: Option<&E>, now: Timestamp) {
        let mut held = self.held();
        if failure.is_none() {
            held.remove(key);
            return;
        }
        let last_ms = held.get(key).map_or(RETRY_FIRST_MS, |before| (before.last_ms * 2).min(RETRY_MOST_MS));
        held.insert(key.clone(), Wait { until: now.plus_millis(last_ms), last_ms });
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Key, Wait>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}
