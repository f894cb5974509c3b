//! What alarms publish to topics (cloudwatch.md §7.1). Pure.
//!
//! One publication has three bodies: JSON for programs, prose for mail, one line for phones.

mod email;
mod region_names;
mod trigger;

use std::collections::BTreeMap;

use base::Scope;
use serde_json::{Map, Value, json};

use super::stable_hash::stable_hash;
use super::times::json_time;
use crate::alarms::{Publication, arn};
use crate::record::{AlarmActionRecord, AlarmKind, AlarmRecord, AlarmState, CompositeAlarm, StateValue};
use region_names::long_name;

/// The longest subject that SNS takes.
const SUBJECT_CHARS_MAX: usize = 100;
/// The longest message group that SNS takes.
const GROUP_CHARS_MAX: usize = 128;

/// A change of an alarm's state, as subscribers are told of it.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The account and region of the alarm.
    pub scope: &'a Scope,
    /// The alarm's name.
    pub name: &'a str,
    /// The alarm.
    pub alarm: &'a AlarmRecord,
    /// The state before.
    pub old: &'a AlarmState,
    /// The state that is told of.
    pub new: &'a AlarmState,
    /// The series whose state it is, of a multi-series alarm: its id and attributes.
    pub contributor: Option<(&'a str, &'a BTreeMap<String, String>)>,
    /// Whether a mute window held the notice back until now.
    pub after_mute_window: bool,
}

impl<'a> Notice<'a> {
    /// The notice of an action of an alarm.
    pub fn of(scope: &'a Scope, name: &'a str, action: &'a AlarmActionRecord) -> Self {
        Self {
            scope,
            name,
            alarm: &action.alarm,
            old: &action.old,
            new: &action.new,
            contributor: action.contributor.as_ref().map(|(id, attributes)| (id.as_str(), attributes)),
            after_mute_window: action.after_mute_window,
        }
    }

    /// What is published to a topic. The deduplication id must be unique to the notice and topic.
    pub fn publication(&self, topic_arn: &str, deduplication_id: &str) -> Publication {
        let subject = self.subject();
        let bodies = json!({ "default": self.body(), "email": email::text(self), "sms": subject });
        Publication {
            topic_arn: topic_arn.to_owned(),
            scope: self.scope.clone(),
            source_arn: arn(self.scope, self.name),
            bodies: bodies.to_string(),
            subject,
            message_group_id: message_group_id(&arn(self.scope, self.name)),
            deduplication_id: deduplication_id.to_owned(),
        }
    }

    /// The subject: `ALARM: "NAME" in US East (N. Virginia)`, with the name cut so that it has at
    /// most 100 characters. A subject is ASCII: other characters become `_`. (Recorded is that
    /// characters that SNS forbids become `_`; names hold no ASCII control characters, so these
    /// are what is left.)
    pub fn subject(&self) -> String {
        let (start, end) = (format!("{}: \"", state_text(self.new.value)), format!("\" in {}", self.region()));
        let room = SUBJECT_CHARS_MAX.saturating_sub(start.chars().count() + end.chars().count());
        let name = match self.name.chars().count() <= room {
            true => self.name.to_owned(),
            false => self.name.chars().take(room.saturating_sub(3)).chain("...".chars()).collect(),
        };
        let subject = format!("{start}{name}{end}");
        let allowed = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '_' };
        subject.chars().map(allowed).take(SUBJECT_CHARS_MAX).collect()
    }

    /// The body for programs: a JSON object whose keys stand in CloudWatch's order.
    pub fn body(&self) -> String {
        let alarm = self.alarm;
        let body = json!({
            "AlarmName": self.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": self.scope.account.as_str(),
            "AlarmConfigurationUpdatedTimestamp": json_time(alarm.updated()),
            "NewStateValue": self.new.value,
            "NewStateReason": self.new.reason,
            "StateChangeTime": json_time(self.new.since),
            "Region": self.region(),
            "AlarmArn": arn(self.scope, self.name),
            "OldStateValue": self.old.value,
            "OKActions": alarm.ok_actions,
            "AlarmActions": alarm.alarm_actions,
            "InsufficientDataActions": alarm.insufficient_data_actions,
            "ActionExecutedAfterMuteWindow": self.after_mute_window,
        });
        let Value::Object(mut body) = body else { return body.to_string() };
        if let Some((id, attributes)) = self.contributor {
            body.insert("AlarmContributorId".to_owned(), json!(id));
            body.insert("AlarmContributorAttributes".to_owned(), json!(attributes));
        }
        match &alarm.kind {
            AlarmKind::Metric(metric) => {
                body.insert("Trigger".to_owned(), trigger::json(metric));
            }
            AlarmKind::Composite(composite) => composite_members(&mut body, composite, self.new),
        }
        Value::Object(body).to_string()
    }

    fn region(&self) -> &'a str {
        long_name(&self.scope.region)
    }
}

/// A composite alarm has no Trigger.
fn composite_members(body: &mut Map<String, Value>, composite: &CompositeAlarm, state: &AlarmState) {
    body.insert("AlarmRule".to_owned(), json!(composite.rule));
    if let Some(suppressor) = &composite.suppressor {
        body.insert("ActionsSuppressor".to_owned(), json!(suppressor.alarm));
        body.insert("ActionsSuppressorWaitPeriod".to_owned(), json!(suppressor.wait_secs));
        body.insert("ActionsSuppressorExtensionPeriod".to_owned(), json!(suppressor.extension_secs));
    }
    let told = |child: TriggeringChild| json!({ "Arn": child.arn, "State": { "Value": child.value, "Timestamp": child.timestamp } });
    let children: Vec<Value> = triggering_children(state).into_iter().map(told).collect();
    body.insert("TriggeringChildren".to_owned(), json!(children));
}

/// A child that made a composite alarm change.
struct TriggeringChild {
    arn: String,
    value: String,
    timestamp: String,
}

/// The children that the reason data of a composite alarm names (cloudwatch.md §6.6); none when
/// the state was set by a caller with other data.
fn triggering_children(state: &AlarmState) -> Vec<TriggeringChild> {
    let data: Option<Value> = state.reason_data.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let alarms = data.as_ref().and_then(|data| data.get("triggeringAlarms")?.as_array());
    let child = |alarm: &Value| {
        let text = |pointer: &str| Some(alarm.pointer(pointer)?.as_str()?.to_owned());
        Some(TriggeringChild { arn: text("/arn")?, value: text("/state/value")?, timestamp: text("/state/timestamp")? })
    };
    alarms.into_iter().flatten().filter_map(child).collect()
}

/// The group of an alarm's messages on a FIFO topic: its ARN, or a hash of it where the ARN is
/// no message group (at most 128 ASCII letters, digits and punctuation marks).
fn message_group_id(alarm_arn: &str) -> String {
    let fits = alarm_arn.len() <= GROUP_CHARS_MAX && alarm_arn.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { alarm_arn.to_owned() } else { format!("{:032x}", stable_hash(alarm_arn)) }
}

/// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
pub(super) fn state_text(state: StateValue) -> &'static str {
    match state {
        StateValue::Ok => "OK",
        StateValue::Alarm => "ALARM",
        StateValue::InsufficientData => "INSUFFICIENT_DATA",
    }
}

/// The time when a state came to be, for people.
fn when(state: &AlarmState) -> String {
    super::times::long_time(state.since)
}

#[cfg(test)]
mod tests;
