//! The rows that are in the log but in no file yet, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Scope, Timestamp};

use super::Resource;
use super::schema::Row;
use crate::table_state::MemoryRows;

// What a row takes in memory beside its text, about.
const ROW_OVERHEAD_BYTES: usize = size_of::<Row>() + 96;

/// Rows of a resource, oldest first.
type Rows = BTreeMap<(Timestamp, u64), Arc<Row>>;

/// Rows by resource, oldest first.
#[derive(Default)]
pub(super) struct Head {
    resources: BTreeMap<Arc<Resource>, Rows>,
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
        self.resources.entry(row.resource.clone()).or_default().insert((row.taken, row.lsn), Arc::new(row));
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All rows, in the order of files.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.resources.values().flat_map(BTreeMap::values)
    }

    /// The rows of an account and region, in the order of files.
    pub fn within(&self, scope: &Scope) -> impl Iterator<Item = &Arc<Row>> {
        let first = Resource { scope: scope.clone(), resource_type: String::new(), resource_id: String::new() };
        let of_scope = self.resources.range(Arc::new(first)..);
        of_scope.take_while(move |(resource, _)| resource.scope == *scope).flat_map(|(_, rows)| rows.values())
    }

    /// The rows of a resource, oldest first.
    pub fn of(&self, resource: &Resource) -> impl Iterator<Item = &Arc<Row>> {
        self.resources.get(resource).into_iter().flat_map(BTreeMap::values)
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
