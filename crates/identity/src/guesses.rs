//! A bound on how often secrets may be guessed at.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::sync::Mutex;
use std::time::Instant;

/// Counters in all. Who guesses at many things at once shares them with others, so that the table never grows; which
/// things share one is not to be foreseen.
const SLOTS: usize = 1 << 14;

/// Token buckets for whatever can be guessed at, or for whoever guesses.
pub struct Guesses {
    slots: Mutex<Vec<Slot>>,
    hasher: RandomState,
    burst: f64,
    per_minute: f64,
}

#[derive(Clone, Copy)]
struct Slot {
    left: f64,
    at: Instant,
}

impl Guesses {
    /// Full buckets: so many guesses at once, and so many a minute.
    pub fn new(burst: u32, per_minute: u32, now: Instant) -> Self {
        let (burst, per_minute) = (f64::from(burst), f64::from(per_minute));
        let slots = vec![Slot { left: burst, at: now }; SLOTS];
        Self { slots: Mutex::new(slots), hasher: RandomState::new(), burst, per_minute }
    }

    /// Whether one more guess may be made; it is counted.
    pub fn admit(&self, about: &impl Hash, now: Instant) -> bool {
        let mut slots = self.slots.lock().expect("no holder of this lock can panic");
        let slot = &mut slots[self.index(about)];
        let minutes = now.saturating_duration_since(slot.at).as_secs_f64() / 60.0;
        *slot = Slot { left: (slot.left + minutes * self.per_minute).min(self.burst), at: now };
        let admitted = slot.left >= 1.0;
        if admitted {
            slot.left -= 1.0;
        }
        admitted
    }

    /// Takes back that a guess was counted: it was right, so it was none.
    pub fn give_back(&self, about: &impl Hash) {
        let mut slots = self.slots.lock().expect("no holder of this lock can panic");
        let slot = &mut slots[self.index(about)];
        slot.left = (slot.left + 1.0).min(self.burst);
    }

    fn index(&self, about: &impl Hash) -> usize {
        // Truncation is wanted: any bits of a hash are as good as any others.
        self.hasher.hash_one(about) as usize % SLOTS
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn guesses_are_counted_by_what_is_guessed_at() {
        let start = Instant::now();
        let guesses = Guesses::new(5, 6, start);
        assert_eq!((0..20).filter(|_| guesses.admit(&"dave", start)).count(), 5);
        assert_eq!((0..20).filter(|_| guesses.admit(&"dave", start + Duration::from_secs(20))).count(), 2);
        // One of many others shares the counter at the most.
        assert!((0..100).filter(|n| guesses.admit(n, start)).count() >= 99);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let start = Instant::now();
        let guesses = Guesses::new(2, 6, start);
        guesses.give_back(&"dave");
        assert_eq!((0..20).filter(|_| guesses.admit(&"dave", start)).count(), 2, "it never holds more than the burst");
        guesses.give_back(&"dave");
        assert_eq!((0..20).filter(|_| guesses.admit(&"dave", start)).count(), 1);
    }
}
