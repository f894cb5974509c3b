//! The records of a metric stream: what it is, and how far it has delivered.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

/// A metric stream. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricStreamRecord {
    /// The ARN of the delivery stream, whose name names the destination.
    pub firehose_arn: String,
    /// The role given; kept and given back.
    pub role_arn: String,
    /// The form of what is delivered.
    pub output_format: OutputFormat,
    /// Which metrics are delivered.
    pub filter: StreamFilter,
    /// Statistics beside the four that are always there.
    pub statistics: Vec<StatisticsConfiguration>,
    /// Whether it delivers.
    pub state: StreamState,
    /// When it was first put.
    pub created: Timestamp,
    /// When it was last put, started or stopped.
    pub updated: Timestamp,
}

impl Record for MetricStreamRecord {
    const KIND: &'static str = "cloudwatch.metric_stream";
    const FORMAT: u32 = 1;
}

/// How far a stream has delivered. The key is the stream's; it is apart from the stream's
/// record so that deliveries and changes of the stream do not get into each other's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricStreamCursor {
    /// The first minute not delivered yet, in seconds since the epoch; a multiple of 60.
    pub next_minute_secs: i64,
}

impl Record for MetricStreamCursor {
    const KIND: &'static str = "cloudwatch.metric_stream_cursor";
    const FORMAT: u32 = 1;
}

/// The form of what is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// One JSON object a line.
    Json,
}

/// Whether a stream delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamState {
    /// It delivers.
    Running,
    /// It does not.
    Stopped,
}

impl StreamState {
    /// The state as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }
}

/// Which metrics a stream delivers: namespaces, each with the names it is limited to, or
/// with none for all of its metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamFilter {
    /// All metrics.
    All,
    /// Only these.
    Include(Vec<(String, Vec<String>)>),
    /// All but these.
    Exclude(Vec<(String, Vec<String>)>),
}

impl StreamFilter {
    /// Whether a metric is delivered.
    pub fn takes(&self, namespace: &str, name: &str) -> bool {
        let named = |filters: &[(String, Vec<String>)]| {
            filters.iter().any(|(of, names)| of == namespace && (names.is_empty() || names.iter().any(|n| n == name)))
        };
        match self {
            Self::All => true,
            Self::Include(filters) => named(filters),
            Self::Exclude(filters) => !named(filters),
        }
    }
}

/// Statistics that a stream adds for some metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticsConfiguration {
    /// Namespace and name; dimensions do not matter.
    pub metrics: Vec<(String, String)>,
    /// The statistics, as given.
    pub statistics: Vec<String>,
}
