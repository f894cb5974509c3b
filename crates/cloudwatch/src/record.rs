//! What the catalog keeps of CloudWatch, and how it is changed.

mod alarm;
mod anomaly_detector;
mod change;
mod metric_stream;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

pub use alarm::{
    AlarmActionRecord, AlarmHistoryRecord, AlarmKind, AlarmMuteRuleRecord, AlarmRecord, AlarmState, AlarmStateRecord,
    AlarmTask, Comparison, CompositeAlarm, CompositesRecord, Contributor, EvaluationProblem, HistoryKind, LowSamples,
    MetricAlarm, StateValue, SuppressedBy, Suppression, Suppressor, TreatMissingData, Watched, WatchedMetric,
};
pub use anomaly_detector::{AnomalyDetectorRecord, ExcludedRange, Subject, SubjectQuery, SubjectQueryForm};
pub(crate) use change::{Busy, change};
pub use metric_stream::{
    MetricStreamCursor, MetricStreamRecord, OutputFormat, StatisticsConfiguration, StreamFilter, StreamState,
};

/// A dashboard. Global in its account; the key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardRecord {
    /// The body as it was sent.
    pub body: String,
    /// When it was last put.
    pub modified: Timestamp,
}

impl Record for DashboardRecord {
    const KIND: &'static str = "cloudwatch.dashboard";
    const FORMAT: u32 = 1;
}

/// The tags of one resource. The key is the resource part of its ARN, in the ARN's region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagsRecord {
    /// The tags, in the order they were first set.
    pub tags: Vec<Tag>,
}

impl Record for TagsRecord {
    const KIND: &'static str = "cloudwatch.tags";
    const FORMAT: u32 = 1;
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The key, which is compared with its case.
    pub key: String,
    /// The value, maybe empty.
    pub value: String,
}
