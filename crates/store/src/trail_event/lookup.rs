//! Look-ups: the rows of memory and files merged, newest first, read only as far as asked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use base::{Partition, Scope, Timestamp};

use super::files::{FileSet, LiveFile};
use super::run::RunCursor;
use super::token::Token;
use super::{Attribute, Cursor, Lookup, LookupPage, TrailEvent};
use crate::error::StoreError;

/// A look-up made ready.
pub(super) struct Query {
    /// Where the rows lie: the region's own, and the global ones of the partition.
    pub ranges: Vec<ScopeRange>,
    /// Earliest time, included.
    pub lo: Timestamp,
    /// Rows lie strictly below this place.
    pub below: Cursor,
    /// What must match.
    pub attribute: Option<Attribute>,
    /// The attribute's token, if it is indexed.
    pub token: Option<Token>,
}

/// Rows of one account and region.
pub(super) struct ScopeRange {
    pub scope: Scope,
    /// Only rows of global services.
    pub global_only: bool,
}

impl Query {
    /// A look-up that sees nothing before `oldest`.
    pub fn new(lookup: &Lookup, oldest: Timestamp) -> Self {
        let scope = Scope { account: lookup.account.clone(), region: lookup.region.clone() };
        let mut ranges = Vec::new();
        // Global services record in their partition's global region and show in every region
        // of every partition, so that no choice of region hides them (cloudtrail.md §2.4).
        for partition in Partition::ALL {
            let global = Scope { account: lookup.account.clone(), region: partition.global_region() };
            if global != scope {
                ranges.push(ScopeRange { scope: global, global_only: true });
            }
        }
        ranges.push(ScopeRange { scope, global_only: false });
        let end = Cursor { time: lookup.range.end, lsn: u64::MAX };
        Self {
            ranges,
            lo: lookup.range.start.max(oldest),
            below: lookup.after.map_or(end, |after| after.min(end)),
            attribute: lookup.attribute.clone(),
            token: lookup.attribute.as_ref().and_then(Token::of_attribute),
        }
    }

    /// The lowest place that a row may have.
    pub fn lowest(&self) -> Cursor {
        Cursor { time: self.lo, lsn: 0 }
    }

    /// Whether no place lies between the bounds.
    pub fn is_empty(&self) -> bool {
        self.below <= self.lowest()
    }

    /// Whether the event has the attribute.
    pub fn matches(&self, event: &TrailEvent) -> bool {
        self.attribute.as_ref().is_none_or(|attribute| attribute.matches(event))
    }
}

/// Everything that a look-up has to look at, as it was at one moment.
pub(super) struct Snapshot {
    query: Arc<Query>,
    limit: usize,
    memory: Vec<(Cursor, Arc<TrailEvent>)>,
    files: Vec<Arc<LiveFile>>,
}

/// A row that was found: in memory, or at a place in a file.
enum Found {
    Memory(Arc<TrailEvent>),
    File { file: usize, row: usize },
}

impl Snapshot {
    /// Rows found in memory, in any order, and the live files.
    pub fn new(query: Query, limit: usize, mut memory: Vec<(Cursor, Arc<TrailEvent>)>, files: &FileSet) -> Self {
        memory.sort_by_key(|(place, _)| Reverse(*place));
        let (lo, hi) = (query.lo.millis(), query.below.time.millis());
        let mut overlapping = Vec::new();
        if !query.is_empty() && limit > 0 {
            let days = files.days.range(query.lo.day()..=query.below.time.day().max(query.lo.day()));
            let files = days.flat_map(|(_, files)| files);
            overlapping.extend(files.filter(|file| file.entry.time_max >= lo && file.entry.time_min <= hi).cloned());
        }
        Self { query: Arc::new(query), limit, memory, files: overlapping }
    }

    /// Whether no file has to be read.
    pub fn is_in_memory(&self) -> bool {
        self.files.is_empty()
    }

    /// The page. Blocks.
    pub fn page(self) -> Result<LookupPage, StoreError> {
        if self.limit == 0 {
            return Ok(LookupPage::default());
        }
        let mut found = self.merge()?;
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = if more { found.last().map(|(place, _)| *place) } else { None };
        Ok(LookupPage { events: self.fetch(&found)?, next })
    }

    /// The first rows of all sources, one more than asked for if there are so many.
    fn merge(&self) -> Result<Vec<(Cursor, Found)>, StoreError> {
        let mut runs: Vec<(usize, RunCursor)> = Vec::new();
        // Sources by the highest place at which they may still have a row.
        let mut heap = BinaryHeap::new();
        for (at, file) in self.files.iter().enumerate() {
            for range in 0..self.query.ranges.len() {
                let bound = Cursor { time: Timestamp::from_millis(file.entry.time_max), lsn: u64::MAX };
                heap.push((bound.min(self.query.below), runs.len()));
                runs.push((at, RunCursor::new(self.query.clone(), range, file.clone())));
            }
        }
        let mut memory = self.memory.iter().peekable();
        let mut found = Vec::new();
        while found.len() <= self.limit {
            let in_memory = memory.peek().map(|(place, _)| *place);
            let Some((bound, source)) =
                heap.peek().copied().filter(|(bound, _)| in_memory.is_none_or(|at| *bound > at))
            else {
                let Some((place, event)) = memory.next() else { break };
                found.push((*place, Found::Memory(event.clone())));
                continue;
            };
            heap.pop();
            let (file, run) = &mut runs[source];
            if let Some(row) = run.take_at(bound) {
                found.push((bound, Found::File { file: *file, row }));
            }
            if let Some(bound) = run.bound()? {
                heap.push((bound, source));
            }
        }
        Ok(found)
    }

    /// The events of the rows, in the same order; each file is read once.
    fn fetch(&self, found: &[(Cursor, Found)]) -> Result<Vec<TrailEvent>, StoreError> {
        let mut wanted: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        let mut events: Vec<Option<TrailEvent>> = Vec::with_capacity(found.len());
        for (at, (_, found)) in found.iter().enumerate() {
            events.push(match found {
                Found::Memory(event) => Some(TrailEvent::clone(event)),
                Found::File { file, row } => {
                    wanted.entry(*file).or_default().push((*row, at));
                    None
                }
            });
        }
        for (file, mut rows) in wanted {
            rows.sort_unstable();
            let places: Vec<usize> = rows.iter().map(|(row, _)| *row).collect();
            let fetched = self.files[file].open()?.rows(&places)?;
            for ((_, at), row) in rows.into_iter().zip(fetched) {
                events[at] = Some(Arc::unwrap_or_clone(row.event));
            }
        }
        Ok(events.into_iter().flatten().collect())
    }
}
