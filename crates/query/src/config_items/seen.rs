//! Which items were rows already.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use sha2::{Digest as _, Sha256};

use super::row::Row;

/// What one entry takes, about: sets are at most half empty.
const ENTRY_BYTES: usize = 2 * size_of::<u128>() + 2;

/// Items by what tells them apart: the resource, and when they were taken. What it takes is counted.
pub(super) struct Seen(Mutex<Entries>);

struct Entries {
    // Cut from SHA-256: two items with the same do not happen, and nobody can make some.
    digests: HashSet<u128>,
    memory: MemoryReservation,
}

impl Seen {
    pub(super) fn new(pool: &Arc<dyn MemoryPool>) -> Self {
        let memory = MemoryConsumer::new("configuration items").register(pool);
        Self(Mutex::new(Entries { digests: HashSet::new(), memory }))
    }

    /// Leaves the rows that were not there before.
    ///
    /// # Errors
    /// There is no memory for so many.
    pub(super) fn retain_new(&self, rows: &mut Vec<Row>) -> Result<()> {
        let digests: Vec<_> = rows.iter().map(digest).collect();
        let mut entries = self.0.lock().expect("no holder of this lock can panic");
        entries.memory.try_grow(digests.len() * ENTRY_BYTES)?;
        let mut digests = digests.into_iter();
        rows.retain(|_| digests.next().is_some_and(|digest| entries.digests.insert(digest)));
        Ok(())
    }
}

fn digest(row: &Row) -> u128 {
    let mut digest = Sha256::new();
    for part in [&*row.account, &*row.region, &*row.resource_type, &*row.resource_id] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.update(row.taken.to_le_bytes());
    let digest = digest.finalize();
    let (first, _) = digest.split_first_chunk().expect("a digest has more bytes");
    u128::from_le_bytes(*first)
}
