//! What held when: a setting of a group with the times of its changes, so that an event is seen by the setting that
//! held when it was ingested, and nothing has to be stored beside the event.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use base::Timestamp;
use base::time::DAY_MS;
use serde::{Deserialize, Serialize};
use store::log_event::GroupId;

/// How much later than its own time an event can be ingested, and how much earlier; with some room (logs.md PE-5).
const INGESTION_DISTANCE_MS: i64 = DAY_MS;

/// A setting and its changes, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History<T> {
    changes: Vec<Change<T>>,
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
        let kept_from = kept_from.plus_millis(-INGESTION_DISTANCE_MS);
        if self.current() != value.as_ref() {
            // What held for no time is not worth a change. A clock that went back does not change what was.
            self.changes.retain(|change| change.from < now);
            self.changes.push(Change { from: now, value });
        }
        // A change counts until the next one.
        let passed = self.changes.iter().skip(1).take_while(|next| next.from <= kept_from).count();
        self.changes.drain(..passed);
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

/// What was made of groups' records, as long as the records are the same.
pub(crate) struct Compiled<R, C> {
    groups: Mutex<HashMap<GroupId, Made<R, C>>>,
}

/// A record, and what was made of it.
type Made<R, C> = (Arc<R>, Arc<Timeline<C>>);

/// Groups of which something is remembered; with more, all is made anew.
const GROUPS_MAX: usize = 10_000;

impl<R, C> Default for Compiled<R, C> {
    fn default() -> Self {
        Self { groups: Mutex::default() }
    }
}

impl<R, C> Compiled<R, C> {
    /// What a group's record is made into; `None` for a group without one, and for a record that says nothing.
    pub(crate) fn of(
        &self,
        group: GroupId,
        record: Option<Arc<R>>,
        compile: impl FnOnce(&R) -> Timeline<C>,
    ) -> Option<Arc<Timeline<C>>> {
        let mut groups = self.groups.lock().expect("no holder of this lock panics");
        let Some(record) = record else {
            groups.remove(&group);
            return None;
        };
        let known = groups.get(&group).filter(|(known, _)| Arc::ptr_eq(known, &record));
        let timeline = match known {
            Some((_, timeline)) => timeline.clone(),
            None => {
                if groups.len() >= GROUPS_MAX {
                    groups.clear();
                }
                let timeline = Arc::new(compile(&record));
                groups.insert(group, (record, timeline.clone()));
                timeline
            }
        };
        (!timeline.is_empty()).then_some(timeline)
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
