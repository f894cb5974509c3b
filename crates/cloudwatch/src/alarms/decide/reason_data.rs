//! What programs read: StateReasonData (cloudwatch.md §6.6).
//!
//! A text of more than 4,000 characters is cut to the newest buckets that leave it room, in both
//! lists alike; `startDate` is then the oldest that is still listed.

use std::fmt::Write;

use super::DataPoint;
use super::classify::{Bound, PointClass, Sides};
use super::date;
use super::judge::Judgement;
use super::number::number;
use crate::record::Watched;

/// Characters of a StateReasonData (cloudwatch.md §6.1).
const CHARS_MAX: usize = 4_000;

/// The JSON of a decision, compact and in AWS's order of keys.
pub(super) fn text(judgement: &Judgement<'_>) -> String {
    let evaluated = judgement.evaluated();
    let whole = render(judgement, &evaluated);
    if whole.len() <= CHARS_MAX {
        return whole;
    }
    // Invariant: what is listed up to `fits` leaves room, what is listed up to `over` does not.
    let (mut fits, mut over) = (0, evaluated.len());
    while over - fits > 1 {
        let middle = fits.midpoint(over);
        match render(judgement, &evaluated[..middle]).len() <= CHARS_MAX {
            true => fits = middle,
            false => over = middle,
        }
    }
    render(judgement, &evaluated[..fits])
}

fn render(judgement: &Judgement<'_>, evaluated: &[usize]) -> String {
    let listed = |at: &&usize| judgement.classes[**at] != PointClass::Missing;
    let points: Vec<&DataPoint> = evaluated.iter().filter(listed).map(|at| &judgement.observed.points[*at]).collect();
    let mut json = format!(r#"{{"version":"1.0","queryDate":"{}""#, date::full(judgement.observed.query_millis));
    if let Some(oldest) = points.last() {
        put(&mut json, "startDate", &quoted(&date::full(oldest.start_secs.saturating_mul(1000))));
    }
    if let Watched::Metric(metric) = &judgement.alarm.watched {
        if let Some(unit) = &metric.unit {
            put(&mut json, "unit", &quoted(unit));
        }
        put(&mut json, "statistic", &quoted(&metric.stat));
    }
    put(&mut json, "period", &judgement.observed.period_secs.to_string());
    put(&mut json, "recentDatapoints", &oldest_first(&points, |point| point.value));
    match judgement.bound {
        Some(Bound::Threshold(_, threshold)) => put(&mut json, "threshold", &number(threshold)),
        Some(Bound::Band(sides)) => put_bands(&mut json, sides, &points),
        None => {}
    }
    put(&mut json, "evaluatedDatapoints", &entries(judgement, evaluated));
    json.push('}');
    json
}

fn put_bands(json: &mut String, sides: Sides, points: &[&DataPoint]) {
    if sides.lower() {
        put(json, "recentLowerThresholds", &oldest_first(points, |point| Some(point.band?.0)));
    }
    if sides.upper() {
        put(json, "recentUpperThresholds", &oldest_first(points, |point| Some(point.band?.1)));
    }
}

fn put(json: &mut String, key: &str, value: &str) {
    write!(json, r#","{key}":{value}"#).expect("a String takes every write");
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn oldest_first(points: &[&DataPoint], value: fn(&DataPoint) -> Option<f64>) -> String {
    let values: Vec<String> = points.iter().rev().filter_map(|point| value(point)).map(number).collect();
    format!("[{}]", values.join(","))
}

/// The buckets that were evaluated, newest first; of one that is missing the time alone. A bucket
/// whose value had no band to be compared with is missing too.
fn entries(judgement: &Judgement<'_>, evaluated: &[usize]) -> String {
    let single = matches!(judgement.alarm.watched, Watched::Metric(_));
    let entry = |at: &usize| {
        let point = &judgement.observed.points[*at];
        let timestamp = date::full(point.start_secs.saturating_mul(1000));
        let value = point.value.filter(|_| judgement.classes[*at] != PointClass::Missing);
        let samples = value.and(point.samples).filter(|samples| single && samples.is_finite());
        let samples = samples.map(|samples| format!(r#","sampleCount":{}"#, number(samples))).unwrap_or_default();
        let value = value.map(|value| format!(r#","value":{}"#, number(value))).unwrap_or_default();
        format!(r#"{{"timestamp":"{timestamp}"{samples}{value}}}"#)
    };
    format!("[{}]", evaluated.iter().map(entry).collect::<Vec<_>>().join(","))
}
