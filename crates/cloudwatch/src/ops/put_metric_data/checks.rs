//! The rules that the model does not know (cloudwatch.md §1.3, §1.4).

use std::fmt;

use api::ServiceError;
use api::cloudwatch::types::{Dimension, MetricDatum, PutMetricDataInput, StatisticSet};
use base::Timestamp;
use base::time::DAY_MS;

use crate::validation::Problems;

const DATUMS_MAX: usize = 1000;
const ENTITIES_MAX: usize = 2;
const VALUES_MAX: usize = 150;
const PAST_MS_MAX: i64 = 14 * DAY_MS;
const FUTURE_MS_MAX: i64 = 2 * 3_600_000;

/// 2 to the power of 360, the largest magnitude of a number.
const MAGNITUDE_MAX: f64 = f64::from_bits((1023 + 360) << 52);

/// Where a datum stands, written out only when something is wrong with it.
pub struct Place<'a> {
    /// The parameter that holds the datum.
    pub list: &'a dyn Fn() -> String,
    /// Counted from zero.
    pub index: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.member.{}", (self.list)(), self.index + 1)
    }
}

/// What concerns the request as a whole: each refuses it alone.
pub fn request(input: &PutMetricDataInput) -> Result<(), ServiceError> {
    let mut problems = Problems::default();
    let plain = input.metric_data.as_ref().map_or(0, Vec::len);
    let entities = input.entity_metric_data.as_deref().unwrap_or_default();
    let datums: usize =
        plain + entities.iter().filter_map(|entity| entity.metric_data.as_ref()).map(Vec::len).sum::<usize>();
    if datums == 0 {
        problems.missing("The parameter MetricData is required.");
    }
    if datums > DATUMS_MAX {
        problems.value(format!("The collection MetricData must not have a size greater than {DATUMS_MAX}."));
    }
    if entities.len() > ENTITIES_MAX {
        problems.value(format!("The collection EntityMetricData must not have a size greater than {ENTITIES_MAX}."));
    }
    if !entities.is_empty() && input.strict_entity_validation.is_none() {
        problems.missing("The parameter StrictEntityValidation is required.");
    }
    problems.into_result()
}

/// The namespace is text without control characters, and not one of AWS's own.
pub fn namespace(problems: &mut Problems, namespace: &str) {
    if namespace.starts_with("AWS/") {
        problems.invalid("AWS/", "Namespace");
    } else {
        text(problems, &"Namespace", namespace);
    }
}

/// Everything about one datum; whether all is well.
pub fn datum(problems: &mut Problems, place: &Place<'_>, datum: &MetricDatum, now: Timestamp) -> bool {
    let before = problems.count();
    for (index, dimension) in datum.dimensions.iter().flatten().enumerate() {
        self::dimension(problems, place, index, dimension);
    }
    time(problems, place, datum.timestamp, now);
    forms(problems, place, datum);
    if let Some(value) = datum.value {
        number(problems, &format_args!("{place}.Value"), value);
    }
    for (name, list) in [("Values", &datum.values), ("Counts", &datum.counts)] {
        for (index, value) in list.iter().flatten().enumerate() {
            number(problems, &format_args!("{place}.{name}.member.{}", index + 1), *value);
        }
    }
    for (index, count) in datum.counts.iter().flatten().enumerate().filter(|(_, count)| **count < 0.0) {
        problems.invalid(count, format_args!("{place}.Counts.member.{}", index + 1));
    }
    if let Some(set) = &datum.statistic_values {
        statistic_set(problems, place, set);
    }
    if let Some(resolution) = datum.storage_resolution.filter(|resolution| ![1, 60].contains(resolution)) {
        problems.invalid(resolution, format_args!("{place}.StorageResolution"));
    }
    problems.count() == before
}

fn dimension(problems: &mut Problems, place: &Place<'_>, index: usize, dimension: &Dimension) {
    let place = format_args!("{place}.Dimensions.member.{}", index + 1);
    if dimension.name.starts_with(':') {
        problems.invalid(&dimension.name, format_args!("{place}.Name"));
    } else {
        text(problems, &format_args!("{place}.Name"), &dimension.name);
    }
    text(problems, &format_args!("{place}.Value"), &dimension.value);
}

/// ASCII with something to see in it and no control characters.
fn text(problems: &mut Problems, parameter: &dyn fmt::Display, text: &str) {
    if !text.is_ascii() {
        problems.value(format!("The value for parameter {parameter} contains non-ASCII characters."));
    } else if text.bytes().any(|byte| byte.is_ascii_control()) || text.trim().is_empty() {
        problems.invalid(text, parameter);
    }
}

fn time(problems: &mut Problems, place: &Place<'_>, time: Option<Timestamp>, now: Timestamp) {
    let Some(time) = time else { return };
    if time < now.plus_millis(-PAST_MS_MAX) {
        problems.value(format!("The parameter {place}.Timestamp must specify a time within the past two weeks."));
    } else if time > now.plus_millis(FUTURE_MS_MAX) {
        problems.value(format!(
            "The parameter {place}.Timestamp must specify a time no more than two hours in the future."
        ));
    }
}

/// Which of the value forms are there, and whether they go together.
fn forms(problems: &mut Problems, place: &Place<'_>, datum: &MetricDatum) {
    let values = datum.values.as_deref().unwrap_or_default();
    let counts = datum.counts.as_deref().unwrap_or_default();
    let mut exclusive = |other: &str| {
        problems.combination(format!(
            "The parameters {place}.Value and {place}.{other} are mutually exclusive and you have specified both."
        ));
    };
    if datum.value.is_some() && !values.is_empty() {
        exclusive("Values");
    }
    if datum.value.is_some() && datum.statistic_values.is_some() {
        exclusive("StatisticValues");
    }
    if values.len() > VALUES_MAX {
        problems.value(format!("The collection {place}.Values must not have a size greater than {VALUES_MAX}."));
    } else if !counts.is_empty() && counts.len() != values.len() {
        problems.value(format!("The parameters {place}.Values and {place}.Counts must be of the same size."));
    } else if !counts.is_empty() && datum.statistic_values.is_none() && counts.iter().all(|count| *count == 0.0) {
        problems.invalid(0, format_args!("{place}.Counts.member.1"));
    }
    if datum.value.is_none() && values.is_empty() && counts.is_empty() && datum.statistic_values.is_none() {
        problems.missing(format!(
            "At least one of the parameters {place}.Value or {place}.StatisticValues must be specified."
        ));
    }
}

fn statistic_set(problems: &mut Problems, place: &Place<'_>, set: &StatisticSet) {
    let place = format_args!("{place}.StatisticValues");
    for (name, value) in
        [("SampleCount", set.sample_count), ("Sum", set.sum), ("Minimum", set.minimum), ("Maximum", set.maximum)]
    {
        number(problems, &format_args!("{place}.{name}"), value);
    }
    if set.minimum > set.maximum {
        problems.value(format!("The parameter {place}.Maximum must be greater than {place}.Minimum."));
    }
    if set.sample_count <= 0.0 {
        problems.value(format!("The parameter {place}.SampleCount must be greater than 0."));
    }
}

fn number(problems: &mut Problems, parameter: &dyn fmt::Display, value: f64) {
    if value.is_nan() {
        problems.invalid("NaN", parameter);
    } else if value.is_infinite() {
        problems.invalid(if value > 0.0 { "Infinity" } else { "-Infinity" }, parameter);
    } else if value.abs() > MAGNITUDE_MAX {
        problems.invalid(format_args!("{value:e}"), parameter);
    }
}
