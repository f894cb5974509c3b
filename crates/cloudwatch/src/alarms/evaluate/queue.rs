//! The alarms to be evaluated, in the order they are due.
//!
//! It follows the records by what the catalog says has changed, so that it is right whenever it
//! is asked, and asking costs little when nothing was put.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use base::{Scope, Timestamp};
use store::Catalog;
use store::catalog::{Changed, Key, Versioned};

use crate::alarms::actions::stable_hash::stable_hash;
use crate::alarms::points::Compiled;
use crate::alarms::{schedule, scope_of};
use crate::record::{AlarmKind, AlarmRecord, MetricAlarm};

/// A part of all alarms, by a hash of account, region and name: each is evaluated by one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 0.
    pub index: u32,
    /// How many parts there are, from 1.
    pub of: u32,
}

impl Shard {
    /// All alarms.
    pub const ALL: Self = Self { index: 0, of: 1 };

    fn holds(&self, scope: &Scope, name: &str) -> bool {
        self.of <= 1
            || stable_hash(&format!("{}\n{}\n{name}", scope.account, scope.region)) % u128::from(self.of)
                == u128::from(self.index)
    }
}

/// An alarm ready to be evaluated.
pub(super) struct Scheduled {
    key: Key,
    scope: Scope,
    record: Versioned<AlarmRecord>,
    compiled: OnceLock<Compiled>,
}

impl Scheduled {
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn record(&self) -> &Versioned<AlarmRecord> {
        &self.record
    }

    pub(super) fn version(&self) -> u64 {
        self.record.version
    }

    /// What it watches; there is always something, as composite alarms are not scheduled.
    pub(super) fn metric(&self) -> Option<&MetricAlarm> {
        metric(&self.record.value)
    }

    /// The alarm made ready, when it is first asked for.
    pub(super) fn compiled(&self) -> Option<&Compiled> {
        let metric = self.metric()?;
        Some(self.compiled.get_or_init(|| Compiled::of(metric)))
    }
}

fn metric(record: &AlarmRecord) -> Option<&MetricAlarm> {
    match &record.kind {
        AlarmKind::Metric(metric) => Some(metric),
        AlarmKind::Composite(_) => None,
    }
}

/// The alarms of a shard.
pub(super) struct Queue {
    catalog: Arc<Catalog>,
    shard: Shard,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The number of changes that are taken in; none before the records were first read.
    seen: Option<u64>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    by_key: HashMap<Key, usize>,
    // Invariant: every slot that is taken, at its next time.
    due: BTreeSet<(Timestamp, usize)>,
}

struct Slot {
    alarm: Arc<Scheduled>,
    next: Timestamp,
}

impl Queue {
    /// The alarms of a shard, read when they are first asked for.
    pub(super) fn new(catalog: Arc<Catalog>, shard: Shard) -> Self {
        Self { catalog, shard, state: Mutex::default() }
    }

    /// When the next alarm is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.current().due.first().map(|(next, _)| *next)
    }

    /// All that is due at `now`. Each is next due after `now`, however long ago it was due.
    pub(super) fn take_due(&self, now: Timestamp) -> Vec<Arc<Scheduled>> {
        let mut state = self.current();
        let later = state.due.split_off(&(now.plus_millis(1), 0));
        let due = std::mem::replace(&mut state.due, later);
        let mut taken = Vec::with_capacity(due.len());
        for (_, at) in due {
            let Some(slot) = &mut state.slots[at] else { continue };
            let alarm = slot.alarm.clone();
            if let Some(metric) = alarm.metric() {
                let next = schedule::next_after(&alarm.scope, &alarm.key.name, metric, now);
                slot.next = next;
                state.due.insert((next, at));
                taken.push(alarm);
            }
        }
        taken
    }

    /// Lets alarms be due at this time, if that is before their next.
    pub(super) fn delay(&self, alarms: &[Arc<Scheduled>], until: Timestamp) {
        let mut state = self.current();
        for alarm in alarms {
            let Some(at) = state.by_key.get(&alarm.key).copied() else { continue };
            if state.slots[at].as_ref().is_some_and(|slot| slot.next > until) {
                state.set_next(at, until);
            }
        }
    }

    /// The state with all changes of records taken in.
    fn current(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("no holder of this lock can panic");
        let changes = self.catalog.changes::<AlarmRecord>();
        let Some(seen) = state.seen else {
            state.seen = Some(changes);
            self.read_all(&mut state);
            return state;
        };
        if changes != seen {
            let (changed, number) = self.catalog.changed_since::<AlarmRecord>(seen);
            state.seen = Some(number);
            match changed {
                Changed::Keys(keys) => keys.iter().for_each(|key| self.read(&mut state, key)),
                Changed::Many => self.read_all(&mut state),
            }
        }
        state
    }

    fn read_all(&self, state: &mut State) {
        let all = self.catalog.list_all::<AlarmRecord>();
        let gone = state.by_key.keys().filter(|key| all.binary_search_by(|(found, _)| found.cmp(key)).is_err());
        for key in gone.cloned().collect::<Vec<_>>() {
            state.remove(&key);
        }
        for (key, record) in all {
            self.take(state, &key, record);
        }
    }

    fn read(&self, state: &mut State, key: &Key) {
        match self.catalog.get::<AlarmRecord>(key) {
            Some(record) => self.take(state, key, record),
            None => state.remove(key),
        }
    }

    /// An alarm that was put is due a moment later; one that was changed otherwise, as by
    /// disabling its actions, when it was due anyway.
    fn take(&self, state: &mut State, key: &Key, record: Versioned<AlarmRecord>) {
        let scope = scope_of(key).filter(|scope| self.shard.holds(scope, &key.name));
        let (Some(scope), Some(_)) = (scope, metric(&record.value)) else { return state.remove(key) };
        let known = state.by_key.get(key).copied();
        let old = known.and_then(|at| state.slots[at].as_ref());
        if old.is_some_and(|old| old.alarm.record.version == record.version) {
            return;
        }
        let put = record.value.configured;
        let next = match old {
            Some(old) if old.alarm.record.value.configured == put => old.next,
            _ => schedule::first_after_put(put),
        };
        let alarm = Arc::new(Scheduled { key: key.clone(), scope, record, compiled: OnceLock::new() });
        let slot = Some(Slot { alarm, next });
        match known {
            Some(at) => {
                state.set_next(at, next);
                state.slots[at] = slot;
            }
            None => state.add(key, slot, next),
        }
    }
}

impl State {
    fn add(&mut self, key: &Key, slot: Option<Slot>, next: Timestamp) {
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.by_key.insert(key.clone(), at);
        self.due.insert((next, at));
    }

    fn set_next(&mut self, at: usize, next: Timestamp) {
        if let Some(slot) = &mut self.slots[at] {
            self.due.remove(&(slot.next, at));
            slot.next = next;
            self.due.insert((next, at));
        }
    }

    fn remove(&mut self, key: &Key) {
        let Some(at) = self.by_key.remove(key) else { return };
        if let Some(slot) = self.slots[at].take() {
            self.due.remove(&(slot.next, at));
        }
        self.free.push(at);
    }
}
