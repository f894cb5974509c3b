//! The engine behind `GetMetricData`, graphs and alarms: queries in, labelled series out.
//!
//! [`parse`] reads the queries of a request, [`Plan::new`] orders them and finds what they need,
//! [`run`] fetches all of it in as few reads as there are periods, and evaluates.

mod band;
mod evaluate;
mod fetch;
mod insights;
mod names;
mod parse;
mod plan;
mod search;

use base::Scope;
use lang::metric_math::Expression;
use lang::metrics_insights;
use store::metric::{Metric, Metrics, Unit};
use store::{Catalog, StoreError};

use crate::statistic::Statistic;
use crate::time_window::TimeWindow;

pub(crate) use fetch::unit_rank;
pub use parse::parse;
pub use plan::Plan;

/// One query of a request.
#[derive(Clone, Debug)]
pub struct Query {
    /// How expressions refer to it.
    pub id: String,
    /// What it gives.
    pub source: Source,
    /// The label asked for; may hold dynamic values.
    pub label: Option<String>,
    /// Whether its series are part of the results.
    pub return_data: bool,
}

/// What a query gives.
#[derive(Clone, Debug)]
pub enum Source {
    /// A metric's statistic.
    Metric(MetricSource),
    /// Metric math.
    Math {
        /// The expression.
        expression: Expression,
        /// The period of searches and of constant series that name none, in seconds.
        period_secs: Option<i64>,
    },
    /// A Metrics Insights query.
    Insights {
        /// The query.
        query: metrics_insights::Query,
        /// Width of a bucket in seconds.
        period_secs: i64,
    },
}

/// A statistic of a metric.
#[derive(Clone, Debug)]
pub struct MetricSource {
    /// The metric.
    pub metric: Metric,
    /// The statistic.
    pub statistic: Statistic,
    /// Its name, as written.
    pub stat: String,
    /// Width of a bucket in seconds.
    pub period_secs: i64,
    /// Data in this unit alone; any when absent.
    pub unit: Option<Unit>,
    /// The account that owns the metric; the caller's own when absent.
    pub account: Option<String>,
}

/// A request that is wrong in itself; the text is AWS's where that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// An error of one expression (cloudwatch.md §4.7).
    fn in_expression(id: &str, reason: impl std::fmt::Display) -> Self {
        Self(format!("Error in expression '{id}': {reason}"))
    }
}

/// Why queries gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The caller's mistake.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A note to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// A word for programs, such as `MultipleUnits`.
    pub code: &'static str,
    /// A sentence for people.
    pub value: String,
}

/// Whether a series is all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is, even when it is empty.
    Complete,
    /// It belongs to an account that the caller sees nothing of.
    Forbidden,
}

/// One series of the results.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultSeries {
    /// The query's id; several series of one query share it.
    pub id: String,
    /// Its label, with everything dynamic filled in.
    pub label: String,
    /// (seconds since the epoch, value), oldest first.
    pub points: Vec<(i64, f64)>,
    /// Width of a bucket in seconds.
    pub period_secs: i64,
    /// Whether it is all there is.
    pub status: Status,
    /// Notes about this series.
    pub messages: Vec<Message>,
    /// Whether an expression made it.
    pub computed: bool,
    /// The unit of a metric's data; none for what an expression made and where there are no data.
    pub unit: Option<Unit>,
    /// What a Metrics Insights query groups this series by: keys and their values.
    pub group: Vec<(String, String)>,
}

/// What came of the queries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The series of each query that returns data, in the order of the queries.
    pub results: Vec<ResultSeries>,
    /// Notes about all of it.
    pub messages: Vec<Message>,
    /// Whether a Metrics Insights query found more metrics than it looks at, or more series than
    /// it gives (cloudwatch.md §4.8).
    pub partial: bool,
}

/// Runs a plan over a time range. Dynamic labels show times at `utc_offset_secs`.
///
/// # Errors
/// An expression that cannot be evaluated refuses the whole request, as does a failing store.
pub async fn run(
    metrics: &Metrics,
    catalog: &Catalog,
    scope: &Scope,
    plan: &Plan,
    window: &TimeWindow,
    utc_offset_secs: i64,
) -> Result<Outcome, RunError> {
    let fetched = fetch::fetch(metrics, catalog, scope, plan, window).await?;
    Ok(evaluate::evaluate(plan, scope, window, &fetched, utc_offset_secs)?)
}

#[cfg(test)]
mod tests;
