//! Alarms on one statistic of one metric.

use api::ServiceError;
use api::cloudwatch::errors;
use api::cloudwatch::types::PutMetricAlarmInput;

use super::{Source, refused};
use crate::record::{Watched, WatchedMetric};
use crate::statistic::Statistic;

/// What the alarm watches, in the members that stand beside `Metrics`.
pub(super) fn source(input: &PutMetricAlarmInput) -> Result<Source, ServiceError> {
    if input.threshold_metric_id.is_some() {
        return Err(refused("Metrics list must contain exactly one metric matching the ThresholdMetricId parameter"));
    }
    let name = input.metric_name.clone().ok_or_else(|| refused("MetricName must not be null"))?;
    let namespace = input.namespace.clone().ok_or_else(|| refused("Namespace must not be null"))?;
    let (stat, extended) = stat(input)?;
    let period = input.period.ok_or_else(|| refused("PutMetricAlarm request should have a Period parameter"))?;
    check_period(period)?;
    let dimensions = input.dimensions.as_deref().unwrap_or_default();
    let dimensions: Vec<_> = dimensions.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
    check_dimensions(&dimensions)?;
    let watched = WatchedMetric {
        namespace,
        name,
        dimensions,
        stat,
        extended,
        period_secs: u32::try_from(period).expect("the model's range starts at 1"),
        unit: input.unit.map(|unit| unit.as_str().to_owned()),
    };
    let period_secs = i64::from(period);
    Ok(Source { watched: Watched::Metric(watched), period_secs, insights: false, multi_series: false })
}

/// The statistic, and whether it is an extended one.
fn stat(input: &PutMetricAlarmInput) -> Result<(String, bool), ServiceError> {
    match (input.statistic, input.extended_statistic.as_deref()) {
        (Some(stat), None) => Ok((stat.as_str().to_owned(), false)),
        (None, Some(stat)) if Statistic::parse(stat).is_some_and(|stat| stat.is_extended()) => {
            Ok((stat.to_owned(), true))
        }
        (None, Some(stat)) => {
            let message = format!("The value {stat} for parameter ExtendedStatistic is not supported.");
            Err(errors::invalid_parameter_value_exception(message))
        }
        (Some(_), Some(_)) => Err(refused(
            "PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only one of \
             them should be present",
        )),
        (None, None) => Err(refused("PutMetricAlarm request should have a Statistic parameter")),
    }
}

/// Whether a statistic is `pNN`.
pub(super) fn is_percentile(stat: &str) -> bool {
    matches!(Statistic::parse(stat), Some(Statistic::Percentile(_)))
}

/// Periods of alarms are fewer than those of reads.
pub(super) fn check_period(secs: i32) -> Result<(), ServiceError> {
    match matches!(secs, 10 | 20 | 30) || (secs >= 60 && secs % 60 == 0) {
        true => Ok(()),
        false => Err(refused("Period must be 10, 20, 30 or a multiple of 60")),
    }
}

/// Every dimension is named once.
pub(super) fn check_dimensions(dimensions: &[(String, String)]) -> Result<(), ServiceError> {
    for (at, (name, _)) in dimensions.iter().enumerate() {
        if dimensions[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(refused(format!("Dimensions must not contain the dimension {name} more than once")));
        }
    }
    Ok(())
}
