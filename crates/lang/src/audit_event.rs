//! Audit events of other systems, as channels of CloudTrail take them: whether one has the schema, and the record that
//! it becomes (cloudtrail.md §7.8).

use std::net::IpAddr;

use base::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

const VERSION_CHARS_MAX: usize = 256;
const TYPE_CHARS_MAX: usize = 128;
const TEXT_CHARS_MAX: usize = 1024;
const ERROR_CHARS_MAX: usize = 256;
const PARAMETERS_BYTES_MAX: usize = 100 << 10;
const ADDITIONAL_BYTES_MAX: usize = 28 << 10;

/// Why an event is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `errorCode`
    pub code: &'static str,
    /// `errorMessage`
    pub message: String,
}

/// What a channel asks of its events.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The account that owns the channel: every event is for it.
    pub account: &'a AccountId,
    /// The `eventSource` that every event must have, if there is one.
    pub source: Option<&'a str>,
}

/// An event that has the schema.
#[derive(Clone, Copy, Debug)]
pub struct AuditEvent<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// As it was given, but for blanks around it.
    data: &'a RawValue,
}

/// `eventData`. A member that is given twice is refused by the reader.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventData {
    version: Option<Json>,
    user_identity: Option<Json>,
    user_agent: Option<Json>,
    event_source: Option<Json>,
    event_name: Option<Json>,
    event_time: Option<Json>,
    #[serde(rename = "UID")]
    uid: Option<Json>,
    request_parameters: Option<Json>,
    response_elements: Option<Json>,
    error_code: Option<Json>,
    error_message: Option<Json>,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<Json>,
    recipient_account_id: Option<Json>,
    additional_event_data: Option<Json>,
}

/// The record, with its keys in the order of the schema.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    event_category: &'static str,
    event_type: &'static str,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    event_time: String,
    aws_region: &'a str,
    recipient_account_id: &'a str,
    metadata: Metadata<'a>,
    event_data: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    ingestion_time: String,
    #[serde(rename = "channelARN")]
    channel_arn: &'a str,
}

/// How an event came in.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The id that it got.
    pub event_id: &'a str,
    /// Where it was put.
    pub region: &'a str,
    /// Whose channel it came through.
    pub account: &'a AccountId,
    /// The channel.
    pub channel_arn: &'a str,
    /// When it was put.
    pub time: Timestamp,
}

impl<'a> AuditEvent<'a> {
    /// Reads `eventData`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(given: &'a str, expected: Expected<'_>) -> Result<Self, Refusal> {
        let broken = |error: serde_json::Error| invalid(format!("The event data is not as the schema says: {error}."));
        let data: &RawValue = serde_json::from_str(given).map_err(broken)?;
        if !data.get().starts_with('{') {
            return Err(invalid("The event data is not a JSON object."));
        }
        let event: EventData = serde_json::from_str(data.get()).map_err(broken)?;
        needed_text("version", event.version.as_ref(), VERSION_CHARS_MAX)?;
        check_identity(event.user_identity.as_ref())?;
        let source = needed_text("eventSource", event.event_source.as_ref(), TEXT_CHARS_MAX)?;
        needed_text("eventName", event.event_name.as_ref(), TEXT_CHARS_MAX)?;
        let time = needed_text("eventTime", event.event_time.as_ref(), TEXT_CHARS_MAX)?;
        let time = event_time(time).ok_or_else(|| {
            invalid(format!("The eventTime {time} is not a time in UTC of the form yyyy-MM-ddTHH:mm:ssZ."))
        })?;
        needed_text("UID", event.uid.as_ref(), TEXT_CHARS_MAX)?;
        let recipient = needed_text("recipientAccountId", event.recipient_account_id.as_ref(), TEXT_CHARS_MAX)?;
        text("userAgent", event.user_agent.as_ref(), TEXT_CHARS_MAX)?;
        text("errorCode", event.error_code.as_ref(), ERROR_CHARS_MAX)?;
        text("errorMessage", event.error_message.as_ref(), ERROR_CHARS_MAX)?;
        if let Some(address) = text("sourceIPAddress", event.source_ip_address.as_ref(), TEXT_CHARS_MAX)?
            && address.parse::<IpAddr>().is_err()
        {
            return Err(invalid(format!("The sourceIPAddress {address} is not an address of IPv4 or IPv6.")));
        }
        object("requestParameters", event.request_parameters.as_ref(), PARAMETERS_BYTES_MAX)?;
        object("responseElements", event.response_elements.as_ref(), PARAMETERS_BYTES_MAX)?;
        object("additionalEventData", event.additional_event_data.as_ref(), ADDITIONAL_BYTES_MAX)?;
        if recipient != expected.account.as_str() {
            let message = format!("The recipientAccountId {recipient} is not the account of the channel.");
            return Err(Refusal { code: "InvalidRecipient", message });
        }
        match expected.source {
            Some(expected) if expected != source => Err(Refusal {
                code: "InvalidEventSource",
                message: format!("The eventSource {source} is not the source of the channel, {expected}."),
            }),
            _ => Ok(Self { time, data }),
        }
    }

    /// The record that is stored of the event.
    pub fn record(&self, arrival: Arrival<'_>) -> String {
        let record = Record {
            event_version: "1.0",
            event_category: "ActivityAuditLog",
            event_type: "ActivityLog",
            event_id: arrival.event_id,
            event_time: spaced(self.time),
            aws_region: arrival.region,
            recipient_account_id: arrival.account.as_str(),
            metadata: Metadata { ingestion_time: spaced(arrival.time), channel_arn: arrival.channel_arn },
            event_data: self.data,
        };
        serde_json::to_string(&record).expect("a record has only text keys")
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal { code: "InvalidData", message: message.into() }
}

