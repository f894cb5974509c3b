//! Alarms of metric math, of bands and of Metrics Insights, through the query engine.

use std::collections::BTreeMap;

use base::Timestamp;
use store::metric::Metrics;
use store::{Catalog, StoreError};

use super::super::decide::{DataPoint, Observation, evaluation_range};
use super::{Asked, INSIGHTS_SECS_MAX, Observed, Span, is_multi_series_query};
use crate::anomaly_detectors;
use crate::query::{self, Outcome, Plan, ResultSeries, RunError, Source};
use crate::record::{EvaluationProblem, MetricAlarm, SubjectQuery};
use crate::time_window::{Rounding, TimeWindow};

/// What such an alarm evaluates.
#[derive(Debug)]
pub(super) struct Queries {
    plan: Plan,
    /// The id of the query whose values are compared.
    watched: String,
    /// The id of the band that they are compared with.
    band: Option<String>,
    period_secs: i64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Math,
    Insights,
    /// Each series is in a state of its own.
    MultiSeries,
}

impl Queries {
    /// Of these queries.
    ///
    /// # Errors
    /// Why they cannot be evaluated; in the words of reads.
    pub(super) fn of(alarm: &MetricAlarm, queries: &[SubjectQuery]) -> Result<Self, String> {
        let asked: Vec<_> = queries.iter().map(anomaly_detectors::query_shape).collect();
        let plan = query::parse(&asked).and_then(Plan::new).map_err(|invalid| invalid.to_string())?;
        let band = alarm.threshold_metric_id.clone();
        let returns = |query: &query::Query| query.return_data && Some(&query.id) != band.as_ref();
        let mut returning = plan.queries().iter().enumerate().filter(|(_, query)| returns(query));
        let (Some((at, watched)), None) = (returning.next(), returning.next()) else {
            return Err("Exactly one element of the metrics list should return data.".to_owned());
        };
        let kind = match &watched.source {
            Source::Insights { query, .. } if is_multi_series_query(query) => Kind::MultiSeries,
            Source::Insights { .. } => Kind::Insights,
            _ => Kind::Math,
        };
        let watched = watched.id.clone();
        let period_secs = plan.period_secs(at).unwrap_or(60).max(1);
        Ok(Self { watched, band, period_secs, kind, plan })
    }

    /// The period that they are evaluated at, in seconds.
    pub(super) fn period_secs(&self) -> i64 {
        self.period_secs
    }

    /// What the alarm observes, and whether that is not all there is.
    pub(super) async fn observe(
        &self,
        metrics: &Metrics,
        catalog: &Catalog,
        asked: &Asked<'_>,
        now: Timestamp,
    ) -> Result<(Observed, Option<EvaluationProblem>), StoreError> {
        let span = self.span(asked.alarm, now);
        let window = TimeWindow {
            start: Timestamp::from_secs(span.start_secs()),
            end: Timestamp::from_secs(span.end_secs),
            now,
            rounding: Rounding::Kept,
        };
        let outcome = match query::run(metrics, catalog, asked.scope, &self.plan, &window, 0).await {
            Ok(outcome) => outcome,
            Err(RunError::Invalid(invalid)) => return Ok((Observed::Failed(invalid.to_string()), None)),
            Err(RunError::Store(error)) => return Err(error),
        };
        let problem = outcome.partial.then_some(EvaluationProblem::PartialData);
        Ok((self.observed(&span, outcome, problem, now), problem))
    }

    fn span(&self, alarm: &MetricAlarm, now: Timestamp) -> Span {
        let mut span = Span::of(alarm, self.period_secs, now);
        if self.kind != Kind::Math {
            let most = u32::try_from(INSIGHTS_SECS_MAX / self.period_secs).unwrap_or(u32::MAX);
            let all = evaluation_range(alarm.evaluation_periods, self.period_secs);
            span.buckets = all.min(most.max(alarm.evaluation_periods));
        }
        span
    }

    fn observed(&self, span: &Span, outcome: Outcome, problem: Option<EvaluationProblem>, now: Timestamp) -> Observed {
        let (watched, others): (Vec<_>, Vec<_>) =
            outcome.results.into_iter().partition(|series| series.id == self.watched);
        if self.kind == Kind::MultiSeries {
            let one = |series: ResultSeries| {
                let seen = observation(span, &series.points, None, now);
                (series.group.into_iter().collect::<BTreeMap<_, _>>(), seen)
            };
            return Observed::Many(watched.into_iter().map(one).collect(), problem);
        }
        if watched.len() > 1 {
            let many = watched.len();
            return Observed::Failed(format!("The query '{}' gives {many} time series and not one.", self.watched));
        }
        let points = watched.first().map(|series| series.points.as_slice()).unwrap_or_default();
        let Some(band) = &self.band else { return Observed::One(observation(span, points, None, now)) };
        let band: Vec<&ResultSeries> = others.iter().filter(|series| series.id == *band).collect();
        match band[..] {
            [lower, upper] => Observed::One(observation(span, points, Some((&lower.points, &upper.points)), now)),
            _ => Observed::Failed("ThresholdMetricId does not name an ANOMALY_DETECTION_BAND.".to_owned()),
        }
    }
}

type Points = [(i64, f64)];

/// What is seen of a series with the band around it, all oldest first.
fn observation(span: &Span, points: &Points, band: Option<(&Points, &Points)>, now: Timestamp) -> Observation {
    let at = |points: &Points, secs: i64| {
        let place = points.binary_search_by_key(&secs, |(at, _)| *at).ok()?;
        Some(points[place].1)
    };
    let points = points.iter().map(|(start_secs, value)| DataPoint {
        start_secs: *start_secs,
        value: Some(*value),
        samples: None,
        band: band.and_then(|(lower, upper)| Some((at(lower, *start_secs)?, at(upper, *start_secs)?))),
    });
    span.observation(points, now)
}
