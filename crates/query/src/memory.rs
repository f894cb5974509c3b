//! The memory of one query: operators that can spill share it evenly, and leave some to those
//! that cannot.
//!
//! DataFusion's own fair pool lets operators that can spill take all. Then two sorts that have
//! filled it leave nothing for what merges them, and a query fails that had only to spill
//! earlier.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// The share that is left to operators that cannot spill, as a divisor.
const LEFT: usize = 4;

/// The memory of one query.
#[derive(Debug)]
pub struct QueryMemory {
    bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spillers: usize,
    spillable: usize,
    other: usize,
}

impl QueryMemory {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { bytes, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock can panic")
    }
}

impl fmt::Display for QueryMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} bytes)", self.name(), self.bytes)
    }
}

impl MemoryPool for QueryMemory {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.state().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers = state.spillers.saturating_sub(usize::from(consumer.can_spill()));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.state().of(reservation) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut state = self.state();
        let held = state.of(reservation);
        *held = held.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut state = self.state();
        let free = self.bytes.saturating_sub(state.spillable + state.other);
        let may_have = match reservation.consumer().can_spill() {
            true => {
                let shared = self.bytes.saturating_sub(state.other.max(self.bytes / LEFT));
                (shared / state.spillers.max(1)).saturating_sub(reservation.size()).min(free)
            }
            false => free,
        };
        if additional > may_have {
            let (name, held) = (reservation.consumer().name(), reservation.size());
            let detail = format!("{name} has {held} bytes and needs {additional} more, of {may_have} that it may have");
            return Err(DataFusionError::ResourcesExhausted(detail));
        }
        *state.of(reservation) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let state = self.state();
        state.spillable + state.other
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes)
    }
}

impl State {
    fn of(&mut self, reservation: &MemoryReservation) -> &mut usize {
        match reservation.consumer().can_spill() {
            true => &mut self.spillable,
            false => &mut self.other,
        }
    }
}