/// `2026-03-02 08:14:09.000`
fn spaced(time: Timestamp) -> String {
    time.iso_millis().trim_end_matches('Z').replace('T', " ")
}

/// A text that must be there.
fn needed_text<'a>(name: &str, value: Option<&'a Json>, chars_max: usize) -> Result<&'a str, Refusal> {
    text(name, value, chars_max)?
        .ok_or_else(|| Refusal { code: "FieldNotFound", message: format!("The field {name} is required.") })
}

/// A text that may be there.
fn text<'a>(name: &str, value: Option<&'a Json>, chars_max: usize) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let Json::String(text) = value else { return Err(invalid(format!("The field {name} is not a string."))) };
    match text.chars().count() > chars_max {
        true => Err(Refusal {
            code: "FieldTooLong",
            message: format!("The field {name} has more than {chars_max} characters."),
        }),
        false => Ok(Some(text)),
    }
}

/// An object that may be there.
fn object(name: &str, value: Option<&Json>, bytes_max: usize) -> Result<(), Refusal> {
    let Some(value) = value else { return Ok(()) };
    if !value.is_object() {
        return Err(invalid(format!("The field {name} is not an object.")));
    }
    match value.to_string().len() > bytes_max {
        true => {
            Err(Refusal { code: "FieldTooLong", message: format!("The field {name} has more than {bytes_max} bytes.") })
        }
        false => Ok(()),
    }
}

fn check_identity(value: Option<&Json>) -> Result<(), Refusal> {
    object("userIdentity", value, usize::MAX)?;
    let Some(identity) = value else {
        return Err(Refusal { code: "FieldNotFound", message: "The field userIdentity is required.".to_owned() });
    };
    let member = |name: &str| identity.get(name).filter(|value| !value.is_null());
    needed_text("userIdentity.type", member("type"), TYPE_CHARS_MAX)?;
    needed_text("userIdentity.principalId", member("principalId"), TEXT_CHARS_MAX)?;
    object("userIdentity.details", member("details"), usize::MAX)
}

/// A time of day in UTC, to the second or finer, with or without the `Z`.
fn event_time(text: &str) -> Option<Timestamp> {
    let civil = text.strip_suffix('Z').unwrap_or(text);
    let (whole, fraction) = civil.split_once('.').unwrap_or((civil, "0"));
    let has_form = whole.len() == "2026-03-02T08:14:09".len()
        && whole.as_bytes().get(10) == Some(&b'T')
        && (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    has_form.then(|| Timestamp::parse_iso(&format!("{civil}Z"))).flatten()
}

#[cfg(test)]
mod tests;
