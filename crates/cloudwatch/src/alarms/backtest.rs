//! What an alarm would have done: every evaluation of a range of time, with the code that
//! evaluates alarms live.

mod request;
mod run;

use api::{CallContext, ServiceError};
use base::Timestamp;
use serde_json::{Value as Json, json};

use super::explain::alarm_json;
use super::grain;
use super::moment::moment;
use super::points::Replay;
use super::schedule::{self, Cadence};
use crate::CloudWatch;
use crate::alarms::explain::problem_name;
use crate::record::{AlarmKind, MetricAlarm, StateValue};
use crate::validation::store_error;
pub use run::{Backtest, StateChange};

/// Evaluations of one backtest.
const EVALUATIONS_MAX: i64 = 1_000_000;
/// The same of alarms that are read anew at each: on expressions and over very long ranges.
const DEAR_EVALUATIONS_MAX: i64 = 100_000;

impl CloudWatch {
    /// Steps an alarm, given as the JSON of a PutMetricAlarm request, over stored data as if it
    /// had been put at `from`: evaluated for the first time two seconds later, from
    /// INSUFFICIENT_DATA, and then whenever it would have been until `to` (the present when
    /// absent). Nothing is stored and no action runs. Gives every change of state.
    ///
    /// # Errors
    /// What PutMetricAlarm says to the input, and to members that it does not have;
    /// `ValidationError` for times that cannot be read, lie ahead, or are too many evaluations
    /// apart; the store's.
    pub async fn backtest_alarm(
        &self,
        cx: &CallContext,
        alarm: &Json,
        from: &str,
        to: Option<&str>,
    ) -> Result<Json, ServiceError> {
        let (name, record) = request::alarm(self, cx, alarm)?;
        let AlarmKind::Metric(metric) = &record.kind else {
            return Err(ServiceError::validation("Only metric alarms can be backtested"));
        };
        let from = moment("from", from, cx.now)?;
        let to = to.map_or(Ok(cx.now), |to| moment("to", to, cx.now))?;
        let scope = cx.scope();
        let replay = Replay::of(&self.parts.metrics, &self.parts.catalog, &scope, metric);
        check_range(metric, from, to, replay.is_cheap())?;
        let outcome = run::run(&replay, &scope, &name, metric, from, to).await;
        let outcome = outcome.map_err(|error| store_error(cx, "An alarm could not be backtested", &error))?;
        Ok(page(&name, metric, from, to, cx.now, &outcome))
    }
}

fn check_range(alarm: &MetricAlarm, from: Timestamp, to: Timestamp, cheap: bool) -> Result<(), ServiceError> {
    if from >= to {
        return Err(ServiceError::validation(format!("from is {from}, which is not before to, {to}")));
    }
    let step_secs = Cadence::of(alarm).secs();
    let evaluations = to.secs().saturating_sub(from.secs()) / step_secs;
    let most = if cheap { EVALUATIONS_MAX } else { DEAR_EVALUATIONS_MAX };
    if evaluations <= most {
        return Ok(());
    }
    Err(ServiceError::validation(format!(
        "From {from} to {to} this alarm is evaluated {evaluations} times, which is more than the {most} of one \
         backtest; {} days at once are possible",
        most * step_secs / 86_400
    )))
}

fn page(name: &str, alarm: &MetricAlarm, from: Timestamp, to: Timestamp, now: Timestamp, outcome: &Backtest) -> Json {
    let secs = |state: StateValue| outcome.millis_in(state) as f64 / 1000.0;
    let mut notes = outcome
        .problems
        .iter()
        .map(|(problem, at, times)| format!("{} at {times} evaluations, the first at {at}.", problem_name(*problem)));
    let mut notes: Vec<String> = notes.by_ref().collect();
    let span_secs = i64::from(super::decide::evaluation_range(alarm.evaluation_periods, schedule::period_secs(alarm)))
        .saturating_mul(schedule::period_secs(alarm));
    let oldest = from.plus_millis(-span_secs.saturating_mul(1000));
    notes.extend(grain::notes(alarm, oldest, to, now));
    json!({
        "name": name,
        "from": from.iso(),
        "to": to.iso(),
        "alarm": alarm_json(alarm),
        "evaluations": outcome.evaluations,
        "changes": outcome.changes.iter().map(change).collect::<Vec<_>>(),
        "changesLeftOff": outcome.left_off,
        "state": outcome.state.as_str(),
        "seconds": {
            "OK": secs(StateValue::Ok),
            "ALARM": secs(StateValue::Alarm),
            "INSUFFICIENT_DATA": secs(StateValue::InsufficientData),
        },
        "notes": notes,
    })
}

fn change(change: &StateChange) -> Json {
    let mut json = json!({
        "at": change.at.iso(),
        "oldState": change.old.as_str(),
        "newState": change.new.as_str(),
        "reason": change.reason,
    });
    if let Some(attributes) = &change.contributor {
        json["contributor"] = json!(attributes);
    }
    json
}

#[cfg(test)]
pub(crate) mod tests;
