//! What the catalog keeps of Logs. All records are regional.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;
use store::log_event::{GroupId, StreamId};

/// A log group. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroupRecord {
    /// Its number, never used again.
    pub id: GroupId,
    /// When it was made.
    pub created: Timestamp,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY` (logs.md LG-6).
    pub class: LogGroupClass,
    /// Days that events are kept; forever when `None`.
    pub retention_days: Option<u32>,
    /// The key that was named for encryption.
    pub kms_key_id: Option<String>,
    /// Whether it, and its streams, may not be deleted (logs.md LG-8).
    pub deletion_protection: bool,
    /// Tags, in the order they were first set.
    pub tags: Vec<(String, String)>,
    /// How many metric filters it has.
    pub metric_filters: u32,
}

impl Record for LogGroupRecord {
    const KIND: &'static str = "logs.group";
    const FORMAT: u32 = 1;
}

/// logs.md LG-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogGroupClass {
    /// Everything.
    Standard,
    /// Fewer features (logs.md LG-7).
    InfrequentAccess,
    /// For deliveries: no queries.
    Delivery,
}

/// A log stream. The key is `GROUP-ID:NAME`, the id as 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStreamRecord {
    /// Its number, never used again.
    pub id: StreamId,
    /// When it was made.
    pub created: Timestamp,
}

impl Record for LogStreamRecord {
    const KIND: &'static str = "logs.stream";
    const FORMAT: u32 = 1;
}

/// A resource policy. The key is `account:NAME`, or what a group's belongings have and `policy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourcePolicyRecord {
    /// The document, normalized (logs.md RP-3).
    pub document: String,
    /// The name that a group's policy was given.
    pub name: Option<String>,
    /// When it was last written.
    pub updated: Timestamp,
    /// Rises with every change.
    pub revision: u64,
}

impl Record for ResourcePolicyRecord {
    const KIND: &'static str = "logs.resource_policy";
    const FORMAT: u32 = 1;
}

/// A metric filter. The key is what a group's belongings have and its name. Whatever changes a filter changes its
/// group's record too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricFilterRecord {
    /// The pattern, as it was written.
    pub pattern: String,
    /// When it was first made.
    pub created: Timestamp,
    /// What becomes of the events that match.
    pub transformation: MetricTransformationRecord,
    /// The accounts and regions that it is for (logs.md MF-12).
    pub field_selection_criteria: Option<String>,
    /// `@aws.account` and `@aws.region`, where they are dimensions (logs.md MF-4).
    pub system_field_dimensions: Vec<String>,
    /// Whether it sees what transformers make of events (logs.md MF-13).
    pub on_transformed: bool,
}

impl Record for MetricFilterRecord {
    const KIND: &'static str = "logs.metric_filter";
    const FORMAT: u32 = 2;

    fn migrate(_: u32, mut body: serde_json::Value) -> Result<serde_json::Value, String> {
        body["on_transformed"] = false.into();
        Ok(body)
    }
}

/// logs.md MF-2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricTransformationRecord {
    /// The metric's namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// A number, or the selector of one.
    pub value: String,
    /// The value for minutes with events of which none matched.
    pub default_value: Option<f64>,
    /// The unit, if one was given.
    pub unit: Option<String>,
    /// Names of dimensions with selectors of their values.
    pub dimensions: Vec<(String, String)>,
}
