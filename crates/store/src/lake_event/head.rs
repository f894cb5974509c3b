//! The rows that are in the log but in no file yet, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::Timestamp;

use super::schema::Row;
use crate::table_state::MemoryRows;

// What a row takes in memory beside its text, about.
const ROW_OVERHEAD_BYTES: usize = size_of::<Row>() + 64;

/// Rows by store, oldest first.
#[derive(Default)]
pub(super) struct Head {
    stores: BTreeMap<u32, BTreeMap<(Timestamp, u64), Arc<Row>>>,
    rows: usize,
    bytes: usize,
    last_lsn: u64,
}

impl Head {
    /// Adds a row. Rows come in the order of their numbers.
    pub fn insert(&mut self, row: Row) {
        self.rows += 1;
        self.bytes += row.text_bytes() + ROW_OVERHEAD_BYTES;
        self.last_lsn = row.lsn;
        self.stores.entry(row.number).or_default().insert((row.time, row.lsn), Arc::new(row));
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The stores that have rows here.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.stores.keys().copied()
    }

    /// All rows; those of a store oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.stores.values().flat_map(BTreeMap::values)
    }

    /// The rows of a store from `from` on and before `to`, oldest first.
    pub fn within(&self, number: u32, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &Arc<Row>> {
        let rows = self.stores.get(&number).filter(|_| from < to);
        rows.into_iter().flat_map(move |rows| rows.range((from, 0)..(to, 0))).map(|(_, row)| row)
    }
}

impl MemoryRows for Head {
    fn is_empty(&self) -> bool {
        self.rows == 0
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn last_lsn(&self) -> u64 {
        self.last_lsn
    }
}
