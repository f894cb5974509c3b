//! Groups of records and what has been computed of each.

use std::cmp::Ordering;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::insights::aggregates::{Aggregate, Tally};
use crate::insights::commands::Kept;
use crate::insights::evaluate::Node;
use crate::insights::key::{self, Presence};
use crate::insights::record::{Place, Record};
use crate::insights::{RunError, Value, natural};

/// Groups that are put in natural order. More are in the order of their keys' bytes, which takes a
/// tenth of the time; nobody reads through so many.
const NATURAL_MAX: usize = 10_000;

/// What is grouped by and what is computed.
#[derive(Debug)]
pub(in crate::insights) struct Groups {
    keys: Vec<Node>,
    aggregates: Vec<Aggregate>,
    missing: MissingKeys,
}

/// What becomes of records that miss a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insights) enum MissingKeys {
    /// They are groups of their own (logs.md ST-3).
    Group,
    /// They do not count.
    Drop,
}

/// The groups so far.
#[derive(Debug)]
pub(in crate::insights) struct GroupsState {
    index: HashMap<Box<[u8]>, usize, RandomState>,
    keys: Vec<Box<[Value]>>,
    /// One for each aggregate of each group, group by group.
    tallies: Vec<Tally>,
    bytes: usize,
    /// The key of the record at hand.
    key: Vec<u8>,
    /// The group of the record before, and its key: neighbours are often alike.
    last: Option<usize>,
    last_key: Vec<u8>,
}

impl Groups {
    pub(in crate::insights) fn new(keys: Vec<Node>, aggregates: Vec<Aggregate>, missing: MissingKeys) -> Self {
        Self { keys, aggregates, missing }
    }

    pub(in crate::insights) fn start(&self) -> GroupsState {
        let mut state = GroupsState {
            index: HashMap::default(),
            keys: Vec::new(),
            tallies: Vec::new(),
            bytes: 0,
            key: Vec::new(),
            last: None,
            last_key: Vec::new(),
        };
        if self.keys.is_empty() {
            // Without keys there is a group even if there are no records (logs.md ST-2).
            self.group(&mut state, Vec::new);
        }
        state
    }

    pub(in crate::insights) fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.keys.iter().for_each(|key| key.places(visit));
        self.aggregates.iter().for_each(|aggregate| aggregate.reads(visit));
    }

    pub(in crate::insights) fn push(&self, state: &mut GroupsState, record: &Record<'_>) -> Result<(), RunError> {
        state.key.clear();
        let mut missing = false;
        for node in &self.keys {
            missing |= key::encode_node(node, record, &mut state.key) == Presence::Missing;
        }
        if missing && self.missing == MissingKeys::Drop {
            return Ok(());
        }
        let group = self.group(state, || self.keys.iter().map(|node| whole(node.value(record).into_owned())).collect());
        let first = group * self.aggregates.len();
        let tallies = &mut state.tallies[first..first + self.aggregates.len()];
        for (aggregate, tally) in self.aggregates.iter().zip(tallies) {
            state.bytes += aggregate.push(tally, record)?;
        }
        Ok(())
    }

    pub(in crate::insights) fn merge(&self, state: &mut GroupsState, other: GroupsState) -> Result<(), RunError> {
        let width = self.aggregates.len();
        let mut keys: Vec<Box<[u8]>> = vec![Box::default(); other.keys.len()];
        for (key, group) in other.index {
            keys[group] = key;
        }
        let mut tallies = other.tallies.into_iter();
        for (key, values) in keys.into_iter().zip(other.keys) {
            state.key.clear();
            state.key.extend(&key);
            let group = self.group(state, || values.into_vec());
            for (index, tally) in tallies.by_ref().take(width).enumerate() {
                state.bytes += self.aggregates[index].merge(&mut state.tallies[group * width + index], tally)?;
            }
        }
        Ok(())
    }

    /// By the newest span of time where groups are spans, then by the keys, in natural order unless
    /// there are too many: which records came first depends on how the work was shared.
    pub(in crate::insights) fn finish(&self, state: GroupsState) -> Vec<Kept> {
        let mut keys: Vec<Box<[u8]>> = vec![Box::default(); state.keys.len()];
        for (key, group) in state.index {
            keys[group] = key;
        }
        let mut tallies = state.tallies.into_iter();
        let mut rows = Vec::with_capacity(keys.len());
        for (key, values) in keys.into_iter().zip(state.keys) {
            let mut row = values.into_vec();
            let own = tallies.by_ref().take(self.aggregates.len());
            row.extend(self.aggregates.iter().zip(own).map(|(aggregate, tally)| aggregate.finish(tally)));
            rows.push((key, row.into_boxed_slice()));
        }
        if rows.len() > NATURAL_MAX && !self.keys.iter().any(Node::is_bin) {
            rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        } else {
            rows.sort_by(|(_, a), (_, b)| self.compare(a, b));
        }
        rows.into_iter().map(|(_, row)| Kept::row(row)).collect()
    }

    fn compare(&self, a: &[Value], b: &[Value]) -> Ordering {
        let by = |wanted: bool| {
            let keys = self.keys.iter().zip(a.iter().zip(b)).filter(move |(node, _)| node.is_bin() == wanted);
            keys.map(|(_, values)| values)
        };
        let newest = by(true).map(|(a, b)| natural::compare_descending(a, b));
        newest
            .chain(by(false).map(|(a, b)| natural::compare(a, b)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The group of the key at hand.
    fn group(&self, state: &mut GroupsState, keys: impl FnOnce() -> Vec<Value>) -> usize {
        if let Some(last) = state.last
            && state.last_key == state.key
        {
            return last;
        }
        let group = match state.index.get(state.key.as_slice()) {
            Some(group) => *group,
            None => {
                let keys: Box<[Value]> = keys().into();
                state.bytes += 2 * state.key.len() + size_of::<(Box<[u8]>, usize)>();
                state.bytes += keys.iter().map(Value::memory_bytes).sum::<usize>();
                state.bytes += self.aggregates.len() * size_of::<Tally>();
                state.index.insert(state.key.as_slice().into(), state.keys.len());
                state.keys.push(keys);
                state.tallies.extend(self.aggregates.iter().map(Aggregate::start));
                state.keys.len() - 1
            }
        };
        state.last = Some(group);
        state.last_key.clone_from(&state.key);
        group
    }
}

/// Maps and lists are no keys (logs.md FN-2).
fn whole(value: Value) -> Value {
    if value.is_nested() { Value::Null } else { value }
}

impl GroupsState {
    pub(in crate::insights) fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
