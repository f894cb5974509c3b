//! Why an alarm is in its state, or was at another time: the steps of one evaluation, for people.

mod past;
mod render;

use api::cloudwatch::errors;
use api::{CallContext, ServiceError};
use base::Timestamp;
use serde_json::{Value as Json, json};

use super::configure::{Present, present};
use super::moment::moment;
use super::points::{Observed, observe};
use super::{arn, decide, grain, key, name_of, schedule};
use crate::CloudWatch;
use crate::alarms::evaluate::series::contributor_id;
use crate::record::{AlarmKind, EvaluationProblem, MetricAlarm, StateValue};
use crate::validation::store_error;
use past::Past;
pub(super) use render::{alarm as alarm_json, problem_name};

impl CloudWatch {
    /// Evaluates an alarm of the caller's account and region without changing it, and says how:
    /// the buckets it looks at, what each is and which count, what stands in for missing ones, and
    /// what comes of it. `at` is a time or how long ago it was; the present when absent. At a past
    /// time the alarm is as it is now, in the state that an evaluation found it in then, and all
    /// data counts that has come by now.
    ///
    /// # Errors
    /// `ResourceNotFound` when there is no such alarm; `ValidationError` for a time that cannot be
    /// read or lies ahead, and for composite alarms; the store's.
    pub async fn explain_alarm(&self, cx: &CallContext, name: &str, at: Option<&str>) -> Result<Json, ServiceError> {
        let (scope, name) = (cx.scope(), name_of(cx, name));
        let at = at.map(|text| moment("at", text, cx.now)).transpose()?;
        let found = present(&self.parts, &key(&scope, name));
        let found = found.ok_or_else(|| errors::resource_not_found(format!("There is no alarm {name:?}.")))?;
        let AlarmKind::Metric(metric) = &found.alarm.value.kind else {
            let message = format!("{name:?} is a composite alarm: its state follows from the alarms in its rule.");
            return Err(ServiceError::validation(message));
        };
        let now = at.unwrap_or(cx.now);
        let asked = [(scope.clone(), std::sync::Arc::new(metric.clone()))];
        let observed = observe(&self.parts.metrics, &self.parts.catalog, &asked, now).await;
        let observed = observed.map_err(|error| store_error(cx, "An alarm could not be explained", &error))?;
        let past = match at {
            Some(at) => Past::before(&self.parts.catalog, &scope, name, at, cx.now),
            None => Past::default(),
        };
        let state = past.alarm().unwrap_or(found.state.value.state.value);
        let mut page = json!({
            "name": name,
            "arn": arn(&scope, name),
            "at": now.iso(),
            "alarm": render::alarm(metric),
            "state": state.as_str(),
        });
        if at.is_none() {
            page["stateReason"] = json!(found.state.value.state.reason);
            page["stateSince"] = json!(found.state.value.state.since.iso());
            page["nextEvaluation"] = json!(schedule::next_after(&scope, name, metric, now).iso());
        }
        page["evaluation"] = observed.first().map_or(Json::Null, |seen| evaluation(metric, state, &found, &past, seen));
        page["notes"] = json!(notes(metric, &found, at, cx.now, &observed));
        Ok(page)
    }
}

/// What an alarm makes of what it observes.
fn evaluation(alarm: &MetricAlarm, state: StateValue, found: &Present, past: &Past, seen: &Observed) -> Json {
    let all = match seen {
        Observed::One(observed) => {
            return render::explanation(&decide::explain(alarm, state, observed), state, observed);
        }
        Observed::Failed(reason) => return render::failed(reason, state),
        Observed::Many(all, problem) => (all, problem),
    };
    let (all, problem) = all;
    let mut contributors = Vec::new();
    let mut in_alarm = 0;
    for (attributes, observed) in all {
        let id = contributor_id(attributes);
        let known = found.state.value.contributors.get(&id).map_or(StateValue::Ok, |series| series.state.value);
        let before = past.contributor(&id).unwrap_or(known);
        let after = match decide::decide_contributor(alarm, observed) {
            decide::Verdict::State { value, .. } => value,
            decide::Verdict::Keep | decide::Verdict::Problem(_) => before,
        };
        in_alarm += usize::from(after == StateValue::Alarm);
        let mut explained = render::explanation(&decide::explain(alarm, before, observed), before, observed);
        explained["verdict"] = render::verdict(&decide::decide_contributor(alarm, observed), before);
        contributors
            .push(json!({ "id": id, "attributes": attributes, "state": before.as_str(), "evaluation": explained }));
    }
    let (query_millis, period_secs) = match all.first() {
        Some((_, observed)) => (observed.query_millis, observed.period_secs),
        None => (0, schedule::period_secs(alarm)),
    };
    let verdict = decide::of_contributors(alarm, query_millis, period_secs, in_alarm, all.len());
    let partial = problem.as_ref().is_some_and(|problem| *problem == EvaluationProblem::PartialData);
    json!({
        "contributors": contributors,
        "contributorsInAlarm": in_alarm,
        "partial": partial,
        "verdict": render::verdict(&verdict, state),
        "why": match all.len() {
            0 => "The query gives no time series.".to_owned(),
            many => format!("{in_alarm} of {many} time series are in ALARM, and one is enough."),
        },
    })
}

/// What has to be known to read the page rightly.
fn notes(
    alarm: &MetricAlarm,
    found: &Present,
    at: Option<Timestamp>,
    now: Timestamp,
    observed: &[Observed],
) -> Vec<String> {
    let Some(at) = at else { return Vec::new() };
    let mut notes = Vec::new();
    let (created, configured) = (found.alarm.value.created, found.alarm.value.configured);
    if at < created {
        notes.push(format!("The alarm was made at {created}: it is explained as if it had been there."));
    } else if at < configured {
        notes.push(format!("The alarm was last put at {configured}: it is explained as it is since."));
    }
    let starts = observed.iter().flat_map(|seen| match seen {
        Observed::One(observed) => observed.points.last().map(|point| point.start_secs),
        Observed::Many(all, _) => {
            all.iter().filter_map(|(_, observed)| observed.points.last()).map(|point| point.start_secs).min()
        }
        Observed::Failed(_) => None,
    });
    if let Some(oldest) = starts.min() {
        notes.extend(grain::notes(alarm, Timestamp::from_secs(oldest), at, now));
    }
    notes
}

#[cfg(test)]
mod tests;
