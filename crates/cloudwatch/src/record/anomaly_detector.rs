//! The record of an anomaly detector.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

/// An anomaly detector. Its key is made of what it watches, see
/// [`crate::anomaly_detectors::key_of`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnomalyDetectorRecord {
    /// What it watches, which is its identity.
    pub subject: Subject,
    /// Times that the model must not learn from, at most ten.
    pub excluded: Vec<ExcludedRange>,
    /// The time zone given for daylight saving; kept and given back.
    pub timezone: Option<String>,
    /// Whether spikes belong to the metric; kept and given back.
    pub periodic_spikes: Option<bool>,
    /// When it was first put.
    pub created: Timestamp,
}

impl Record for AnomalyDetectorRecord {
    const KIND: &'static str = "cloudwatch.anomaly_detector";
    const FORMAT: u32 = 1;
}

impl AnomalyDetectorRecord {
    /// Whether the model must not learn from what lies between two times in seconds since the
    /// epoch (the end exclusive): an excluded range touches it.
    pub fn excludes(&self, start_secs: i64, end_secs: i64) -> bool {
        let touches = |range: &ExcludedRange| {
            range.start.millis() < end_secs.saturating_mul(1000) && range.end.millis() > start_secs.saturating_mul(1000)
        };
        self.excluded.iter().any(touches)
    }
}

/// What a detector watches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One statistic of one metric.
    SingleMetric {
        /// The namespace.
        namespace: String,
        /// The metric's name.
        name: String,
        /// Dimensions, sorted by name.
        dimensions: Vec<(String, String)>,
        /// The statistic, as given.
        stat: String,
    },
    /// The one query that returns data, over others that do not; in the order given.
    MetricMath(Vec<SubjectQuery>),
}

/// One query of a math detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubjectQuery {
    /// The id, unique among the detector's queries.
    pub id: String,
    /// A metric or an expression.
    pub form: SubjectQueryForm,
    /// The label, when one was given.
    pub label: Option<String>,
    /// Whether this is the query that is watched; absent means yes.
    pub return_data: Option<bool>,
    /// The period given beside the form, in seconds.
    pub period_secs: Option<i32>,
}

/// What a query of a math detector is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectQueryForm {
    /// A statistic of a metric.
    Metric {
        /// The namespace.
        namespace: String,
        /// The metric's name.
        name: String,
        /// Dimensions, sorted by name.
        dimensions: Vec<(String, String)>,
        /// The period, in seconds.
        period_secs: i32,
        /// The statistic, as given.
        stat: String,
        /// The unit, when one was given.
        unit: Option<String>,
    },
    /// A metric math expression.
    Expression(String),
}

/// A time that a model must not learn from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedRange {
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
}
