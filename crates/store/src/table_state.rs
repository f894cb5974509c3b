//! What a table holds at one moment: rows in memory, and live files.

use std::sync::Arc;

use crate::table_files::{FileSet, LiveFile, TableFile};

/// Rows of a table that are in the log but in no file yet.
pub(crate) trait MemoryRows: Default {
    /// Whether there are none.
    fn is_empty(&self) -> bool;

    /// Bytes in memory, about.
    fn bytes(&self) -> usize;

    /// The number of the last row; 0 when there is none.
    fn last_lsn(&self) -> u64;
}

/// Invariant: every row on disk is in exactly one of the active head, the frozen heads and the files.
pub(crate) struct TableState<H, F: TableFile> {
    pub active: H,
    pub frozen: Vec<Arc<H>>,
    pub files: Arc<FileSet<F>>,
    /// Invariant: rows past this number are in the heads.
    pub in_files: u64,
}

impl<H: MemoryRows, F: TableFile> TableState<H, F> {
    /// The state at start: what was read back from the log, and the files, which hold the rows up to `flushed_lsn`.
    pub fn new(replayed: H, files: FileSet<F>, flushed_lsn: u64) -> Self {
        Self { active: replayed, frozen: Vec::new(), files: Arc::new(files), in_files: flushed_lsn }
    }

    /// The heads, older ones first.
    pub fn heads(&self) -> impl Iterator<Item = &H> {
        self.frozen.iter().map(|head| &**head).chain([&self.active])
    }

    /// Bytes of the rows in memory, about.
    pub fn bytes(&self) -> usize {
        self.heads().map(H::bytes).sum()
    }

    /// Freezes the rows in memory. Gives all frozen heads, and the number up to which they hold every row that the
    /// files do not. `durable_lsn` is the log's, asked for while the state was held.
    pub fn freeze(&mut self, durable_lsn: u64) -> (Vec<Arc<H>>, u64) {
        if !self.active.is_empty() {
            let head = std::mem::take(&mut self.active);
            self.frozen.push(Arc::new(head));
        }
        // The log counts rows as durable after they are in the head. Rows of the group that is being told right now
        // can already be here, past that count.
        let last = self.frozen.iter().map(|head| head.last_lsn()).max().unwrap_or(0);
        (self.frozen.clone(), durable_lsn.max(last))
    }

    /// Puts files in the place of frozen heads or of other files, at once.
    pub fn swap(&mut self, heads: &[Arc<H>], add: Vec<Arc<LiveFile<F>>>, remove: &[Arc<LiveFile<F>>]) {
        let dropped = heads.iter().map(|head| head.last_lsn()).max().unwrap_or(0);
        self.in_files = self.in_files.max(dropped);
        self.frozen.retain(|head| !heads.iter().any(|gone| Arc::ptr_eq(gone, head)));
        let mut files = FileSet::clone(&self.files);
        for file in remove {
            files.remove(file.entry.id);
            file.doom();
        }
        add.into_iter().for_each(|file| files.add(file));
        self.files = Arc::new(files);
    }
}
