//! A bound on how many calls of unverified callers enter the history.

use std::sync::Mutex;
use std::time::Instant;

/// Events a second, and the largest burst.
const PER_SECOND: f64 = 20.0;
const BURST: f64 = 200.0;

/// A token bucket over all callers that did not prove who they are: without it, anyone who
/// reaches the port could fill the disk with events.
pub struct StrangerLimit(Mutex<(f64, Instant)>);

impl StrangerLimit {
    /// A full bucket.
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new((BURST, now)))
    }

    /// Whether one more such event may be written.
    pub fn admit(&self, now: Instant) -> bool {
        let mut bucket = self.0.lock().expect("no holder of this lock can panic");
        let elapsed = now.saturating_duration_since(bucket.1).as_secs_f64();
        *bucket = ((bucket.0 + elapsed * PER_SECOND).min(BURST), now);
        let admitted = bucket.0 >= 1.0;
        if admitted {
            bucket.0 -= 1.0;
        }
        admitted
    }

    /// Takes back that an event was admitted: it is not written.
    pub fn give_back(&self) {
        let mut bucket = self.0.lock().expect("no holder of this lock can panic");
        bucket.0 = (bucket.0 + 1.0).min(BURST);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_cut_to_the_burst_and_refills() {
        let start = Instant::now();
        let limit = StrangerLimit::new(start);
        assert_eq!((0..1000).filter(|_| limit.admit(start)).count(), 200);
        assert_eq!((0..1000).filter(|_| limit.admit(start + Duration::from_secs(1))).count(), 20);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let start = Instant::now();
        let limit = StrangerLimit::new(start);
        limit.give_back();
        assert_eq!((0..1000).filter(|_| limit.admit(start)).count(), 200, "it never holds more than the burst");
        limit.give_back();
        assert_eq!((0..1000).filter(|_| limit.admit(start)).count(), 1);
    }
}
