//! The log as the tables share it: how far each has written its rows to files, and so what
//! no one needs any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::StoreError;
use crate::wal::Wal;

/// The log, and the mark of each table that writes to it.
pub(crate) struct SharedLog {
    wal: Arc<Wal>,
    // The rows of a table up to its mark are in its files.
    marks: Mutex<BTreeMap<&'static str, u64>>,
}

impl SharedLog {
    /// A log whose tables' rows are in files up to their marks.
    pub fn new(wal: Arc<Wal>, marks: BTreeMap<&'static str, u64>) -> Self {
        Self { wal, marks: Mutex::new(marks) }
    }

    /// The rows of a table up to `lsn` are in files. Removes what no table needs. Blocks.
    pub fn flushed(&self, table: &'static str, lsn: u64) -> Result<(), StoreError> {
        let mut marks = self.marks();
        marks.insert(table, lsn);
        let lowest = marks.values().copied().min().unwrap_or(0);
        drop(marks);
        self.wal.release(lowest)
    }

    fn marks(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.marks.lock().expect("no holder of this lock can panic")
    }
}
