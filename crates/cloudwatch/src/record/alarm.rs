//! The records of alarms: what they are, what state they are in, what happened to them, and
//! what they have still to do.
//!
//! All are regional. The key of an alarm, of its state and of a mute rule is its name. The keys
//! of history and actions start with the alarm's name and a line feed, which no name holds.

use std::collections::BTreeMap;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use super::SubjectQuery;

/// An alarm as it was put (cloudwatch.md §6.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmRecord {
    /// The description, when one was given.
    pub description: Option<String>,
    /// Whether transitions run actions.
    pub actions_enabled: bool,
    /// ARNs of what happens on the way into OK.
    pub ok_actions: Vec<String>,
    /// ARNs of what happens on the way into ALARM.
    pub alarm_actions: Vec<String>,
    /// ARNs of what happens on the way into INSUFFICIENT_DATA.
    pub insufficient_data_actions: Vec<String>,
    /// When it was first put.
    pub created: Timestamp,
    /// When it was last put.
    pub configured: Timestamp,
    /// When its actions were last enabled or disabled, since it was put.
    #[serde(default)]
    pub switched: Option<Timestamp>,
    /// What it watches.
    pub kind: AlarmKind,
}

impl AlarmRecord {
    /// When its configuration last changed in any way.
    pub fn updated(&self) -> Timestamp {
        self.switched.map_or(self.configured, |switched| switched.max(self.configured))
    }

    /// ARNs of what happens on the way into a state.
    pub fn actions(&self, value: StateValue) -> &[String] {
        match value {
            StateValue::Ok => &self.ok_actions,
            StateValue::Alarm => &self.alarm_actions,
            StateValue::InsufficientData => &self.insufficient_data_actions,
        }
    }
}

impl Record for AlarmRecord {
    const KIND: &'static str = "cloudwatch.alarm";
    const FORMAT: u32 = 1;
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// Metrics.
    Metric(MetricAlarm),
    /// Other alarms.
    Composite(CompositeAlarm),
}

/// An alarm on metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricAlarm {
    /// Where its data points come from.
    pub watched: Watched,
    /// How points are compared.
    pub comparison: Comparison,
    /// What points are compared with; none for an anomaly alarm.
    pub threshold: Option<f64>,
    /// The id of the band that points are compared with, of an anomaly alarm.
    pub threshold_metric_id: Option<String>,
    /// N: how many points are looked at.
    pub evaluation_periods: u32,
    /// M: how many of them must breach; N when absent.
    pub datapoints_to_alarm: Option<u32>,
    /// As given; `missing` when absent.
    pub treat_missing_data: Option<TreatMissingData>,
    /// As given; `evaluate` when absent.
    pub low_samples: Option<LowSamples>,
}

/// Where a metric alarm's data points come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    /// One statistic of one metric.
    Metric(WatchedMetric),
    /// Queries, of which one returns data; two for an anomaly alarm.
    Queries(Vec<SubjectQuery>),
}

/// One statistic of one metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedMetric {
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// Dimensions, in the order given.
    pub dimensions: Vec<(String, String)>,
    /// The statistic, as given: `Average`, or `p99` when `extended`.
    pub stat: String,
    /// Whether it was given as ExtendedStatistic.
    pub extended: bool,
    /// The period, in seconds.
    pub period_secs: u32,
    /// Data in this unit alone; any when absent.
    pub unit: Option<String>,
}

/// How a data point is compared; the point is on the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `>=`
    GreaterThanOrEqualToThreshold,
    /// `>`
    GreaterThanThreshold,
    /// `<`
    LessThanThreshold,
    /// `<=`
    LessThanOrEqualToThreshold,
    /// Outside a band.
    LessThanLowerOrGreaterThanUpperThreshold,
    /// Below a band.
    LessThanLowerThreshold,
    /// Above a band.
    GreaterThanUpperThreshold,
}

/// What stands in for points that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TreatMissingData {
    /// Points that breach.
    Breaching,
    /// Points that do not.
    NotBreaching,
    /// Nothing: the state is kept.
    Ignore,
    /// Nothing: without any point the alarm has insufficient data.
    Missing,
}

/// What happens to percentiles over too few samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LowSamples {
    /// They count.
    Evaluate,
    /// The state is kept.
    Ignore,
}

/// An alarm on other alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeAlarm {
    /// The rule, as given.
    pub rule: String,
    /// What holds its actions back.
    pub suppressor: Option<Suppressor>,
}

/// An alarm that holds back the actions of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressor {
    /// Its name or ARN, as given.
    pub alarm: String,
    /// How long to wait for it to go into ALARM.
    pub wait_secs: u32,
    /// How long to wait after it has left ALARM.
    pub extension_secs: u32,
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StateValue {
    /// Within bounds.
    Ok,
    /// Outside bounds.
    Alarm,
    /// Nobody can say.
    InsufficientData,
}

impl StateValue {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// The state an alarm is in. There is one for each alarm, made with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmStateRecord {
    /// The state.
    pub state: AlarmState,
    /// When state or evaluation state was last written.
    pub updated: Timestamp,
    /// When the value last changed, or the alarm was made.
    pub transitioned: Timestamp,
    /// What is wrong with its evaluation.
    pub evaluation: Option<EvaluationProblem>,
    /// Series of a multi-series alarm, by contributor id; in ALARM, or in OK after it.
    #[serde(default)]
    pub contributors: BTreeMap<String, Contributor>,
    /// What holds back the actions of a composite alarm.
    #[serde(default)]
    pub suppression: Option<Suppression>,
    /// The transition whose actions a mute rule held back: the state before it.
    #[serde(default)]
    pub muted: Option<AlarmState>,
    /// When actions of the present state last ran, of an alarm that repeats them.
    #[serde(default)]
    pub notified: Option<Timestamp>,
}

