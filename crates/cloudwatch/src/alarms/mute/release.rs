//! Alarms with actions that mute rules hold back, and what runs when the windows are over
//! (cloudwatch.md §6.11).

use std::collections::BTreeMap;

use base::Timestamp;
use store::Catalog;
use store::catalog::{Changed, Key, Transaction};

use super::active;
use crate::alarms::scope_of;
use crate::alarms::transition::{Transition, TransitionParts};
use crate::record::{AlarmMuteRuleRecord, AlarmRecord, AlarmStateRecord};

/// The alarms that have something muted, and when the window that mutes each ends. Another
/// window may be open then: that is found out when the time has come.
#[derive(Default)]
pub(crate) struct Muted {
    ends: BTreeMap<Key, Timestamp>,
}

impl Muted {
    /// Takes in the states that changed. When rules changed, windows may end at other times.
    pub(crate) fn take_in(&mut self, catalog: &Catalog, states: &Changed, rules_changed: bool, now: Timestamp) {
        if rules_changed {
            let known: Vec<Key> = self.ends.keys().cloned().collect();
            known.iter().for_each(|key| self.take_in_state(catalog, key, now));
        }
        match states {
            Changed::Keys(keys) => keys.iter().for_each(|key| self.take_in_state(catalog, key, now)),
            // Without any rule nothing can have been muted meanwhile.
            Changed::Many if !rules_changed && catalog.list_all::<AlarmMuteRuleRecord>().is_empty() => {}
            Changed::Many => {
                let all = catalog.list_all::<AlarmStateRecord>();
                self.ends.clear();
                let muted = all.into_iter().filter(|(_, state)| has_muted(&state.value));
                self.ends.extend(muted.map(|(key, _)| (key.clone(), end(catalog, &key, now))));
            }
        }
    }

    fn take_in_state(&mut self, catalog: &Catalog, key: &Key, now: Timestamp) {
        match catalog.get::<AlarmStateRecord>(key).is_some_and(|state| has_muted(&state.value)) {
            true => self.ends.insert(key.clone(), end(catalog, key, now)),
            false => self.ends.remove(key),
        };
    }

    /// When the first window ends.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.ends.values().min().copied()
    }

    /// What runs the actions of the alarms that nothing mutes any more.
    pub(crate) fn release(&mut self, parts: &TransitionParts, now: Timestamp) -> Vec<(Key, Transaction)> {
        let over: Vec<Key> = self.ends.iter().filter(|(_, end)| **end <= now).map(|(key, _)| key.clone()).collect();
        let mut released = Vec::new();
        for key in over {
            let end = end(&parts.catalog, &key, now);
            if end > now {
                self.ends.insert(key, end);
                continue;
            }
            match release(parts, &key, now) {
                Some(transaction) => released.push((key, transaction)),
                None => self.forget(&key),
            }
        }
        released
    }

    /// The alarm has nothing muted any more.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.ends.remove(key);
    }
}

/// None when there is nothing to do, or no alarm.
fn release(parts: &TransitionParts, key: &Key, now: Timestamp) -> Option<Transaction> {
    let alarm = parts.catalog.get::<AlarmRecord>(key)?;
    let present = parts.catalog.get::<AlarmStateRecord>(key)?;
    let mut transaction = Transaction::default();
    let mut transition = Transition::of(parts, key, &alarm, &present, now);
    transition.release_muted();
    transition.record(&mut transaction);
    (!transaction.is_empty()).then_some(transaction)
}

fn has_muted(state: &AlarmStateRecord) -> bool {
    state.muted.is_some() || state.contributors.values().any(|series| series.muted.is_some())
}

/// When the window ends that mutes an alarm now; `now` when none does.
fn end(catalog: &Catalog, key: &Key, now: Timestamp) -> Timestamp {
    let mute = scope_of(key).and_then(|scope| active(catalog, &scope, &key.name, now));
    mute.map_or(now, |mute| mute.end)
}
