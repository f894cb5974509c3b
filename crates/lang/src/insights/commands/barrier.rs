//! What takes all records of a stage and gives the rows of the next.

use std::cmp::Ordering;

use super::dedup::{Firsts, FirstsState};
use super::limit::{Top, TopState};
use super::pattern::{Patterns, PatternsState};
use super::stats::groups::{Groups, GroupsState};
use crate::insights::compile::Direction;
use crate::insights::record::{Place, Pointer, Record};
use crate::insights::{RunError, Value, natural};

/// The end of a stage.
#[derive(Debug)]
pub(in crate::insights) enum Barrier {
    Top(Top),
    Firsts(Firsts),
    Groups(Groups),
    Patterns(Patterns),
}

/// What a barrier has seen so far.
#[derive(Debug)]
pub(in crate::insights) enum State {
    Top(TopState),
    Firsts(FirstsState),
    Groups(GroupsState),
    Patterns(PatternsState),
}

impl Barrier {
    pub(in crate::insights) fn start(&self) -> State {
        match self {
            Self::Top(_) => State::Top(TopState::default()),
            Self::Firsts(_) => State::Firsts(FirstsState::default()),
            Self::Groups(groups) => State::Groups(groups.start()),
            Self::Patterns(_) => State::Patterns(PatternsState::default()),
        }
    }

    /// Takes a record.
    pub(in crate::insights) fn push(
        &self,
        state: &mut State,
        record: &Record<'_>,
        carried: &[Option<Place>],
    ) -> Result<(), RunError> {
        match (self, state) {
            (Self::Top(top), State::Top(state)) => top.push(state, record, carried),
            (Self::Firsts(firsts), State::Firsts(state)) => firsts.push(state, record, carried),
            (Self::Groups(groups), State::Groups(state)) => return groups.push(state, record),
            (Self::Patterns(patterns), State::Patterns(state)) => patterns.push(state, record),
            _ => unreachable!("a state is its barrier's"),
        }
        Ok(())
    }

    /// Takes in what another has seen.
    pub(in crate::insights) fn merge(&self, state: &mut State, other: State) -> Result<(), RunError> {
        match (self, state, other) {
            (Self::Top(top), State::Top(state), State::Top(other)) => top.merge(state, other),
            (Self::Firsts(firsts), State::Firsts(state), State::Firsts(other)) => firsts.merge(state, other),
            (Self::Groups(groups), State::Groups(state), State::Groups(other)) => return groups.merge(state, other),
            (Self::Patterns(_), State::Patterns(state), State::Patterns(other)) => state.merge(other),
            _ => unreachable!("a state is its barrier's"),
        }
        Ok(())
    }

    /// The rows, in their order.
    pub(in crate::insights) fn finish(&self, state: State) -> Vec<Kept> {
        match (self, state) {
            (Self::Top(top), State::Top(state)) => top.finish(state),
            (Self::Firsts(firsts), State::Firsts(state)) => firsts.finish(state),
            (Self::Groups(groups), State::Groups(state)) => groups.finish(state),
            (Self::Patterns(_), State::Patterns(state)) => state.finish(),
            _ => unreachable!("a state is its barrier's"),
        }
    }

    /// Calls with each place that is read, besides what is carried.
    pub(in crate::insights) fn reads(&self, visit: &mut dyn FnMut(Place)) {
        match self {
            Self::Top(top) => top.reads(visit),
            Self::Firsts(firsts) => firsts.reads(visit),
            Self::Groups(groups) => groups.reads(visit),
            Self::Patterns(patterns) => patterns.reads(visit),
        }
    }
}

impl State {
    pub(in crate::insights) fn memory_bytes(&self) -> usize {
        match self {
            Self::Top(state) => state.memory_bytes(),
            Self::Firsts(state) => state.memory_bytes(),
            Self::Groups(state) => state.memory_bytes(),
            Self::Patterns(state) => state.memory_bytes(),
        }
    }
}

/// A record that is kept: what it is ordered by and what is carried of it.
#[derive(Clone, Debug, Default)]
pub(in crate::insights) struct Kept {
    keys: Box<[Value]>,
    sequence: u64,
    element: u64,
    pub(in crate::insights) pointer: Option<Pointer>,
    pub(in crate::insights) values: Box<[Value]>,
}

impl Kept {
    /// A record without what is carried of it: enough to compare.
    pub(in crate::insights) fn new(record: &Record<'_>, order: &[(Place, Direction)]) -> Self {
        let keys = order.iter().map(|(place, _)| record.value(*place).into_owned()).collect();
        let (sequence, element) = (record.sequence, record.element);
        Self { keys, sequence, element, pointer: record.pointer, values: Box::default() }
    }

    /// A row that has come to be.
    pub(in crate::insights) fn row(values: Box<[Value]>) -> Self {
        Self { values, ..Self::default() }
    }

    pub(in crate::insights) fn carry(&mut self, record: &Record<'_>, carried: &[Option<Place>]) {
        let value = |place: &Option<Place>| place.map_or(Value::Null, |place| record.value(place).into_owned());
        self.values = carried.iter().map(value).collect();
    }

    /// By the keys, then as they were: events newest first (logs.md QL-8).
    pub(in crate::insights) fn compare(&self, other: &Self, order: &[(Place, Direction)]) -> Ordering {
        for ((a, b), (_, direction)) in self.keys.iter().zip(&other.keys).zip(order) {
            let ordering = match direction {
                Direction::Ascending => natural::compare(a, b),
                Direction::Descending => natural::compare_descending(a, b),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        let newest = |pointer: Option<Pointer>| {
            pointer.map(|p| (std::cmp::Reverse(p.time), p.group, std::cmp::Reverse(p.position)))
        };
        (self.sequence, newest(self.pointer), self.element).cmp(&(other.sequence, newest(other.pointer), other.element))
    }

    pub(in crate::insights) fn memory_bytes(&self) -> usize {
        let values = self.keys.iter().chain(&self.values);
        size_of::<Self>() + values.map(Value::memory_bytes).sum::<usize>()
    }
}
