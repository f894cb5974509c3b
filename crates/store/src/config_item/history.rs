//! What one resource was like: its items in order, and the one of a time.
//!
//! States of a resource follow each other: what was so at a time ended after it, and what was so before the first known
//! one had ended by then. So files are read in the order of their times until enough is known, and those that can hold
//! no state between what is known are passed over.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use base::Timestamp;

use super::files::{FileSet, LiveFile};
use super::partition::partition;
use super::schema::Row;
use super::table::Inner;
use super::{PastItem, Resource};
use crate::error::StoreError;
use crate::table_work::blocking;

const DOING: &str = "reading the history of a resource";

/// Which items of a resource are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRange {
    /// When they were taken.
    pub taken: Range<Timestamp>,
    /// In which order.
    pub order: HistoryOrder,
    /// At most so many.
    pub limit: usize,
}

/// The order of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryOrder {
    /// The newest item first.
    NewestFirst,
    /// The oldest item first.
    OldestFirst,
}

impl Inner {
    pub async fn history(&self, resource: &Resource, range: HistoryRange) -> Result<Vec<PastItem>, StoreError> {
        let (mut found, files) = self.found_in_memory(resource);
        if range.taken.is_empty() || range.limit == 0 {
            return Ok(Vec::new());
        }
        blocking(DOING, move || {
            match range.order {
                HistoryOrder::NewestFirst => found.read_back(&files, &range)?,
                HistoryOrder::OldestFirst => found.read_on(&files, &range)?,
            }
            let wanted = found.rows.range(range.taken.clone()).map(|(_, row)| row.to_item());
            Ok(match range.order {
                HistoryOrder::NewestFirst => wanted.rev().take(range.limit).collect(),
                HistoryOrder::OldestFirst => wanted.take(range.limit).collect(),
            })
        })
        .await
    }

    pub async fn at(&self, resource: &Resource, time: Timestamp) -> Result<Option<PastItem>, StoreError> {
        let (mut found, files) = self.found_in_memory(resource);
        let after = time.plus_millis(1);
        if time == after {
            return Ok(None);
        }
        if let Some(row) = found.lasting(after) {
            return Ok(Some(row.to_item()));
        }
        blocking(DOING, move || {
            found.read_lasting(&files, after, 1)?;
            Ok(found.lasting(after).map(|row| row.to_item()))
        })
        .await
    }

    fn found_in_memory(&self, resource: &Resource) -> (Found, Arc<FileSet>) {
        let keeps_from = self.keeps_from(&resource.scope, self.parts.clock.now());
        let mut found =
            Found { resource: Arc::new(resource.clone()), keeps_from, rows: BTreeMap::new(), read: HashSet::new() };
        let state = self.state();
        for head in state.heads() {
            head.of(resource).for_each(|row| found.add(row.clone()));
        }
        (found, state.files.clone())
    }
}

/// The rows of a resource that are known so far, by when they were taken.
struct Found {
    resource: Arc<Resource>,
    keeps_from: Timestamp,
    rows: BTreeMap<Timestamp, Arc<Row>>,
    /// The files that were read.
    read: HashSet<u64>,
}

impl Found {
    /// Takes a row, unless a later one of the same state is there.
    fn add(&mut self, row: Arc<Row>) {
        if row.ended < self.keeps_from {
            return;
        }
        let last = self.rows.entry(row.taken).or_insert_with(|| row.clone());
        if last.lsn < row.lsn {
            *last = row;
        }
    }

    /// The state that was taken before a time, and ended at it or after.
    fn lasting(&self, end: Timestamp) -> Option<&Arc<Row>> {
        self.rows.range(..end).next_back().map(|(_, row)| row).filter(|row| row.ended >= end)
    }

    /// Reads files on from a time until the state is known that was taken before it and ended at it or after, or that
    /// there is none; with it as many as are wanted of those before that are in the same files.
    fn read_lasting(&mut self, files: &FileSet, end: Timestamp, limit: usize) -> Result<(), StoreError> {
        for (_, files) in files.days.range(partition(end.max(self.keeps_from))..) {
            for file in by_first_end(files) {
                if self.lasting(end).is_some() || self.follows_by(end, file) {
                    return Ok(());
                }
                if file.entry.time_max >= end.millis() {
                    self.read(file, &until(end, limit))?;
                }
            }
        }
        Ok(())
    }

    /// Reads files back from the end of the range until enough is known.
    fn read_back(&mut self, files: &FileSet, range: &HistoryRange) -> Result<(), StoreError> {
        let Range { start, end } = range.taken;
        // The newest that is wanted may have ended long after the range. All others had ended when it was taken.
        self.read_lasting(files, end, range.limit)?;
        let newest = self.lasting(end).map_or(end, |row| row.taken);
        let first = partition(start.max(self.keeps_from));
        for (_, files) in files.days.range(first..=partition(end).max(first)).rev() {
            for file in by_last_end(files) {
                // All that ended later than any row of the file are known, and had begun when the others had ended.
                let later = self.rows.range(..end).map(|(_, row)| row);
                let later = later.filter(|row| row.ended.millis() > file.entry.time_max);
                let (mut wanted, mut oldest) = (0, newest);
                for row in later {
                    wanted += usize::from(row.taken >= start);
                    oldest = oldest.min(row.taken);
                }
                if wanted >= range.limit || oldest <= start {
                    return Ok(());
                }
                if file.entry.time_min <= oldest.millis() {
                    self.read(file, &until(end, range.limit))?;
                }
            }
        }
        Ok(())
    }

    /// Reads files on from the start of the range until enough is known.
    fn read_on(&mut self, files: &FileSet, range: &HistoryRange) -> Result<(), StoreError> {
        let Range { start, end } = range.taken;
        for (_, files) in files.days.range(partition(start.max(self.keeps_from))..) {
            for file in by_first_end(files) {
                // All that ended earlier than any row of the file are known.
                let known = self.rows.range(start..end).map(|(_, row)| row);
                let wanted = known.filter(|row| row.ended.millis() < file.entry.time_min).count();
                if wanted >= range.limit || self.follows_by(end, file) {
                    return Ok(());
                }
                if file.entry.time_max >= start.millis() {
                    self.read(file, range)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a state is known that was taken at a time or after, but before any in the file ended: what was taken
    /// before that time has ended by then.
    fn follows_by(&self, time: Timestamp, file: &LiveFile) -> bool {
        let next = self.rows.range(time..).next();
        next.is_some_and(|(taken, _)| taken.millis() < file.entry.time_min)
    }

    fn read(&mut self, file: &LiveFile, range: &HistoryRange) -> Result<(), StoreError> {
        if self.read.insert(file.entry.id) {
            for row in file.open()?.rows_of(&self.resource, range)? {
                self.add(row);
            }
        }
        Ok(())
    }
}

/// The newest that were taken before a time.
fn until(end: Timestamp, limit: usize) -> HistoryRange {
    HistoryRange { taken: Timestamp::MIN..end, order: HistoryOrder::NewestFirst, limit }
}

/// Files in the order in which the first states in them ended.
fn by_first_end(files: &[Arc<LiveFile>]) -> Vec<&LiveFile> {
    let mut files: Vec<_> = files.iter().map(|file| &**file).collect();
    files.sort_by_key(|file| file.entry.time_min);
    files
}

/// Files in the order in which the last states in them ended, the newest first.
fn by_last_end(files: &[Arc<LiveFile>]) -> Vec<&LiveFile> {
    let mut files: Vec<_> = files.iter().map(|file| &**file).collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.entry.time_max));
    files
}
