//! Alarms of one statistic of one metric, of which those with the same buckets are read together.

use std::collections::HashMap;
use std::sync::Arc;

use base::{Scope, Timestamp};
use store::StoreError;
use store::metric::{Bucket, BucketRead, Buckets, Metric, Metrics, SeriesId, Unit};

use super::super::decide::{DataPoint, Observation};
use super::{Asked, Form, Observed, Seen, Span};
use crate::query::unit_rank;
use crate::record::WatchedMetric;
use crate::statistic::Statistic;

/// Series that are read at once: writers wait as long.
const SERIES_AT_ONCE: usize = 2_000;

/// What such an alarm reads.
#[derive(Debug)]
pub(super) struct Single {
    metric: Metric,
    pub(super) statistic: Statistic,
    unit: Option<Unit>,
    pub(super) period_secs: i64,
}

impl Single {
    /// Of what is watched.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn of(watched: &WatchedMetric) -> Result<Self, String> {
        let statistic = Statistic::parse(&watched.stat);
        let statistic = statistic.ok_or_else(|| format!("The statistic {} is not supported.", watched.stat))?;
        let unit = watched
            .unit
            .as_deref()
            .map(|unit| Unit::parse(unit).ok_or_else(|| format!("The unit {unit} is not supported.")));
        let mut dimensions: Vec<(Arc<str>, Arc<str>)> =
            watched.dimensions.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect();
        dimensions.sort_unstable();
        let metric = Metric {
            namespace: watched.namespace.as_str().into(),
            name: watched.name.as_str().into(),
            dimensions: dimensions.into(),
        };
        Ok(Self { metric, statistic, unit: unit.transpose()?, period_secs: i64::from(watched.period_secs).max(1) })
    }

    /// Its series, the preferred unit first. They are looked up each time, which costs little:
    /// series come, and those whose data has expired go.
    pub(super) fn series(&self, metrics: &Metrics, scope: &Scope) -> Vec<SeriesId> {
        let mut series = metrics.series(scope, &self.metric);
        series.retain(|(found, _)| self.unit.is_none_or(|unit| unit == *found));
        if series.len() > 1 {
            series.sort_by_key(|(unit, _)| unit_rank(*unit));
        }
        series.into_iter().map(|(_, id)| id).collect()
    }

    /// What there is of the first of the units that has data (cloudwatch.md §3.6).
    pub(super) fn observation(&self, span: &Span, units: &[impl AsRef<[Bucket]>], now: Timestamp) -> Observation {
        let buckets = units.iter().map(AsRef::as_ref).find(|buckets| !buckets.is_empty()).unwrap_or_default();
        let points = buckets.iter().map(|bucket| DataPoint {
            start_secs: bucket.start_secs,
            value: self.statistic.value(&bucket.sample),
            samples: Some(bucket.sample.count),
            band: None,
        });
        span.observation(points, now)
    }
}

/// An alarm whose series are being read.
struct Reading<'a> {
    /// Its place among those asked for.
    place: usize,
    single: &'a Single,
    /// How many series it has.
    series: usize,
}

/// Observes those of the alarms that watch single metrics.
pub(super) async fn observe(metrics: &Metrics, alarms: &[Asked<'_>], now: Timestamp, seen: &mut Seen) {
    let mut groups: HashMap<Span, Vec<(usize, &Single)>> = HashMap::new();
    for (place, asked) in alarms.iter().enumerate() {
        if let Form::Single(single) = &asked.compiled.0 {
            groups.entry(Span::of(asked.alarm, single.period_secs, now)).or_default().push((place, single));
        }
    }
    for (span, members) in groups {
        let (mut readings, mut series) = (Vec::new(), Vec::new());
        for (place, single) in members {
            let found = single.series(metrics, alarms[place].scope);
            if !series.is_empty() && series.len() + found.len() > SERIES_AT_ONCE {
                let read = read(metrics, &span, std::mem::take(&mut series), now).await;
                take(&span, std::mem::take(&mut readings), read, now, seen);
            }
            readings.push(Reading { place, single, series: found.len() });
            series.extend(found);
        }
        let read = read(metrics, &span, series, now).await;
        take(&span, readings, read, now, seen);
    }
}

async fn read(
    metrics: &Metrics,
    span: &Span,
    series: Vec<SeriesId>,
    now: Timestamp,
) -> Result<Vec<Buckets>, StoreError> {
    let Span { period_secs, end_secs, .. } = *span;
    metrics.read(BucketRead { series, start_secs: span.start_secs(), end_secs, period_secs, now }).await
}

fn take(
    span: &Span,
    readings: Vec<Reading<'_>>,
    read: Result<Vec<Buckets>, StoreError>,
    now: Timestamp,
    seen: &mut Seen,
) {
    let buckets = match read {
        Ok(buckets) => buckets,
        Err(error) => return seen.fail(error),
    };
    let mut rest = buckets.as_slice();
    for reading in readings {
        let (own, others) = rest.split_at(reading.series.min(rest.len()));
        rest = others;
        seen.observed[reading.place] = Some((Observed::One(reading.single.observation(span, own, now)), None));
    }
}
