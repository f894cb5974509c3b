//! `limit n` keeps the first records in their order.

use std::fmt;

use super::barrier::{Barrier, Kept};
use crate::insights::QueryError;
use crate::insights::compile::{Compiler, Direction};
use crate::insights::expression::Span;
use crate::insights::parser::Parser;
use crate::insights::record::{Place, Record};

/// The most rows that a query gives (logs.md Q-1).
pub(in crate::insights) const MAX: u64 = 100_000;
/// The rows that it gives where nothing is said.
pub(in crate::insights) const DEFAULT_MAX: u64 = 10_000;

/// `limit`
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// How many.
    pub count: u64,
    /// Where that stands.
    pub span: Span,
}

impl Limit {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let span = parser.span();
        let count = parser.whole()?;
        if !(1..=MAX).contains(&count) {
            return Err(QueryError::at(parser.text(), span, format!("limit must be between 1 and {MAX}")));
        }
        Ok(Self { count, span: Span(span) })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        compiler.limits += 1;
        let limit = usize::try_from(self.count).unwrap_or(usize::MAX);
        let top = Top::new(compiler.order(), limit);
        compiler.keep(Barrier::Top(top));
        Ok(())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit {}", self.count)
    }
}

/// The first records in an order.
#[derive(Debug)]
pub(in crate::insights) struct Top {
    order: Vec<(Place, Direction)>,
    limit: usize,
}

/// The first records so far, and some more that are thrown out together now and then.
#[derive(Debug, Default)]
pub(in crate::insights) struct TopState {
    rows: Vec<Kept>,
    /// Whether the first `limit` rows are the best, the worst of them last.
    settled: bool,
    bytes: usize,
}

impl Top {
    pub(in crate::insights) fn new(order: Vec<(Place, Direction)>, limit: usize) -> Self {
        Self { order, limit }
    }

    pub(in crate::insights) fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.order.iter().for_each(|(place, _)| visit(*place));
    }

    pub(in crate::insights) fn push(&self, state: &mut TopState, record: &Record<'_>, carried: &[Option<Place>]) {
        let mut row = Kept::new(record, &self.order);
        if state.settled && row.compare(&state.rows[self.limit - 1], &self.order).is_ge() {
            return;
        }
        row.carry(record, carried);
        state.bytes += row.memory_bytes();
        state.rows.push(row);
        self.settle(state);
    }

    pub(in crate::insights) fn merge(&self, state: &mut TopState, other: TopState) {
        state.bytes += other.bytes;
        state.rows.extend(other.rows);
        state.settled = false;
        self.settle(state);
    }

    pub(in crate::insights) fn finish(&self, mut state: TopState) -> Vec<Kept> {
        state.rows.sort_unstable_by(|a, b| a.compare(b, &self.order));
        state.rows.truncate(self.limit);
        state.rows
    }

    /// Throws out what is too much once it is as much as what is kept.
    fn settle(&self, state: &mut TopState) {
        if state.rows.len() < self.limit.saturating_mul(2).max(16) {
            return;
        }
        state.rows.select_nth_unstable_by(self.limit - 1, |a, b| a.compare(b, &self.order));
        let out = state.rows.drain(self.limit..);
        state.bytes -= out.map(|row| row.memory_bytes()).sum::<usize>();
        state.settled = true;
    }
}

impl TopState {
    pub(in crate::insights) fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
