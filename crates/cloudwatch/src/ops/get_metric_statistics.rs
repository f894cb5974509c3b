//! `GetMetricStatistics`: one metric's statistics, one point a unit and bucket (cloudwatch.md §3.3).

use api::cloudwatch::types::Statistic as Simple;
use api::cloudwatch::types::{Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput, StandardUnit};
use api::{CallContext, ServiceError};
use base::Timestamp;
use store::metric::{BucketRead, StatSample, Unit};

use crate::CloudWatch;
use crate::api_metric;
use crate::statistic::Statistic;
use crate::time_window::{Rounding, TimeWindow, is_period};
use crate::validation::{Problems, store_error};

const DATAPOINTS_MAX: i64 = 1440;

pub(super) async fn get_metric_statistics(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: GetMetricStatisticsInput,
) -> Result<GetMetricStatisticsOutput, ServiceError> {
    check(&input)?;
    let asked = Asked::of(&input)?;
    let dimensions = input.dimensions.as_deref().unwrap_or_default();
    let metric = api_metric::metric(input.namespace.into(), &input.metric_name, dimensions).map_err(|duplicate| {
        let mut problems = Problems::default();
        problems.invalid(duplicate.0, "Dimensions");
        problems.into_result().expect_err("there is a problem")
    })?;
    let mut series = cloudwatch.parts.metrics.series(&cx.scope(), &metric);
    let wanted = input.unit.and_then(|unit| Unit::parse(unit.as_str()));
    series.retain(|(unit, _)| wanted.is_none_or(|wanted| wanted == *unit));
    let window = TimeWindow { start: input.start_time, end: input.end_time, now: cx.now, rounding: Rounding::ByAge };
    let period_secs = i64::from(input.period);
    let read = BucketRead {
        series: series.iter().map(|(_, id)| *id).collect(),
        start_secs: window.start_secs(period_secs),
        end_secs: window.end_secs(),
        period_secs,
        now: cx.now,
    };
    let found = match series.is_empty() {
        true => Vec::new(),
        false => {
            let read = cloudwatch.parts.metrics.read(read).await;
            read.map_err(|error| store_error(cx, "reading metric statistics", &error))?
        }
    };
    let mut points = Vec::new();
    for ((unit, _), buckets) in series.iter().zip(found) {
        let point = |bucket: store::metric::Bucket| asked.point(bucket.start_secs, *unit, &bucket.sample);
        points.extend(buckets.into_iter().filter_map(point));
    }
    points.sort_by_key(|point| point.timestamp);
    Ok(GetMetricStatisticsOutput { label: Some(input.metric_name), datapoints: Some(points) })
}

/// The rules that the model does not know, the first broken one told.
fn check(input: &GetMetricStatisticsInput) -> Result<(), ServiceError> {
    let mut problems = Problems::default();
    let simple = input.statistics.as_deref().unwrap_or_default();
    let extended = input.extended_statistics.as_deref().unwrap_or_default();
    let (start, end) = (input.start_time, input.end_time);
    let period = i64::from(input.period);
    let points = end.millis().saturating_sub(start.millis()) / (period.max(1) * 1000);
    if simple.is_empty() && extended.is_empty() {
        problems.combination("Must specify either Statistics or ExtendedStatistics");
    } else if !simple.is_empty() && !extended.is_empty() {
        problems.combination(
            "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.",
        );
    } else if start >= end {
        problems.value("The parameter StartTime must be less than the parameter EndTime.");
    } else if !is_period(period) {
        problems.value("The parameter Period must be a multiple of 60.");
    } else if points > DATAPOINTS_MAX {
        problems.combination(format!(
            "You have requested up to {points} datapoints, which exceeds the limit of {DATAPOINTS_MAX}. \
             You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        ));
    }
    problems.into_result()
}

/// The statistics that each point carries.
struct Asked {
    simple: Vec<Simple>,
    extended: Vec<(String, Statistic)>,
}

impl Asked {
    fn of(input: &GetMetricStatisticsInput) -> Result<Self, ServiceError> {
        let mut problems = Problems::default();
        let mut extended: Vec<(String, Statistic)> = Vec::new();
        for name in input.extended_statistics.iter().flatten() {
            match Statistic::parse(name).filter(Statistic::is_extended) {
                Some(_) if extended.iter().any(|(known, _)| known == name) => {}
                Some(statistic) => extended.push((name.clone(), statistic)),
                None => {
                    problems.value(format!("The value {name} for parameter ExtendedStatistic is not supported."));
                }
            }
        }
        problems.into_result()?;
        Ok(Self { simple: input.statistics.clone().unwrap_or_default(), extended })
    }

    /// The point of a bucket; `None` when none of the extended statistics asked for exists there.
    fn point(&self, start_secs: i64, unit: Unit, sample: &StatSample) -> Option<Datapoint> {
        let wanted =
            |kind: Simple, statistic: Statistic| self.simple.contains(&kind).then(|| statistic.value(sample)).flatten();
        let extended: Vec<(String, f64)> = self
            .extended
            .iter()
            .filter_map(|(name, statistic)| Some((name.clone(), statistic.value(sample)?)))
            .collect();
        if self.simple.is_empty() && extended.is_empty() {
            return None;
        }
        Some(Datapoint {
            timestamp: Some(Timestamp::from_secs(start_secs)),
            sample_count: wanted(Simple::SampleCount, Statistic::SampleCount),
            average: wanted(Simple::Average, Statistic::Average),
            sum: wanted(Simple::Sum, Statistic::Sum),
            minimum: wanted(Simple::Minimum, Statistic::Minimum),
            maximum: wanted(Simple::Maximum, Statistic::Maximum),
            unit: Some(unit.as_str().parse::<StandardUnit>().expect("the model knows every unit of the store")),
            extended_statistics: (!self.extended.is_empty()).then_some(extended),
        })
    }
}
