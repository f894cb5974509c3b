//! The functions of metric math (cloudwatch.md §4.3): one file a function, with its documentation,
//! its parameters and its evaluation; and the table that names them.

use super::arguments::{Arguments, Parameter};
use super::{Environment, Error, Value};

mod aggregates;
mod calendar;

mod abs;
mod anomaly_detection_band;
mod avg;
mod ceil;
mod datapoint_count;
mod date;
mod day;
mod db_perf_insights;
mod diff;
mod diff_time;
mod epoch;
mod fill;
mod first;
mod floor;
mod hour;
mod r#if;
mod insight_rule_metric;
mod lambda;
mod last;
mod log;
mod log10;
mod max;
mod metric_count;
mod metrics;
mod min;
mod minute;
mod month;
mod period;
mod rate;
mod remove_empty;
mod running_sum;
pub(super) mod search;
mod service_quota;
mod slice;
mod sort;
mod stddev;
mod sum;
mod time_series;
mod year;

/// All functions, by name.
pub(super) static FUNCTIONS: [&Function; 39] = [
    &abs::ABS,
    &anomaly_detection_band::ANOMALY_DETECTION_BAND,
    &avg::AVG,
    &ceil::CEIL,
    &datapoint_count::DATAPOINT_COUNT,
    &date::DATE,
    &day::DAY,
    &db_perf_insights::DB_PERF_INSIGHTS,
    &diff::DIFF,
    &diff_time::DIFF_TIME,
    &epoch::EPOCH,
    &fill::FILL,
    &first::FIRST,
    &floor::FLOOR,
    &hour::HOUR,
    &r#if::IF,
    &insight_rule_metric::INSIGHT_RULE_METRIC,
    &lambda::LAMBDA,
    &last::LAST,
    &log::LOG,
    &log10::LOG10,
    &max::MAX,
    &metrics::METRICS,
    &metric_count::METRIC_COUNT,
    &min::MIN,
    &minute::MINUTE,
    &month::MONTH,
    &period::PERIOD,
    &rate::RATE,
    &remove_empty::REMOVE_EMPTY,
    &running_sum::RUNNING_SUM,
    &search::SEARCH,
    &service_quota::SERVICE_QUOTA,
    &slice::SLICE,
    &sort::SORT,
    &stddev::STDDEV,
    &sum::SUM,
    &time_series::TIME_SERIES,
    &year::YEAR,
];

/// The function of a name. Names are upper case only.
pub(super) fn named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().copied().find(|function| function.name == name)
}

/// A function: what the reference says of it, what it takes, and what it does.
#[derive(Debug)]
pub(super) struct Function {
    /// As it is called.
    pub name: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// What it takes. The parser checks calls against it, and refusals are worded from it.
    pub parameters: &'static [Parameter],
    /// The types of the result, for the reference.
    pub returns: &'static str,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// Examples; a test runs them.
    pub examples: &'static [Example],
    /// What it does.
    pub evaluation: Evaluation,
}

/// An example of the reference. A series is written `[30, -, 0]`, oldest first, `-` where there
/// is no point; an array as its series one after the other.
#[derive(Debug)]
pub(super) struct Example {
    /// The expression.
    pub expression: &'static str,
    /// The other queries: `m1=[1, 2]; e1=5`. Their points are a minute apart from
    /// 2026-01-01T00:00:00Z, a Thursday; `m1@3600=[…]` has another period.
    pub given: &'static str,
    /// The result.
    pub gives: &'static str,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Evaluation {
    /// Takes its arguments one after the other and gives a value.
    With(fn(&mut Arguments<'_>, &dyn Environment) -> Result<Value, Error>),
    /// Known, but refused: it needs what does not exist here. The reason goes into the message.
    Refused(&'static str),
}

/// Each function is there once.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
