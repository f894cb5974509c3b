//! What alarms observe: from alarms and a time to buckets of data (cloudwatch.md §6.3, §6.4).
//!
//! Alarms of single metrics are read together, from memory where data is recent. Others go
//! through the query engine, one by one. [`observe`] reads alarms as they are given; the job that
//! evaluates them again and again keeps them [`Compiled`].

mod queries;
mod replay;
mod single;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Scope, Timestamp};
use lang::metrics_insights;
use store::metric::Metrics;
use store::{Catalog, StoreError};

use super::decide::{DataPoint, Observation, evaluation_range};
use super::schedule;
use crate::record::{EvaluationProblem, MetricAlarm, SubjectQuery, SubjectQueryForm, Watched};
use queries::Queries;
pub(crate) use replay::Replay;
use single::Single;

/// How far back the queries of Metrics Insights alarms reach, in seconds (cloudwatch.md §4.8).
const INSIGHTS_SECS_MAX: i64 = 3 * 3600;

/// What an alarm observes at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// One series.
    One(Observation),
    /// The series of a multi-series alarm, with the values they are grouped by, and whether
    /// they are not all there are.
    Many(Vec<(BTreeMap<String, String>, Observation)>, Option<EvaluationProblem>),
    /// The configuration cannot be evaluated, and why.
    Failed(String),
}

/// The period that an alarm's queries are evaluated at, in seconds; none when they cannot be.
pub(crate) fn queries_period_secs(alarm: &MetricAlarm, queries: &[SubjectQuery]) -> Option<i64> {
    Queries::of(alarm, queries).ok().map(|queries| queries.period_secs())
}

/// What alarms observe at `now`, in the order given. `explain` and `backtest` give a time that
/// is past; data that came later counts all the same.
///
/// # Errors
/// The store's.
pub async fn observe(
    metrics: &Arc<Metrics>,
    catalog: &Arc<Catalog>,
    alarms: &[(Scope, Arc<MetricAlarm>)],
    now: Timestamp,
) -> Result<Vec<Observed>, StoreError> {
    let compiled: Vec<Compiled> = alarms.iter().map(|(_, alarm)| Compiled::of(alarm)).collect();
    let asked = alarms.iter().zip(&compiled).map(|((scope, alarm), compiled)| Asked { scope, alarm, compiled });
    let seen = observe_compiled(metrics, catalog, &asked.collect::<Vec<_>>(), now).await;
    match seen.error {
        Some(error) => Err(error),
        None => Ok(seen.observed.into_iter().flatten().map(|(observed, _)| observed).collect()),
    }
}

/// An alarm made ready to be observed again and again.
#[derive(Debug)]
pub(crate) struct Compiled(Form);

#[derive(Debug)]
enum Form {
    Single(Single),
    Queries(Box<Queries>),
    /// It cannot be evaluated, and why.
    Broken(String),
}

impl Compiled {
    /// Of this alarm.
    pub(crate) fn of(alarm: &MetricAlarm) -> Self {
        let form = match &alarm.watched {
            Watched::Metric(watched) => Single::of(watched).map(Form::Single),
            Watched::Queries(queries) => Queries::of(alarm, queries).map(|queries| Form::Queries(Box::new(queries))),
        };
        Self(form.unwrap_or_else(Form::Broken))
    }
}

/// An alarm to be observed.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) alarm: &'a MetricAlarm,
    /// Of the same alarm.
    pub(crate) compiled: &'a Compiled,
}

/// What alarms observed.
pub(crate) struct Seen {
    /// In the order asked; none where the store failed. With what is wrong all the same: not all
    /// of the data is in it.
    pub(crate) observed: Vec<Option<(Observed, Option<EvaluationProblem>)>>,
    /// The first failure of the store.
    pub(crate) error: Option<StoreError>,
}

/// What alarms observe at `now`. Where the store fails for some, others are observed all the same.
pub(crate) async fn observe_compiled(
    metrics: &Metrics,
    catalog: &Catalog,
    alarms: &[Asked<'_>],
    now: Timestamp,
) -> Seen {
    let mut seen = Seen { observed: vec![None; alarms.len()], error: None };
    single::observe(metrics, alarms, now, &mut seen).await;
    let mut failure = None;
    for (asked, place) in alarms.iter().zip(&mut seen.observed) {
        match &asked.compiled.0 {
            Form::Single(_) => {}
            Form::Broken(reason) => *place = Some((Observed::Failed(reason.clone()), None)),
            Form::Queries(queries) => match queries.observe(metrics, catalog, asked, now).await {
                Ok(found) => *place = Some(found),
                Err(error) => failure = Some(error),
            },
        }
    }
    failure.into_iter().for_each(|error| seen.fail(error));
    seen
}

impl Seen {
    fn fail(&mut self, error: StoreError) {
        self.error.get_or_insert(error);
    }
}

/// Where the buckets of an alarm lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Span {
    period_secs: i64,
    /// How many buckets there are.
    buckets: u32,
    /// Where the newest ends, in seconds since the epoch.
    end_secs: i64,
}

impl Span {
    fn of(alarm: &MetricAlarm, period_secs: i64, now: Timestamp) -> Self {
        let buckets = evaluation_range(alarm.evaluation_periods, period_secs);
        Self { period_secs, buckets, end_secs: schedule::data_end_secs(alarm, now) }
    }

    fn start_secs(&self) -> i64 {
        self.end_secs - i64::from(self.buckets) * self.period_secs
    }

    /// What is observed when there are these data, which come oldest first.
    fn observation(&self, data: impl Iterator<Item = DataPoint>, now: Timestamp) -> Observation {
        let starts = (1..=i64::from(self.buckets)).map(|back| self.end_secs - back * self.period_secs);
        let missing = |start_secs| DataPoint { start_secs, value: None, samples: None, band: None };
        let mut points: Vec<DataPoint> = starts.map(missing).collect();
        for point in data {
            let back = (self.end_secs - 1 - point.start_secs).div_euclid(self.period_secs);
            let place = usize::try_from(back).ok().and_then(|back| points.get_mut(back));
            if let Some(place) = place.filter(|place| place.start_secs == point.start_secs) {
                *place = point;
            }
        }
        Observation { query_millis: now.millis(), period_secs: self.period_secs, points }
    }
}

/// Whether each series that the alarm's query gives is in a state of its own: of a Metrics
/// Insights query with GROUP BY and ORDER BY (cloudwatch.md §6.10).
pub fn is_multi_series(alarm: &MetricAlarm) -> bool {
    let Watched::Queries(queries) = &alarm.watched else { return false };
    queries.iter().filter(|query| query.return_data.unwrap_or(true)).any(|query| match &query.form {
        SubjectQueryForm::Expression(text) if metrics_insights::is_query(text) => {
            metrics_insights::Query::parse(text).is_ok_and(|query| is_multi_series_query(&query))
        }
        _ => false,
    })
}

/// The same, of the query.
fn is_multi_series_query(query: &metrics_insights::Query) -> bool {
    !query.group_by.is_empty() && query.order_by.is_some()
}
