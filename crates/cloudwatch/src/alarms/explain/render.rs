//! The JSON of explanations: lower camel case, times in ISO 8601, absent what is not there.

use base::Timestamp;
use serde_json::{Value as Json, json};

use crate::alarms::decide::{ExplainedPoint, Explanation, Observation, Part, PointClass, Verdict, treatment};
use crate::record::{
    Comparison, EvaluationProblem, MetricAlarm, StateValue, SubjectQueryForm, TreatMissingData, Watched,
};

/// What an alarm watches and when it breaches, for people; and the numbers of its rules.
pub(in crate::alarms) fn alarm(alarm: &MetricAlarm) -> Json {
    json!({
        "watches": watches(alarm),
        "breachesWhen": breaches_when(alarm),
        "evaluationPeriods": alarm.evaluation_periods,
        "datapointsToAlarm": alarm.datapoints_to_alarm.unwrap_or(alarm.evaluation_periods),
        "treatMissingData": treatment_name(treatment(alarm)),
    })
}

fn watches(alarm: &MetricAlarm) -> String {
    let metric = |namespace: &str, name: &str, dimensions: &[(String, String)], stat: &str, period_secs: i64| {
        let dimensions = match dimensions {
            [] => String::new(),
            some => format!(
                " {{{}}}",
                some.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
            ),
        };
        format!("{stat} of {namespace} {name}{dimensions} over {period_secs} s")
    };
    let queries = match &alarm.watched {
        Watched::Metric(watched) => {
            let period_secs = i64::from(watched.period_secs);
            return metric(&watched.namespace, &watched.name, &watched.dimensions, &watched.stat, period_secs);
        }
        Watched::Queries(queries) => queries,
    };
    let query = |form: &SubjectQueryForm| match form {
        SubjectQueryForm::Metric { namespace, name, dimensions, period_secs, stat, .. } => {
            metric(namespace, name, dimensions, stat, i64::from(*period_secs))
        }
        SubjectQueryForm::Expression(text) => text.clone(),
    };
    queries.iter().map(|one| format!("{} = {}", one.id, query(&one.form))).collect::<Vec<_>>().join("; ")
}

fn breaches_when(alarm: &MetricAlarm) -> String {
    let threshold = alarm.threshold.map(crate::alarms::decide::number).unwrap_or_default();
    let band = alarm.threshold_metric_id.as_deref().unwrap_or_default();
    match alarm.comparison {
        Comparison::GreaterThanOrEqualToThreshold => format!(">= {threshold}"),
        Comparison::GreaterThanThreshold => format!("> {threshold}"),
        Comparison::LessThanThreshold => format!("< {threshold}"),
        Comparison::LessThanOrEqualToThreshold => format!("<= {threshold}"),
        Comparison::LessThanLowerOrGreaterThanUpperThreshold => format!("outside {band}"),
        Comparison::LessThanLowerThreshold => format!("below {band}"),
        Comparison::GreaterThanUpperThreshold => format!("above {band}"),
    }
}

/// All steps of an evaluation that found the alarm, or series, in `present`.
pub(super) fn explanation(explanation: &Explanation, present: StateValue, observed: &Observation) -> Json {
    json!({
        "period": observed.period_secs,
        "range": explanation.range,
        "evaluationPeriods": explanation.evaluation_periods,
        "datapointsToAlarm": explanation.datapoints_to_alarm,
        "treatMissingData": treatment_name(explanation.treatment),
        "breaching": explanation.breaching,
        "notBreaching": explanation.not_breaching,
        "fillers": explanation.fillers,
        "datapoints": explanation.points.iter().map(point).collect::<Vec<_>>(),
        "verdict": verdict(&explanation.verdict, present),
        "why": explanation.why,
    })
}

fn point(explained: &ExplainedPoint) -> Json {
    let ExplainedPoint { point, class, part } = explained;
    let mut json = json!({
        "timestamp": Timestamp::from_secs(point.start_secs).iso(),
        "class": match class {
            PointClass::Breaching => "breaching",
            PointClass::NotBreaching => "ok",
            PointClass::Missing => "missing",
        },
        "part": match part {
            Part::Counted => "counted",
            Part::Filled => "filled",
            Part::PassedOver => "passedOver",
        },
    });
    let (lower, upper) = point.band.unzip();
    for (key, value) in [("value", point.value), ("sampleCount", point.samples), ("lower", lower), ("upper", upper)] {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            json[key] = json!(value);
        }
    }
    json
}

/// What comes of an evaluation that found the state `present`: `state` is the one after it.
pub(super) fn verdict(verdict: &Verdict, present: StateValue) -> Json {
    match verdict {
        Verdict::State { value, reason, reason_data } => json!({
            "state": value.as_str(),
            "changes": *value != present,
            "reason": reason,
            "reasonData": serde_json::from_str::<Json>(reason_data).unwrap_or_default(),
        }),
        Verdict::Keep => json!({ "state": present.as_str(), "changes": false }),
        Verdict::Problem(problem) => {
            json!({ "state": present.as_str(), "changes": false, "problem": problem_name(*problem) })
        }
    }
}

/// A configuration that cannot be evaluated, as the evaluator takes it.
pub(super) fn failed(reason: &str, present: StateValue) -> Json {
    let state = StateValue::InsufficientData;
    json!({
        "verdict": {
            "state": state.as_str(),
            "changes": state != present,
            "reason": reason,
            "problem": problem_name(EvaluationProblem::EvaluationError),
        },
        "why": format!("The alarm cannot be evaluated: {reason}"),
    })
}

/// Its name on the wire.
pub(in crate::alarms) const fn problem_name(problem: EvaluationProblem) -> &'static str {
    match problem {
        EvaluationProblem::PartialData => "PARTIAL_DATA",
        EvaluationProblem::EvaluationError => "EVALUATION_ERROR",
        EvaluationProblem::EvaluationFailure => "EVALUATION_FAILURE",
    }
}

const fn treatment_name(treatment: TreatMissingData) -> &'static str {
    match treatment {
        TreatMissingData::Breaching => "breaching",
        TreatMissingData::NotBreaching => "notBreaching",
        TreatMissingData::Ignore => "ignore",
        TreatMissingData::Missing => "missing",
    }
}
