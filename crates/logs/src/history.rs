//! What held when: a setting of a group with the times of its changes, so that an event is seen by the setting that
//! held when it was ingested, and nothing has to be stored beside the event.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use base::Timestamp;
use base::time::DAY_MS;
use serde::{Deserialize, Serialize};
use store::log_event::GroupId;

use crate::account_policies::Effects;

/// How much later than its own time an event can be ingested, and how much earlier; with some room (logs.md PE-5).
const INGESTION_DISTANCE_MS: i64 = DAY_MS;

/// A setting and its changes, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History<T> {
    changes: Vec<Change<T>>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { changes: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Change<T> {
    from: Timestamp,
    /// None where it was taken away.
    value: Option<T>,
}

impl<T: PartialEq> History<T> {
    /// The setting that holds now.
    pub fn current(&self) -> Option<&T> {
        self.changes.last()?.value.as_ref()
    }

    /// Sets it from now on. Changes that no event which is still kept can have seen are forgotten.
    pub fn set(&mut self, now: Timestamp, kept_from: Timestamp, value: Option<T>) {
        if self.current() != value.as_ref() {
            // What held for no time is not worth a change. A clock that went back does not change what was.
            self.changes.retain(|change| change.from < now);
            self.changes.push(Change { from: now, value });
        }
        self.forget(kept_from);
    }

    /// Forgets changes that no event which is still kept can have seen.
    pub fn forget(&mut self, kept_from: Timestamp) {
        let kept_from = kept_from.plus_millis(-INGESTION_DISTANCE_MS);
        // A change counts until the next one.
        let passed = self.changes.iter().skip(1).take_while(|next| next.from <= kept_from).count();
        self.changes.drain(..passed);
    }

    /// Whether nothing held at any time that is remembered.
    pub fn is_blank(&self) -> bool {
        self.changes.iter().all(|change| change.value.is_none())
    }

    /// All that held, made into something else; what cannot be made is as if nothing had held.
    pub(crate) fn compile<C>(&self, compile: impl Fn(&T) -> Option<C>) -> Timeline<C> {
        let changes = self.changes.iter();
        Timeline(changes.map(|change| (change.from, change.value.as_ref().and_then(&compile))).collect())
    }
}

/// What held when, ready to be used.
pub(crate) struct Timeline<C>(Vec<(Timestamp, Option<C>)>);

impl<C> Timeline<C> {
    /// What held when something was ingested.
    pub(crate) fn at(&self, ingested: Timestamp) -> Option<&C> {
        let next = self.0.partition_point(|(from, _)| *from <= ingested);
        self.0[..next].last()?.1.as_ref()
    }

    /// When something changed, in order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().map(|(from, _)| *from)
    }

    /// What several settings were together, through the changes of each: made of those that held, in their order.
    pub(crate) fn together<D>(all: &[&Self], join: impl Fn(&[&C]) -> Option<D>) -> Timeline<D> {
        let mut times: Vec<Timestamp> = all.iter().flat_map(|one| one.0.iter().map(|(from, _)| *from)).collect();
        times.sort_unstable();
        times.dedup();
        let joined = |from: Timestamp| {
            let held: Vec<&C> = all.iter().filter_map(|one| one.at(from)).collect();
            (from, if held.is_empty() { None } else { join(&held) })
        };
        Timeline(times.into_iter().map(joined).collect())
    }

    /// The same with something else in place of each setting, or nothing.
    pub(crate) fn map<D>(&self, made: impl Fn(&C) -> Option<D>) -> Timeline<D> {
        Timeline(self.0.iter().map(|(from, value)| (*from, value.as_ref().and_then(&made))).collect())
    }

    /// Whether nothing ever held.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_none())
    }
}

impl<C> fmt::Debug for Timeline<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(from, value)| (from, value.is_some()))).finish()
    }
}

/// What was made for groups, as long as what it was made of is the same: the group's record, and what its account says.
pub(crate) struct Compiled<R, C> {
    groups: Mutex<HashMap<GroupId, Made<R, C>>>,
}

/// What something was made of, and what was made.
type Made<R, C> = (Sources<R>, Arc<Timeline<C>>);

