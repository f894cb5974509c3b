//! What an evaluation changes: from what was observed to what is written. Pure.

use base::Timestamp;

use super::series;
use crate::alarms::decide::{self, Observation, Outcome, Verdict};
use crate::alarms::points::Observed;
use crate::alarms::transition::Transition;
use crate::record::{AlarmStateRecord, EvaluationProblem, MetricAlarm, StateValue};

/// A state to be entered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::alarms) struct Entered {
    pub(in crate::alarms) value: StateValue,
    pub(in crate::alarms) reason: String,
    pub(in crate::alarms) reason_data: Option<String>,
}

impl Entered {
    /// The state of a verdict, if it says one.
    pub(super) fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::State { value, reason, reason_data } => {
                Some(Self { value, reason, reason_data: Some(reason_data) })
            }
            Verdict::Keep | Verdict::Problem(_) => None,
        }
    }
}

/// What is written of an alarm.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::alarms) struct Change {
    /// The alarm's new state.
    pub(in crate::alarms) entered: Option<Entered>,
    /// What is wrong with its evaluation, if anything.
    pub(in crate::alarms) evaluation: Option<EvaluationProblem>,
    /// What becomes of its series.
    pub(in crate::alarms) series: series::Changes,
}

impl Change {
    /// Adds it to a transition.
    pub(super) fn apply(&self, transition: &mut Transition<'_>) {
        transition.edit(|record| {
            record.evaluation = self.evaluation;
            self.series.forgotten.iter().for_each(|id| drop(record.contributors.remove(id)));
        });
        for series::Entered { id, attributes, state } in &self.series.entered {
            let Entered { value, reason, reason_data } = state.clone();
            transition.enter_contributor(id, attributes, value, reason, reason_data);
        }
        if let Some(Entered { value, reason, reason_data }) = self.entered.clone() {
            transition.enter(value, reason, reason_data);
        }
    }
}

/// What an alarm in its present state makes of what was observed; none when nothing is written.
/// Without an observation, the store has failed.
pub(in crate::alarms) fn judge(
    alarm: &MetricAlarm,
    present: &AlarmStateRecord,
    sight: Option<&(Observed, Option<EvaluationProblem>)>,
    now: Timestamp,
) -> Option<Change> {
    let change = match sight {
        None => problem(EvaluationProblem::EvaluationFailure),
        Some((Observed::Failed(reason), _)) => failed(present, reason),
        Some((Observed::One(observed), partial)) => one(alarm, present, observed, *partial),
        Some((Observed::Many(all, partial), _)) => series::judge(alarm, present, all, *partial, now),
    };
    let same = change.entered.is_none() && change.series.entered.is_empty() && change.evaluation == present.evaluation;
    (!same).then_some(change)
}

/// The words are found only for a state that is entered: most evaluations end before.
fn one(
    alarm: &MetricAlarm,
    present: &AlarmStateRecord,
    observed: &Observation,
    partial: Option<EvaluationProblem>,
) -> Change {
    let unchanged = Change { evaluation: partial, ..Change::default() };
    match decide::outcome(alarm, observed) {
        Outcome::Problem(found) => problem(found),
        Outcome::State(value) if value != present.state.value => {
            let verdict = decide::decide(alarm, present.state.value, observed);
            Change { entered: Entered::of(verdict), ..unchanged }
        }
        Outcome::State(_) | Outcome::Keep => unchanged,
    }
}

fn problem(problem: EvaluationProblem) -> Change {
    Change { evaluation: Some(problem), ..Change::default() }
}

/// The reason of the state says what is wrong with the configuration (cloudwatch.md §6.4). AWS
/// does not document the state itself.
fn failed(present: &AlarmStateRecord, reason: &str) -> Change {
    let value = StateValue::InsufficientData;
    let known = present.state.value == value && present.state.reason == reason;
    let entered = Entered { value, reason: reason.to_owned(), reason_data: None };
    Change { entered: Some(entered).filter(|_| !known), ..problem(EvaluationProblem::EvaluationError) }
}
