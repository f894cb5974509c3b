//! The states that an alarm and its series were in before, as their history says.

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use store::Catalog;

use crate::alarms::history;
use crate::record::{HistoryKind, StateValue};

/// The states that an evaluation at one time found. Empty where no change is known, before or
/// after: the state is then what it is now.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Past {
    alarm: Option<StateValue>,
    contributors: BTreeMap<String, StateValue>,
}

impl Past {
    /// As it was just before `at`: what an evaluation at that very time found.
    pub(super) fn before(catalog: &Catalog, scope: &Scope, alarm: &str, at: Timestamp, now: Timestamp) -> Self {
        let mut entries = history::read(catalog, scope, Some(alarm), now);
        entries.sort_unstable_by_key(|entry| (entry.at, entry.sequence));
        let mut changes: BTreeMap<Option<String>, Option<StateValue>> = BTreeMap::new();
        for entry in &entries {
            let record = &*entry.record.value;
            let of_state = matches!(record.kind, HistoryKind::StateUpdate | HistoryKind::AlarmContributorStateUpdate);
            let Some((old, new)) = of_state.then(|| change(&record.summary)).flatten() else { continue };
            let known = changes.entry(record.contributor.as_ref().map(|(id, _)| id.clone())).or_default();
            match entry.at < at {
                true => *known = Some(new),
                // The first change after that time says where it came from.
                false => drop(known.get_or_insert(old)),
            }
        }
        let mut past = Self::default();
        for (of, state) in changes {
            match (of, state) {
                (None, state) => past.alarm = state,
                (Some(id), Some(state)) => drop(past.contributors.insert(id, state)),
                (Some(_), None) => {}
            }
        }
        past
    }

    /// The alarm's state, where it is known.
    pub(super) fn alarm(&self) -> Option<StateValue> {
        self.alarm
    }

    /// The state of a series, where it is known.
    pub(super) fn contributor(&self, id: &str) -> Option<StateValue> {
        self.contributors.get(id).copied()
    }
}

/// `Alarm updated from OK to ALARM`
fn change(summary: &str) -> Option<(StateValue, StateValue)> {
    let (_, states) = summary.split_once(" updated from ")?;
    let (old, new) = states.split_once(" to ")?;
    let state = |text: &str| {
        [StateValue::Ok, StateValue::Alarm, StateValue::InsufficientData].into_iter().find(|one| one.as_str() == text)
    };
    Some((state(old)?, state(new)?))
}