impl Record for AlarmStateRecord {
    const KIND: &'static str = "cloudwatch.alarm_state";
    const FORMAT: u32 = 1;
}

/// A state with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmState {
    /// The state.
    pub value: StateValue,
    /// Why, for people.
    pub reason: String,
    /// Why, as JSON text.
    pub reason_data: Option<String>,
    /// When it came to be.
    pub since: Timestamp,
}

/// What is wrong with an alarm's evaluation (cloudwatch.md §6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvaluationProblem {
    /// Not all series were looked at.
    PartialData,
    /// The configuration cannot be evaluated.
    EvaluationError,
    /// The server failed.
    EvaluationFailure,
}

/// One series of a multi-series alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contributor {
    /// What the series is: the values that it is grouped by.
    pub attributes: BTreeMap<String, String>,
    /// ALARM or OK.
    pub state: AlarmState,
    /// The change whose actions a mute rule held back: the state before it.
    #[serde(default)]
    pub muted: Option<AlarmState>,
}

/// What holds back the actions of a composite alarm (cloudwatch.md §6.9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suppression {
    /// By what.
    pub by: SuppressedBy,
    /// When it ends by itself; not while the suppressor is in ALARM.
    pub until: Option<Timestamp>,
    /// The state before the transition whose actions are held back; none while nothing is.
    pub held: Option<AlarmState>,
}

/// What holds actions back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SuppressedBy {
    /// The wait for the suppressor.
    WaitPeriod,
    /// The suppressor is in ALARM.
    Alarm,
    /// The suppressor was in ALARM until a moment ago.
    ExtensionPeriod,
}

/// One thing that happened to an alarm. The key is `NAME\nMILLIS\nSEQUENCE`, both numbers of
/// fixed width (see [`crate::alarms::history`]). Kept for 30 days, also without the alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmHistoryRecord {
    /// Whether the alarm is a composite one.
    pub composite: bool,
    /// What happened.
    pub kind: HistoryKind,
    /// One line for people.
    pub summary: String,
    /// All of it, as JSON text of at most 4,095 bytes.
    pub data: String,
    /// The series of a multi-series alarm: its id and attributes.
    #[serde(default)]
    pub contributor: Option<(String, BTreeMap<String, String>)>,
}

impl Record for AlarmHistoryRecord {
    const KIND: &'static str = "cloudwatch.alarm_history";
    const FORMAT: u32 = 1;
}

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryKind {
    /// It was put or removed.
    ConfigurationUpdate,
    /// Its state changed.
    StateUpdate,
    /// An action ran, or failed.
    Action,
    /// The state of one of its series changed.
    AlarmContributorStateUpdate,
    /// An action of one of its series ran, or failed.
    AlarmContributorAction,
}

/// Something that an alarm has to do, written with the transition that asks for it and removed
/// with the history that says how it went. The key is `NAME\nID`, with a random id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmActionRecord {
    /// What to do.
    pub task: AlarmTask,
    /// The alarm as it was.
    pub alarm: AlarmRecord,
    /// The state before.
    pub old: AlarmState,
    /// The state that asks for it.
    pub new: AlarmState,
    /// The series of a multi-series alarm: its id and attributes.
    #[serde(default)]
    pub contributor: Option<(String, BTreeMap<String, String>)>,
    /// Whether a mute window held it back until now.
    #[serde(default)]
    pub after_mute_window: bool,
    /// When it is tried next.
    pub due: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

impl Record for AlarmActionRecord {
    const KIND: &'static str = "cloudwatch.alarm_action";
    const FORMAT: u32 = 1;
}

/// What an alarm has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmTask {
    /// Run the action of this ARN.
    Run(String),
    /// Run the action of this ARN once more, if the state that asked for it still lasts.
    Repeat(String),
    /// Send an event, whose JSON is ready.
    Event(String),
}

/// A rule that mutes alarms at times (cloudwatch.md §6.11). The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmMuteRuleRecord {
    /// The description, when one was given.
    pub description: Option<String>,
    /// `cron(…)`, five bare fields, or `at(…)`, as given.
    pub expression: String,
    /// How long a window is, ISO 8601, as given.
    pub duration: String,
    /// Name of the time zone; UTC when absent.
    pub timezone: Option<String>,
    /// Names of the alarms that are muted.
    pub targets: Vec<String>,
    /// Not before this time.
    pub start: Option<Timestamp>,
    /// Not from this time on.
    pub expire: Option<Timestamp>,
    /// When it was last put.
    pub updated: Timestamp,
}

impl Record for AlarmMuteRuleRecord {
    const KIND: &'static str = "cloudwatch.alarm_mute_rule";
    const FORMAT: u32 = 1;
}

/// Changes whenever a composite alarm is put in its account and region; the key's name is empty.
/// Who decides by what composite alarms refer to rests on it, so that none is overlooked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositesRecord {
    /// How often one was put.
    pub puts: u64,
}

impl Record for CompositesRecord {
    const KIND: &'static str = "cloudwatch.composites";
    const FORMAT: u32 = 1;
}
