//! The decision: data points in, verdict out (cloudwatch.md §6.4 to §6.6). Pure.
//!
//! [`decide`] is what the evaluator calls, [`explain`] shows its steps, and both are one
//! computation: [`judge`](judge::judge). [`outcome`] is the state alone, for an evaluator that
//! only then wants words when the state is a new one.

mod classify;
mod contributor;
pub mod date;
mod explanation;
mod judge;
mod number;
mod reason;
mod reason_data;

use crate::record::{EvaluationProblem, MetricAlarm, StateValue, TreatMissingData, Watched};

pub use classify::PointClass;
pub use contributor::{CONTRIBUTOR_GONE, decide_contributor, of_contributors};
pub use explanation::{ExplainedPoint, Explanation, Part};
pub use number::number;

/// One bucket of what an alarm watches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DataPoint {
    /// Where the bucket starts, in seconds since the epoch.
    pub start_secs: i64,
    /// The statistic or the expression; none when it is missing.
    pub value: Option<f64>,
    /// How many samples the bucket has; of single metrics alone.
    pub samples: Option<f64>,
    /// The band, of anomaly alarms: lower and upper.
    pub band: Option<(f64, f64)>,
}

/// What one evaluation sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// When the data was read, in milliseconds since the epoch.
    pub query_millis: i64,
    /// Width of a bucket, in seconds.
    pub period_secs: i64,
    /// All buckets of the evaluation range, newest first.
    pub points: Vec<DataPoint>,
}

/// What comes of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The alarm is in this state, for this reason. When that is the present state, nothing is written.
    State {
        /// The state.
        value: StateValue,
        /// Why, for people (§6.5).
        reason: String,
        /// Why, as JSON text (§6.6).
        reason_data: String,
    },
    /// The alarm stays as it is.
    Keep,
    /// The alarm cannot be evaluated.
    Problem(EvaluationProblem),
}

/// What comes of an evaluation, without the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The alarm is in this state.
    State(StateValue),
    /// The alarm stays as it is.
    Keep,
    /// The alarm cannot be evaluated.
    Problem(EvaluationProblem),
}

/// How many buckets are looked at: R of cloudwatch.md §6.4, for N periods of this width.
pub fn evaluation_range(evaluation_periods: u32, period_secs: i64) -> u32 {
    let extra = match period_secs {
        secs if secs > 0 && secs < 60 => u32::try_from(60 / secs).unwrap_or(2).max(2),
        _ => 2,
    };
    evaluation_periods.saturating_add(extra)
}

/// What stands in for missing points: what was given, else `ignore` for metrics of DynamoDB and
/// `missing` for all others (cloudwatch.md §6.4). Alarms on queries are no metric of DynamoDB's.
pub fn treatment(alarm: &MetricAlarm) -> TreatMissingData {
    alarm.treat_missing_data.unwrap_or(match &alarm.watched {
        Watched::Metric(metric) if metric.namespace == "AWS/DynamoDB" => TreatMissingData::Ignore,
        _ => TreatMissingData::Missing,
    })
}

/// What an alarm in the state `present` makes of what was observed. The verdict is the same in
/// every state: only an alarm that is kept as it is depends on where it was.
pub fn decide(alarm: &MetricAlarm, present: StateValue, observed: &Observation) -> Verdict {
    let _ = present;
    verdict(&judge::judge(alarm, observed))
}

/// What [`decide`] would say, without the words: for an evaluator of very many alarms, most of
/// which stay in their state.
pub fn outcome(alarm: &MetricAlarm, observed: &Observation) -> Outcome {
    judge::judge(alarm, observed).outcome()
}

/// [`decide`] with all its steps.
pub fn explain(alarm: &MetricAlarm, present: StateValue, observed: &Observation) -> Explanation {
    explanation::of(&judge::judge(alarm, observed), present)
}

fn verdict(judgement: &judge::Judgement<'_>) -> Verdict {
    match judgement.outcome() {
        Outcome::State(value) => {
            Verdict::State { value, reason: reason::text(judgement, value), reason_data: reason_data::text(judgement) }
        }
        Outcome::Keep => Verdict::Keep,
        Outcome::Problem(problem) => Verdict::Problem(problem),
    }
}

#[cfg(test)]
mod tests;
