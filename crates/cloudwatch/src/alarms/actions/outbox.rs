//! What alarms have still to do: which of it is due, and when the rest is.
//!
//! The tasks of one alarm are worked off in the order they were asked for, in lanes of their own
//! for topics, for calls and for events, so that no message waits for a call that hangs.

use std::collections::BTreeSet;
use std::sync::Mutex;

use base::Timestamp;
use store::Catalog;
use store::catalog::Key;

use crate::record::{AlarmActionRecord, AlarmTask};

/// Tasks that are done one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Lane {
    /// The alarm's key.
    pub(super) alarm: Key,
    /// Which of its tasks.
    pub(super) kind: LaneKind,
}

/// What the tasks of a lane need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum LaneKind {
    /// The catalog alone: messages to topics.
    Topics,
    /// Upstreams.
    Calls,
    /// The webhook.
    Events,
}

impl LaneKind {
    fn of(task: &AlarmTask) -> Self {
        match task {
            AlarmTask::Event(_) => Self::Events,
            AlarmTask::Run(arn) | AlarmTask::Repeat(arn) if is_topic(arn) => Self::Topics,
            AlarmTask::Run(_) | AlarmTask::Repeat(_) => Self::Calls,
        }
    }
}

/// Whether an action is a message to a topic.
pub(super) fn is_topic(arn: &str) -> bool {
    arn.split(':').nth(2) == Some("sns")
}

impl Lane {
    /// The lane of a task; none when the key is no task's.
    fn of(key: &Key, task: &AlarmTask) -> Option<Self> {
        let (name, _) = key.name.rsplit_once('\n')?;
        Some(Self { alarm: Key { name: name.to_owned(), ..key.clone() }, kind: LaneKind::of(task) })
    }

    /// The keys of the lane's tasks that are due, in the order they were asked for.
    pub(super) fn due(&self, catalog: &Catalog, now: Timestamp) -> Vec<Key> {
        let prefix = format!("{}\n", self.alarm.name);
        let tasks = catalog.list_prefix::<AlarmActionRecord>(&self.alarm.account, self.alarm.region.as_ref(), &prefix);
        let due = tasks
            .into_iter()
            .filter(|(_, found)| found.value.due <= now && LaneKind::of(&found.value.task) == self.kind);
        due.map(|(name, _)| Key { name, ..self.alarm.clone() }).collect()
    }
}

/// All lanes with a task that is due.
pub(super) fn due_lanes(catalog: &Catalog, now: Timestamp) -> BTreeSet<Lane> {
    let tasks = catalog.list_all::<AlarmActionRecord>();
    let due = tasks.iter().filter(|(_, found)| found.value.due <= now);
    due.filter_map(|(key, found)| Lane::of(key, &found.value.task)).collect()
}

/// When the next task is due, without reading them all when nothing has changed.
#[derive(Default)]
pub(super) struct Earliest(Mutex<Option<(u64, Option<Timestamp>)>>);

impl Earliest {
    pub(super) fn get(&self, catalog: &Catalog) -> Option<Timestamp> {
        // Counted before reading: a change in between makes the next call read again.
        let changes = catalog.changes::<AlarmActionRecord>();
        let mut known = self.0.lock().expect("no holder of this lock can panic");
        match *known {
            Some((of, earliest)) if of == changes => earliest,
            _ => {
                let earliest = catalog.list_all::<AlarmActionRecord>().iter().map(|(_, found)| found.value.due).min();
                *known = Some((changes, earliest));
                earliest
            }
        }
    }
}
