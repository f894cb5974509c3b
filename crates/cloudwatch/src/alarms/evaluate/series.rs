//! Multi-series alarms: each series is in a state of its own, and the alarm is in ALARM while any
//! of them is (cloudwatch.md §6.10). Pure.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;

use super::judge::{Change, Entered as State};
use crate::alarms::actions::stable_hash::stable_hash;
use crate::alarms::decide::{self, CONTRIBUTOR_GONE, Observation, Outcome};
use crate::alarms::schedule;
use crate::record::{AlarmStateRecord, Contributor, EvaluationProblem, MetricAlarm, StateValue};

/// Series in ALARM that are kept (cloudwatch.md §6.10).
const IN_ALARM_MAX: usize = 100;

/// What becomes of the series of an alarm.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::alarms) struct Changes {
    /// Those that enter a state.
    pub(in crate::alarms) entered: Vec<Entered>,
    /// Ids of those that nothing need be known of any more.
    pub(in crate::alarms) forgotten: Vec<String>,
}

/// A series that enters a state.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::alarms) struct Entered {
    pub(in crate::alarms) id: String,
    pub(in crate::alarms) attributes: BTreeMap<String, String>,
    pub(in crate::alarms) state: State,
}

/// The id of the series with these attributes: the same wherever and whenever it is made.
pub(in crate::alarms) fn contributor_id(attributes: &BTreeMap<String, String>) -> String {
    let text: String = attributes.iter().map(|(key, value)| format!("{key}\n{value}\n")).collect();
    let hash = stable_hash(&text);
    format!("{:016x}", (hash >> 64) as u64 ^ hash as u64)
}

/// What the series that were observed make of the alarm.
pub(in crate::alarms) fn judge(
    alarm: &MetricAlarm,
    present: &AlarmStateRecord,
    all: &[(BTreeMap<String, String>, Observation)],
    partial: Option<EvaluationProblem>,
    now: Timestamp,
) -> Change {
    let mut changes = Changes::default();
    let mut kept = present.contributors.values().filter(|series| in_alarm(series)).count();
    let (mut seen, mut alarms, mut evaluation) = (BTreeSet::new(), 0, partial);
    for (attributes, observed) in all {
        let id = contributor_id(attributes);
        let before = present.contributors.get(&id).map_or(StateValue::Ok, |series| series.state.value);
        let after = match decide::outcome(alarm, observed) {
            Outcome::State(StateValue::Alarm) => StateValue::Alarm,
            // A series is in ALARM or in OK.
            Outcome::State(_) => StateValue::Ok,
            Outcome::Keep => before,
            Outcome::Problem(problem) => {
                evaluation = Some(problem);
                before
            }
        };
        let alarming = after == StateValue::Alarm;
        alarms += usize::from(alarming);
        // Of series past the most that are kept nothing is known, and nothing is done.
        if after != before && (!alarming || kept < IN_ALARM_MAX) {
            kept += usize::from(alarming);
            let state = State::of(decide::decide_contributor(alarm, observed));
            let entered = |state| Entered { id: id.clone(), attributes: attributes.clone(), state };
            changes.entered.extend(state.map(entered));
        }
        seen.insert(id);
    }
    changes.vanish(present, &seen);
    changes.forget(present);
    let period_secs = all.first().map_or_else(|| schedule::period_secs(alarm), |(_, observed)| observed.period_secs);
    let whole = State::of(decide::of_contributors(alarm, now.millis(), period_secs, alarms, all.len()));
    let entered = whole.filter(|entered| entered.value != present.state.value);
    Change { entered, evaluation, series: changes }
}

fn in_alarm(series: &Contributor) -> bool {
    series.state.value == StateValue::Alarm
}

impl Changes {
    /// Series that were in ALARM and are not given any more go into OK.
    fn vanish(&mut self, present: &AlarmStateRecord, seen: &BTreeSet<String>) {
        let gone = present.contributors.iter().filter(|(id, series)| in_alarm(series) && !seen.contains(*id));
        self.entered.extend(gone.map(|(id, series)| {
            let reason = CONTRIBUTOR_GONE.to_owned();
            let state = State { value: StateValue::Ok, reason, reason_data: None };
            Entered { id: id.clone(), attributes: series.attributes.clone(), state }
        }));
    }

    /// Of series in OK that stay there nothing need be known, unless they have still to act.
    fn forget(&mut self, present: &AlarmStateRecord) {
        let over = present.contributors.iter().filter(|(_, series)| !in_alarm(series) && series.muted.is_none());
        let over = over.map(|(id, _)| id).filter(|id| !self.entered.iter().any(|entered| entered.id == **id));
        self.forgotten = over.cloned().collect();
    }
}