/// What is made into something for a group.
#[derive(Clone, Debug)]
pub(crate) struct Sources<R> {
    /// The group's record.
    pub(crate) own: Option<Arc<R>>,
    /// What the account says of all its groups.
    pub(crate) account: Arc<Effects>,
}

impl<R> Sources<R> {
    fn are(&self, others: &Self) -> bool {
        let own = match (&self.own, &others.own) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        own && Arc::ptr_eq(&self.account, &others.account)
    }
}

/// Groups of which something is remembered; with more, all is made anew.
const GROUPS_MAX: usize = 10_000;

impl<R, C> Default for Compiled<R, C> {
    fn default() -> Self {
        Self { groups: Mutex::default() }
    }
}

impl<R, C> Compiled<R, C> {
    /// What the sources of a group are made into; `None` where they say nothing.
    pub(crate) fn of(
        &self,
        group: GroupId,
        sources: Sources<R>,
        compile: impl FnOnce(&Sources<R>) -> Timeline<C>,
    ) -> Option<Arc<Timeline<C>>> {
        let mut groups = self.groups.lock().expect("no holder of this lock panics");
        let known = groups.get(&group).filter(|(known, _)| known.are(&sources));
        let timeline = match known {
            Some((_, timeline)) => timeline.clone(),
            None => {
                if groups.len() >= GROUPS_MAX {
                    groups.clear();
                }
                let timeline = Arc::new(compile(&sources));
                groups.insert(group, (sources, timeline.clone()));
                timeline
            }
        };
        (!timeline.is_empty()).then_some(timeline)
    }

    /// Forgets a group that has no source.
    pub(crate) fn forget(&self, group: GroupId) {
        self.groups.lock().expect("no holder of this lock panics").remove(&group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn an_event_sees_what_held_when_it_was_ingested() {
        let mut history = History::default();
        history.set(at(10), at(0), Some("a"));
        history.set(at(20), at(0), Some("a"));
        history.set(at(30), at(0), Some("b"));
        history.set(at(40), at(0), None);
        assert_eq!(history.changes.len(), 3);
        assert_eq!(history.current(), None);
        let timeline = history.compile(|value| Some(*value));
        for (ingested, expected) in [(9, None), (10, Some("a")), (29, Some("a")), (30, Some("b")), (40, None)] {
            assert_eq!(timeline.at(at(ingested)).copied(), expected, "{ingested}");
        }
    }

    #[test]
    fn settings_hold_together_through_the_changes_of_each() {
        let timeline = |changes: &[(i64, Option<&'static str>)]| {
            let mut history = History::default();
            for (from, value) in changes {
                history.set(at(*from), at(0), *value);
            }
            history.compile(|value| Some(*value))
        };
        let (first, second) = (timeline(&[(10, Some("a")), (30, None)]), timeline(&[(20, Some("b")), (40, Some("c"))]));
        let together =
            Timeline::together(&[&first, &second], |held| Some(held.iter().copied().copied().collect::<String>()));
        for (time, expected) in
            [(9, None), (10, Some("a")), (20, Some("ab")), (30, Some("b")), (39, Some("b")), (40, Some("c"))]
        {
            assert_eq!(together.at(at(time)).map(String::as_str), expected, "{time}");
        }
    }

    #[test]
    fn what_held_for_no_time_did_not_hold() {
        let mut history = History::default();
        history.set(at(10), at(0), Some("a"));
        history.set(at(10), at(0), Some("b"));
        assert_eq!(history.changes.len(), 1);
        assert_eq!(history.current(), Some(&"b"));
    }

    #[test]
    fn changes_of_events_that_are_gone_are_forgotten() {
        let day = |days: i64| at(days * DAY_MS);
        let mut history = History::default();
        for number in 1..=5 {
            history.set(day(number), at(0), Some(number));
        }
        history.set(day(6), day(4), Some(6));
        // Events of day 4 may have been ingested on day 3.
        assert_eq!(history.changes.iter().map(|change| change.from).collect::<Vec<_>>(), [3, 4, 5, 6].map(day));
    }
}
