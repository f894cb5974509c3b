//! What a request to put a metric alarm may say, and the alarm that it makes (cloudwatch.md §6.2).
//!
//! Nothing here looks at what is stored. Where AWS's words are not known they are ours.

pub(crate) mod actions;
mod metrics;
mod single;

use api::ServiceError;
use api::cloudwatch::types::{ComparisonOperator, PutMetricAlarmInput};
use base::{Scope, Timestamp};

use self::actions::{Acting, ActionLists};
use crate::record::{AlarmKind, AlarmRecord, Comparison, LowSamples, MetricAlarm, TreatMissingData, Watched};

/// The alarm that a request asks for, put for the first time at `now`.
///
/// # Errors
/// `ValidationError` for what §6.2 refuses, and for alarms on PromQL, which this server does not
/// evaluate; `InvalidParameterValue` for an extended statistic that does not exist.
pub fn alarm_of(input: &PutMetricAlarmInput, scope: &Scope, now: Timestamp) -> Result<AlarmRecord, ServiceError> {
    check_name(&input.alarm_name)?;
    refuse_promql(input)?;
    let source = match input.metrics.as_deref().unwrap_or_default() {
        [] => single::source(input)?,
        queries => metrics::source(input, queries, scope)?,
    };
    let comparison = comparison(input)?;
    let (evaluation_periods, datapoints_to_alarm) = evaluated(input, &source)?;
    let threshold = threshold(input, comparison)?;
    let lists = ActionLists {
        ok: input.ok_actions.as_deref().unwrap_or_default(),
        alarm: input.alarm_actions.as_deref().unwrap_or_default(),
        insufficient_data: input.insufficient_data_actions.as_deref().unwrap_or_default(),
    };
    actions::check(&lists, source.acting(input), scope)?;
    Ok(AlarmRecord {
        description: input.alarm_description.clone(),
        actions_enabled: input.actions_enabled.unwrap_or(true),
        ok_actions: lists.ok.to_vec(),
        alarm_actions: lists.alarm.to_vec(),
        insufficient_data_actions: lists.insufficient_data.to_vec(),
        created: now,
        configured: now,
        switched: None,
        kind: AlarmKind::Metric(MetricAlarm {
            comparison,
            threshold,
            threshold_metric_id: input.threshold_metric_id.clone(),
            evaluation_periods,
            datapoints_to_alarm,
            treat_missing_data: treat_missing_data(input)?,
            low_samples: low_samples(input, &source)?,
            watched: source.watched,
        }),
    })
}

/// What an alarm watches, and what of it other rules rest on.
struct Source {
    watched: Watched,
    /// The period of its data points, in seconds.
    period_secs: i64,
    /// It is, or rests on, a Metrics Insights query.
    insights: bool,
    /// Each series is in a state of its own.
    multi_series: bool,
}

impl Source {
    fn acting<'a>(&'a self, input: &PutMetricAlarmInput) -> Acting<'a> {
        match &self.watched {
            Watched::Metric(metric) => Acting::SingleMetric(metric),
            Watched::Queries(_) if self.multi_series => Acting::MultiSeries,
            Watched::Queries(_) if input.threshold_metric_id.is_some() => Acting::Anomaly,
            Watched::Queries(_) => Acting::Queries,
        }
    }
}

/// A constraint of §6.2 that a request breaks.
fn refused(message: impl Into<String>) -> ServiceError {
    ServiceError::validation(message)
}

/// The name of an alarm of any kind.
///
/// # Errors
/// `ValidationError` for control characters. Lengths are the model's to check.
pub(crate) fn check_name(name: &str) -> Result<(), ServiceError> {
    match name.bytes().any(|byte| byte.is_ascii_control()) {
        true => Err(refused("AlarmName must not contain ASCII Control characters")),
        false => Ok(()),
    }
}

fn refuse_promql(input: &PutMetricAlarmInput) -> Result<(), ServiceError> {
    if input.evaluation_criteria.is_some() {
        return Err(refused("EvaluationCriteria: PromQL alarms are not supported by this server"));
    }
    if input.evaluation_interval.is_some() {
        return Err(refused("EvaluationInterval is of PromQL alarms, which are not supported by this server"));
    }
    Ok(())
}

