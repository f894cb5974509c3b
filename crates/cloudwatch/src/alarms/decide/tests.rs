//! Decisions: the published tables, the words, the JSON.

mod contributors;
mod explanations;
mod properties;
mod reason_data;
mod reasons;
mod samples;
mod table;

use super::{DataPoint, Observation, Verdict, decide};
use crate::record::{Comparison, MetricAlarm, StateValue, SubjectQuery, SubjectQueryForm, Watched, WatchedMetric};

/// 2026-02-26T10:15:00Z: where the newest bucket ends.
const END_SECS: i64 = 1_772_100_900;

/// An alarm on values of at least 1 (`X`, with `0` beside it) in N of N minutes.
fn alarm(evaluation_periods: u32, datapoints_to_alarm: Option<u32>) -> MetricAlarm {
    let watched = WatchedMetric {
        namespace: "app".to_owned(),
        name: "errors".to_owned(),
        dimensions: Vec::new(),
        stat: "Sum".to_owned(),
        extended: false,
        period_secs: 60,
        unit: None,
    };
    MetricAlarm {
        watched: Watched::Metric(watched),
        comparison: Comparison::GreaterThanOrEqualToThreshold,
        threshold: Some(1.0),
        threshold_metric_id: None,
        evaluation_periods,
        datapoints_to_alarm,
        treat_missing_data: None,
        low_samples: None,
    }
}

/// An alarm on a band around a metric.
fn band_alarm(comparison: Comparison, evaluation_periods: u32, datapoints_to_alarm: Option<u32>) -> MetricAlarm {
    let query = |id: &str, text: &str| SubjectQuery {
        id: id.to_owned(),
        form: SubjectQueryForm::Expression(text.to_owned()),
        label: None,
        return_data: Some(true),
        period_secs: Some(60),
    };
    let queries = vec![query("m1", "m2 * 1"), query("ad1", "ANOMALY_DETECTION_BAND(m1, 2)")];
    MetricAlarm {
        watched: Watched::Queries(queries),
        comparison,
        threshold: None,
        threshold_metric_id: Some("ad1".to_owned()),
        ..alarm(evaluation_periods, datapoints_to_alarm)
    }
}

/// Points, newest first, of consecutive minutes up to [`END_SECS`]; two samples each.
fn minutes(values: &[Option<f64>]) -> Observation {
    let point = |(at, value): (usize, &Option<f64>)| DataPoint {
        start_secs: END_SECS - 60 * (at as i64 + 1),
        value: *value,
        samples: value.map(|_| 2.0),
        band: None,
    };
    let points = values.iter().enumerate().map(point).collect();
    Observation { query_millis: END_SECS * 1000 + 4_399, period_secs: 60, points }
}

/// The notation of the published tables: newest on the right, `X` breaches, `0` does not, `-` is
/// missing.
fn drawn(points: &str) -> Observation {
    let value = |mark: &str| match mark {
        "X" => Some(1.0),
        "0" => Some(0.0),
        "-" => None,
        other => panic!("no such mark: {other}"),
    };
    minutes(&points.split(' ').rev().map(value).collect::<Vec<_>>())
}

/// Points, newest first, with the same band around each.
fn banded(values: &[f64], lower: f64, upper: f64) -> Observation {
    let mut observed = minutes(&values.iter().copied().map(Some).collect::<Vec<_>>());
    for (at, point) in observed.points.iter_mut().enumerate() {
        point.band = Some((lower + at as f64, upper + at as f64));
        point.samples = None;
    }
    observed
}

fn state(verdict: &Verdict) -> Option<StateValue> {
    match verdict {
        Verdict::State { value, .. } => Some(*value),
        Verdict::Keep => None,
        Verdict::Problem(problem) => panic!("{problem:?}"),
    }
}

fn reason(alarm: &MetricAlarm, observed: &Observation) -> String {
    match decide(alarm, StateValue::Ok, observed) {
        Verdict::State { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

fn data(alarm: &MetricAlarm, observed: &Observation) -> String {
    match decide(alarm, StateValue::Ok, observed) {
        Verdict::State { reason_data, .. } => reason_data,
        other => panic!("{other:?}"),
    }
}
