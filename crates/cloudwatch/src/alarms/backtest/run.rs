//! The evaluations of a backtest, one after the other. What an evaluation changes is decided by
//! the job's own code.

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use store::StoreError;

use crate::alarms::configure::first_state;
use crate::alarms::evaluate::judge::{Change, Entered, judge};
use crate::alarms::evaluate::series;
use crate::alarms::points::Replay;
use crate::alarms::schedule;
use crate::record::{AlarmState, AlarmStateRecord, Contributor, EvaluationProblem, MetricAlarm, StateValue};

/// Evaluations whose data is held in memory at once.
const EVALUATIONS_AT_ONCE: usize = 5_000;
/// Changes that are listed; others are counted.
const CHANGES_MAX: usize = 10_000;

/// What came of a backtest.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    /// How many evaluations there were.
    pub evaluations: u64,
    /// The changes of state, oldest first.
    pub changes: Vec<StateChange>,
    /// How many more changes there were than are listed.
    pub left_off: u64,
    /// The state at the end.
    pub state: StateValue,
    /// What was wrong with evaluations: first when, and how often.
    pub problems: Vec<(EvaluationProblem, Timestamp, u64)>,
    /// Milliseconds in each state.
    millis: BTreeMap<StateValue, i64>,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// When.
    pub at: Timestamp,
    /// The state before.
    pub old: StateValue,
    /// The state after.
    pub new: StateValue,
    /// Why, for people.
    pub reason: String,
    /// Whose: of one series of a multi-series alarm its attributes.
    pub contributor: Option<BTreeMap<String, String>>,
}

impl Backtest {
    /// How long the alarm was in a state, in milliseconds.
    pub fn millis_in(&self, state: StateValue) -> i64 {
        self.millis.get(&state).copied().unwrap_or_default()
    }

    fn change(&mut self, change: StateChange) {
        match self.changes.len() < CHANGES_MAX {
            true => self.changes.push(change),
            false => self.left_off += 1,
        }
    }

    fn spend(&mut self, state: StateValue, since: Timestamp, until: Timestamp) {
        *self.millis.entry(state).or_default() += until.millis().saturating_sub(since.millis());
    }

    fn problem(&mut self, problem: EvaluationProblem, at: Timestamp) {
        match self.problems.iter_mut().find(|(known, _, _)| *known == problem) {
            Some((_, _, times)) => *times += 1,
            None => self.problems.push((problem, at, 1)),
        }
    }
}

/// Evaluates an alarm as if it had been put at `from`, until `to`.
///
/// # Errors
/// The store's.
pub(super) async fn run(
    replay: &Replay<'_>,
    scope: &Scope,
    name: &str,
    alarm: &MetricAlarm,
    from: Timestamp,
    to: Timestamp,
) -> Result<Backtest, StoreError> {
    let mut backtest = Backtest {
        evaluations: 0,
        changes: Vec::new(),
        left_off: 0,
        state: StateValue::InsufficientData,
        problems: Vec::new(),
        millis: BTreeMap::new(),
    };
    let mut record = first_state(from);
    let mut next = schedule::first_after_put(from);
    while next <= to {
        let mut times = Vec::new();
        while next <= to && times.len() < EVALUATIONS_AT_ONCE {
            times.push(next);
            next = schedule::next_after(scope, name, alarm, next);
        }
        for (now, sight) in times.iter().zip(replay.observe(&times).await?) {
            backtest.evaluations += 1;
            if let Some(change) = judge(alarm, &record, Some(&sight), *now) {
                apply(&mut backtest, &mut record, change, *now);
            }
            if let Some(problem) = record.evaluation {
                backtest.problem(problem, *now);
            }
        }
        // Many evaluations take a while, and others want to get on.
        tokio::task::yield_now().await;
    }
    backtest.spend(record.state.value, record.transitioned, to);
    backtest.state = record.state.value;
    Ok(backtest)
}

/// What a transition would do to the record, and the changes that it is.
fn apply(backtest: &mut Backtest, record: &mut AlarmStateRecord, change: Change, now: Timestamp) {
    record.evaluation = change.evaluation;
    change.series.forgotten.iter().for_each(|id| drop(record.contributors.remove(id)));
    for series::Entered { id, attributes, state } in change.series.entered {
        let old = record.contributors.get(&id).map_or(StateValue::Ok, |known| known.state.value);
        let state = entered(state, now);
        if old != state.value {
            let contributor = Some(attributes.clone());
            backtest.change(StateChange { at: now, old, new: state.value, reason: state.reason.clone(), contributor });
        }
        record.contributors.insert(id, Contributor { attributes, state, muted: None });
    }
    let Some(state) = change.entered.map(|state| entered(state, now)) else { return };
    let old = record.state.value;
    if old != state.value {
        backtest.spend(old, record.transitioned, now);
        record.transitioned = now;
        backtest.change(StateChange {
            at: now,
            old,
            new: state.value,
            reason: state.reason.clone(),
            contributor: None,
        });
    }
    record.state = state;
}

fn entered(state: Entered, now: Timestamp) -> AlarmState {
    AlarmState { value: state.value, reason: state.reason, reason_data: state.reason_data, since: now }
}
