//! The delivery channel of an account and region (config.md §4).

use api::ServiceError;
use api::config::{errors, types};
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Versioned};

/// The name that a channel has unless it is given another.
pub(crate) const DEFAULT_NAME: &str = "default";

/// The delivery channel. There is one at most: the key is the account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelRecord {
    pub(crate) name: String,
    pub(crate) bucket: String,
    pub(crate) prefix: Option<String>,
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) topic_arn: Option<String>,
    /// Hours from one snapshot to the next; none are made by themselves without.
    pub(crate) snapshot_hours: Option<i64>,
    /// When it was set up so.
    pub(crate) put: Timestamp,
}

impl Record for ChannelRecord {
    const KIND: &'static str = "config.channel";
    const FORMAT: u32 = 1;
}

/// How deliveries went. The key is the channel's; it goes with the channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelStatusRecord {
    pub(crate) snapshot: Option<Attempt>,
    pub(crate) history: Option<Attempt>,
    pub(crate) stream: Option<StreamState>,
}

impl Record for ChannelStatusRecord {
    const KIND: &'static str = "config.channel_status";
    const FORMAT: u32 = 1;
}

/// The last delivery of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) attempted: Timestamp,
    pub(crate) succeeded: Option<Timestamp>,
    pub(crate) failure: Option<Failure>,
}

/// How the last message went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) changed: Timestamp,
    pub(crate) failure: Option<Failure>,
}

/// Why a delivery failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl From<crate::ports::PortError> for Failure {
    fn from(error: crate::ports::PortError) -> Self {
        Self { code: error.code, message: error.message }
    }
}

/// The key of the channel of an account and region.
pub(crate) fn key(scope: &Scope) -> Key {
    Key::regional(&scope.account, &scope.region, "")
}

/// The channel of an account and region, if there is one.
pub(crate) fn find(catalog: &Catalog, scope: &Scope) -> Option<Versioned<ChannelRecord>> {
    catalog.get(&key(scope))
}

/// The channel of this name.
///
/// # Errors
/// `NoSuchDeliveryChannelException`
pub(crate) fn named(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Versioned<ChannelRecord>, ServiceError> {
    let found = find(catalog, scope).filter(|found| found.value.name == name);
    found.ok_or_else(|| {
        let message = format!("Cannot find delivery channel with specified name '{name}'.");
        errors::no_such_delivery_channel_exception(message)
    })
}

/// The channels that a request names; all there are when it names none.
///
/// # Errors
/// `NoSuchDeliveryChannelException`
pub(crate) fn selected(
    catalog: &Catalog,
    scope: &Scope,
    names: Option<&[String]>,
) -> Result<Vec<Versioned<ChannelRecord>>, ServiceError> {
    match names.unwrap_or_default() {
        [] => Ok(find(catalog, scope).into_iter().collect()),
        names => names.iter().map(|name| named(catalog, scope, name)).collect(),
    }
}

/// Hours by the word for them (DC-15).
pub(crate) fn hours(frequency: types::MaximumExecutionFrequency) -> i64 {
    match frequency {
        types::MaximumExecutionFrequency::OneHour => 1,
        types::MaximumExecutionFrequency::ThreeHours => 3,
        types::MaximumExecutionFrequency::SixHours => 6,
        types::MaximumExecutionFrequency::TwelveHours => 12,
        types::MaximumExecutionFrequency::TwentyFourHours => 24,
    }
}

pub(crate) fn frequency(hours: i64) -> Option<types::MaximumExecutionFrequency> {
    types::MaximumExecutionFrequency::ALL.iter().copied().find(|known| self::hours(*known) == hours)
}

impl ChannelRecord {
    /// `DeliveryChannel`: what was stored, and nothing else.
    pub(crate) fn to_api(&self) -> types::DeliveryChannel {
        types::DeliveryChannel {
            name: Some(self.name.clone()),
            s3_bucket_name: Some(self.bucket.clone()),
            s3_key_prefix: self.prefix.clone(),
            s3_kms_key_arn: self.kms_key_arn.clone(),
            sns_topic_arn: self.topic_arn.clone(),
            config_snapshot_delivery_properties: self
                .snapshot_hours
                .map(|hours| types::ConfigSnapshotDeliveryProperties { delivery_frequency: frequency(hours) }),
        }
    }

    /// The folder of an account's files: `[prefix/]AWSLogs/<account>/Config`.
    pub(crate) fn folder(&self, scope: &Scope) -> String {
        let folder = format!("AWSLogs/{}/Config", scope.account);
        match &self.prefix {
            Some(prefix) => format!("{prefix}/{folder}"),
            None => folder,
        }
    }

    /// `DeliveryChannelStatus` (config.md §4.2), with words in upper case, as AWS sends them.
    pub(crate) fn to_status(&self, status: &ChannelStatusRecord, next: NextDeliveries) -> types::DeliveryChannelStatus {
        let stream = match (&self.topic_arn, &status.stream) {
            (None, _) => types::ConfigStreamDeliveryInfo {
                last_status: Some("NOT_APPLICABLE".to_owned()),
                ..types::ConfigStreamDeliveryInfo::default()
            },
            (Some(_), None) => types::ConfigStreamDeliveryInfo::default(),
            (Some(_), Some(state)) => types::ConfigStreamDeliveryInfo {
                last_status: Some(word(state.failure.as_ref())),
                last_error_code: state.failure.as_ref().map(|failure| failure.code.clone()),
                last_error_message: state.failure.as_ref().map(|failure| failure.message.clone()),
                last_status_change_time: Some(state.changed),
            },
        };
        types::DeliveryChannelStatus {
            name: Some(self.name.clone()),
            config_snapshot_delivery_info: Some(export(status.snapshot.as_ref(), next.snapshot)),
            config_history_delivery_info: Some(export(status.history.as_ref(), next.history)),
            config_stream_delivery_info: Some(stream),
        }
    }
}

/// When deliveries are due.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NextDeliveries {
    pub(crate) snapshot: Option<Timestamp>,
    pub(crate) history: Option<Timestamp>,
}

fn export(attempt: Option<&Attempt>, next: Option<Timestamp>) -> types::ConfigExportDeliveryInfo {
    // What was never delivered is empty, as at AWS.
    let Some(attempt) = attempt else { return types::ConfigExportDeliveryInfo::default() };
    types::ConfigExportDeliveryInfo {
        last_status: Some(word(attempt.failure.as_ref())),
        last_error_code: attempt.failure.as_ref().map(|failure| failure.code.clone()),
        last_error_message: attempt.failure.as_ref().map(|failure| failure.message.clone()),
        last_attempt_time: Some(attempt.attempted),
        last_successful_time: attempt.succeeded,
        next_delivery_time: next,
    }
}

fn word(failure: Option<&Failure>) -> String {
    if failure.is_some() { "FAILURE" } else { "SUCCESS" }.to_owned()
}
