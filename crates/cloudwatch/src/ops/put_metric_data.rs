//! `PutMetricData`: takes samples in (cloudwatch.md §1.4).

mod checks;
mod entity;

use std::sync::Arc;

use api::cloudwatch::types::{MetricDatum, PutMetricDataInput};
use api::{CallContext, ServiceError, Unit};
use base::Timestamp;
use store::metric::{Datum, StatSample, Unit as MetricUnit};
use wire::validate::Violation;
use wire::value::Value;

use crate::CloudWatch;
use crate::api_metric;
use crate::validation::{Problems, store_error};

use checks::Place;

/// The header that says what was wrong with an entity while its data was stored.
pub const FAILURE_HEADER: &str = "x-amzn-failure-message";

/// Bytes of an unpacked body.
pub const BODY_BYTES_MAX: usize = 1_048_576;

/// Fewer violations than this are all there are.
const VIOLATIONS_FEW: usize = 100;

/// Samples that are a second or a minute wide.
const HIGH_RESOLUTION_SECS: i32 = 1;

pub(super) async fn put_metric_data(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: PutMetricDataInput,
) -> Result<Unit, ServiceError> {
    let data = data(input, cx.now)?;
    let put = cloudwatch.parts.metrics.put(&cx.scope(), data);
    put.await.map_err(|error| store_error(cx, "putting metric data", &error))?;
    Ok(Unit)
}

/// What a request stores: everything, or nothing when anything is wrong with it.
fn data(input: PutMetricDataInput, now: Timestamp) -> Result<Vec<Datum>, ServiceError> {
    checks::request(&input)?;
    let mut problems = Problems::default();
    checks::namespace(&mut problems, &input.namespace);
    entity::strict(&mut problems, &input);
    let namespace: Arc<str> = input.namespace.into();
    let mut data = Vec::with_capacity(input.metric_data.as_ref().map_or(0, Vec::len));
    let mut take = |list: &dyn Fn() -> String, datums: Vec<MetricDatum>| {
        for (index, datum) in datums.into_iter().enumerate() {
            if problems.is_full() {
                break;
            }
            let place = Place { list, index };
            // Only of sound numbers can statistics be made.
            if checks::datum(&mut problems, &place, &datum, now) {
                data.extend(stored(&mut problems, &place, &namespace, datum, now));
            }
        }
    };
    take(&|| "MetricData".to_owned(), input.metric_data.unwrap_or_default());
    for (at, element) in input.entity_metric_data.unwrap_or_default().into_iter().enumerate() {
        let list = || format!("EntityMetricData.member.{}.MetricData", at + 1);
        take(&list, element.metric_data.unwrap_or_default());
    }
    problems.into_result()?;
    Ok(data)
}

/// What is wrong with the input's entities when that does not refuse the request.
pub fn entity_failure(input: &Value) -> Option<&'static str> {
    entity::tolerated(input)
}

/// Leaves out what the model says of entities: only with strict validation do they fail a request.
pub fn judge_entities_later(violations: &mut Vec<Violation>) {
    // Of too many violations some are not told: then what is left may not be all.
    if violations.len() < VIOLATIONS_FEW {
        violations.retain(|violation| !entity::is_about_entity(&violation.path));
    }
}

/// The datum as the store takes it; `None` when it has no samples, which is a problem by then.
fn stored(
    problems: &mut Problems,
    place: &Place<'_>,
    namespace: &Arc<str>,
    datum: MetricDatum,
    now: Timestamp,
) -> Option<Datum> {
    let dimensions = datum.dimensions.as_deref().unwrap_or_default();
    let metric = match api_metric::metric(namespace.clone(), &datum.metric_name, dimensions) {
        Ok(metric) => metric,
        Err(api_metric::DuplicateDimension(name)) => {
            problems.invalid(name, format_args!("{place}.Dimensions"));
            return None;
        }
    };
    let unit = datum.unit.map_or(MetricUnit::NONE, |unit| {
        MetricUnit::parse(unit.as_str()).expect("the store knows every unit of the model")
    });
    let high_resolution = datum.storage_resolution == Some(HIGH_RESOLUTION_SECS);
    let secs = datum.timestamp.unwrap_or(now).secs();
    let time_secs = if high_resolution { secs } else { secs - secs.rem_euclid(60) };
    Some(Datum { metric, unit, time_secs, high_resolution, sample: sample(&datum)? })
}

/// The samples of a datum that passed its checks.
fn sample(datum: &MetricDatum) -> Option<StatSample> {
    let values = weighted(datum);
    match (&datum.value, &datum.statistic_values) {
        (Some(value), _) => Some(StatSample::single(*value)),
        // The set says what the statistics are, the values how they are spread.
        (None, Some(set)) => {
            let values = (!values.is_empty()).then_some(values.as_slice());
            Some(StatSample::of_statistics(set.sample_count, set.sum, set.minimum, set.maximum, values))
        }
        (None, None) => StatSample::of_values(&values),
    }
}

fn weighted(datum: &MetricDatum) -> Vec<(f64, f64)> {
    let values = datum.values.as_deref().unwrap_or_default();
    match datum.counts.as_deref() {
        None | Some([]) => values.iter().map(|value| (*value, 1.0)).collect(),
        Some(counts) => values.iter().copied().zip(counts.iter().copied()).filter(|(_, count)| *count > 0.0).collect(),
    }
}

#[cfg(test)]
mod tests;
