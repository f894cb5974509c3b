//! The clock that everything asks for the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::Timestamp;

/// A source of the current time.
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the real clock lives")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is moved, and never goes back.
#[derive(Debug)]
pub struct SimulatedClock {
    millis: AtomicI64,
}

impl SimulatedClock {
    /// A clock that reads `start` until it is moved.
    pub fn new(start: Timestamp) -> Self {
        Self { millis: AtomicI64::new(start.millis()) }
    }

    /// Moves the clock to `to` and gives the time it then reads, which is later
    /// than `to` when the clock was already past it.
    pub fn move_to(&self, to: Timestamp) -> Timestamp {
        let before = self.millis.fetch_max(to.millis(), Ordering::SeqCst);
        Timestamp::from_millis(before.max(to.millis()))
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_clock_never_goes_back() {
        let clock = SimulatedClock::new(Timestamp::from_secs(100));
        clock.move_to(Timestamp::from_secs(200));
        assert_eq!(clock.move_to(Timestamp::from_secs(150)), Timestamp::from_secs(200));
        assert_eq!(clock.now(), Timestamp::from_secs(200));
    }
}