fn comparison(input: &PutMetricAlarmInput) -> Result<Comparison, ServiceError> {
    use {Comparison as Ours, ComparisonOperator as Theirs};
    let given = input.comparison_operator;
    let given =
        given.ok_or_else(|| refused("PutMetricAlarm request should have a valid ComparisonOperator parameter"))?;
    Ok(match given {
        Theirs::GreaterThanOrEqualToThreshold => Ours::GreaterThanOrEqualToThreshold,
        Theirs::GreaterThanThreshold => Ours::GreaterThanThreshold,
        Theirs::LessThanThreshold => Ours::LessThanThreshold,
        Theirs::LessThanOrEqualToThreshold => Ours::LessThanOrEqualToThreshold,
        Theirs::LessThanLowerOrGreaterThanUpperThreshold => Ours::LessThanLowerOrGreaterThanUpperThreshold,
        Theirs::LessThanLowerThreshold => Ours::LessThanLowerThreshold,
        Theirs::GreaterThanUpperThreshold => Ours::GreaterThanUpperThreshold,
    })
}

/// Whether points are compared with a band.
fn is_of_range(comparison: Comparison) -> bool {
    match comparison {
        Comparison::LessThanLowerOrGreaterThanUpperThreshold
        | Comparison::LessThanLowerThreshold
        | Comparison::GreaterThanUpperThreshold => true,
        Comparison::GreaterThanOrEqualToThreshold
        | Comparison::GreaterThanThreshold
        | Comparison::LessThanThreshold
        | Comparison::LessThanOrEqualToThreshold => false,
    }
}

/// N and M. The model has seen to both being at least 1.
fn evaluated(input: &PutMetricAlarmInput, source: &Source) -> Result<(u32, Option<u32>), ServiceError> {
    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    let count = |given: i32| u32::try_from(given).expect("the model's range starts at 1");
    let periods = input.evaluation_periods;
    let periods =
        periods.ok_or_else(|| refused("PutMetricAlarm request should have an EvaluationPeriods parameter"))?;
    if input.datapoints_to_alarm.is_some_and(|datapoints| datapoints > periods) {
        return Err(refused("DatapointsToAlarm must be less than or equal to EvaluationPeriods"));
    }
    let span_secs = i64::from(periods).saturating_mul(source.period_secs);
    if source.period_secs < HOUR && span_secs > DAY {
        return Err(refused(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for \
             alarms using period < 3600",
        ));
    }
    if span_secs > 7 * DAY {
        return Err(refused(
            "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for \
             alarms using period >= 3600",
        ));
    }
    if source.insights && span_secs > 3 * HOUR {
        return Err(refused("MetricsInsights monitors cannot be checked across more than 3 hours"));
    }
    Ok((count(periods), input.datapoints_to_alarm.map(count)))
}

fn threshold(input: &PutMetricAlarmInput, comparison: Comparison) -> Result<Option<f64>, ServiceError> {
    match (input.threshold, &input.threshold_metric_id) {
        (Some(_), Some(_)) => Err(refused("Threshold and ThresholdMetricId cannot both be set")),
        (_, None) if is_of_range(comparison) => {
            Err(refused("ComparisonOperators for ranges require ThresholdMetricId to be set"))
        }
        (None, Some(_)) if !is_of_range(comparison) => {
            Err(refused("ThresholdMetricId requires a ComparisonOperator for ranges"))
        }
        (None, Some(_)) => Ok(None),
        (Some(threshold), None) if threshold.is_finite() => Ok(Some(threshold)),
        (_, None) => Err(refused("PutMetricAlarm request should have valid Threshold parameter")),
    }
}

fn treat_missing_data(input: &PutMetricAlarmInput) -> Result<Option<TreatMissingData>, ServiceError> {
    let Some(given) = input.treat_missing_data.as_deref() else { return Ok(None) };
    Ok(Some(match given {
        "breaching" => TreatMissingData::Breaching,
        "notBreaching" => TreatMissingData::NotBreaching,
        "ignore" => TreatMissingData::Ignore,
        "missing" => TreatMissingData::Missing,
        other => {
            return Err(refused(format!(
                "The value {other} is not supported for TreatMissingData parameter. Supported values are [breaching, \
                 notBreaching, ignore, missing]."
            )));
        }
    }))
}

fn low_samples(input: &PutMetricAlarmInput, source: &Source) -> Result<Option<LowSamples>, ServiceError> {
    let Some(given) = input.evaluate_low_sample_count_percentile.as_deref() else { return Ok(None) };
    let option = match given {
        "evaluate" => LowSamples::Evaluate,
        "ignore" => LowSamples::Ignore,
        other => {
            return Err(refused(format!(
                "Option {other} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are \
                 evaluate and ignore."
            )));
        }
    };
    match &source.watched {
        Watched::Metric(metric) if single::is_percentile(&metric.stat) => Ok(Some(option)),
        Watched::Metric(metric) => Err(refused(format!(
            "Option evaluateLowSampleCountPercentile can not be applied with statistic {}. This option is enabled \
             only for percentile statistics.",
            metric.stat
        ))),
        Watched::Queries(_) => Err(metrics::beside_metrics("EvaluateLowSampleCountPercentile")),
    }
}

#[cfg(test)]
mod tests;
