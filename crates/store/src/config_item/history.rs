//! What one resource was like: its items in order, and the one of a time.

use std::collections::BTreeMap;
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
        if let Some(item) = found.at(time) {
            return Ok(Some(item));
        }
        // What was so at a time ended in its month or later.
        blocking(DOING, move || {
            for (_, files) in files.days.range(partition(time)..) {
                found.read(files)?;
                if let Some(item) = found.at(time) {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        })
        .await
    }

    fn found_in_memory(&self, resource: &Resource) -> (Found, Arc<FileSet>) {
        let keeps_from = self.keeps_from(&resource.scope, self.parts.clock.now());
        let mut found = Found { resource: resource.clone(), keeps_from, rows: BTreeMap::new() };
        let state = self.state();
        for head in state.heads() {
            head.of(resource).for_each(|row| found.add(row.clone()));
        }
        (found, state.files.clone())
    }
}

/// The rows of a resource that are known so far, by when they were taken.
struct Found {
    resource: Resource,
    keeps_from: Timestamp,
    rows: BTreeMap<Timestamp, Arc<Row>>,
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

    fn at(&self, time: Timestamp) -> Option<PastItem> {
        let (_, row) = self.rows.range(..=time).next_back()?;
        (time < row.ended).then(|| row.to_item())
    }

    /// Reads files from the newest month back until enough is known.
    fn read_back(&mut self, files: &FileSet, range: &HistoryRange) -> Result<(), StoreError> {
        let first = partition(range.taken.start.max(self.keeps_from));
        for (month, files) in files.days.range(first..).rev() {
            // Rows that ended in this month or later: all others ended before the first of them was taken, so that
            // months after that one can hold none.
            let later: Vec<_> = self.rows.values().filter(|row| partition(row.ended) > *month).collect();
            if later.iter().filter(|row| range.taken.contains(&row.taken)).count() >= range.limit {
                return Ok(());
            }
            if later.first().is_some_and(|row| partition(row.taken) < *month) {
                continue;
            }
            self.read(files)?;
        }
        Ok(())
    }

    /// Reads files from the oldest month on until enough is known.
    fn read_on(&mut self, files: &FileSet, range: &HistoryRange) -> Result<(), StoreError> {
        let first = partition(range.taken.start.max(self.keeps_from));
        for (month, files) in files.days.range(first..) {
            let is_earlier = |row: &&Arc<Row>| partition(row.ended) < *month && range.taken.contains(&row.taken);
            if self.rows.values().filter(is_earlier).count() >= range.limit {
                return Ok(());
            }
            self.read(files)?;
        }
        Ok(())
    }

    fn read(&mut self, files: &[Arc<LiveFile>]) -> Result<(), StoreError> {
        for file in files {
            for row in file.open()?.rows_of(&self.resource)? {
                self.add(row);
            }
        }
        Ok(())
    }
}
