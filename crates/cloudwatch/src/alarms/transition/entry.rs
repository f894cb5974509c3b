//! What transitions write into an alarm's history (cloudwatch.md §6.8).

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use crate::alarms::mute::ActiveMute;
use crate::record::{AlarmHistoryRecord, AlarmKind, AlarmRecord, AlarmState, HistoryKind};

/// Bytes of HistoryData.
const DATA_MAX: usize = 4095;

/// The series of a multi-series alarm that an entry is about: its id and attributes.
type Series = Option<(String, BTreeMap<String, String>)>;

/// The entry for a state that was written.
pub(super) fn state_update(
    alarm: &AlarmRecord,
    old: &AlarmState,
    new: &AlarmState,
    contributor: Series,
) -> AlarmHistoryRecord {
    let (kind, subject) = match &contributor {
        None => (HistoryKind::StateUpdate, "Alarm"),
        Some(_) => (HistoryKind::AlarmContributorStateUpdate, "Alarm contributor"),
    };
    let summary = format!("{subject} updated from {} to {}", old.value.as_str(), new.value.as_str());
    // What is too long loses the reasons' data, the old one first.
    let data = [(true, true), (false, true), (false, false)]
        .into_iter()
        .map(|(old_data, new_data)| {
            format!(r#"{{"version":"1.0","oldState":{},"newState":{}}}"#, state(old, old_data), state(new, new_data))
        })
        .find(|data| data.len() <= DATA_MAX)
        .unwrap_or_else(|| {
            format!(
                r#"{{"version":"1.0","oldState":{{"stateValue":"{}"}},"newState":{{"stateValue":"{}"}}}}"#,
                old.value.as_str(),
                new.value.as_str()
            )
        });
    AlarmHistoryRecord { composite: is_composite(alarm), kind, summary, data, contributor }
}

/// The entry for an action that a mute rule holds back. What AWS writes is not recorded: the
/// members are those of other actions (inferred).
pub(super) fn muted_action(
    alarm: &AlarmRecord,
    arn: &str,
    new: &AlarmState,
    mute: &ActiveMute,
    contributor: Series,
) -> AlarmHistoryRecord {
    let others = match mute.others {
        0 => String::new(),
        1 => " and 1 other active mute rule".to_owned(),
        others => format!(" and {others} other active mute rules"),
    };
    let reason = format!("Action is muted by alarm mute rule {}{others}", mute.rule);
    let data = serde_json::json!({
        "actionState": "Muted",
        "stateUpdateTimestamp": new.since.millis(),
        "notificationResource": arn,
        "publishedMessage": null,
        "error": null,
        "muteRule": mute.rule,
        "otherActiveMuteRules": mute.others,
        "muteWindowEndTimestamp": mute.end.millis(),
    });
    let kind = match contributor {
        None => HistoryKind::Action,
        Some(_) => HistoryKind::AlarmContributorAction,
    };
    AlarmHistoryRecord {
        composite: is_composite(alarm),
        kind,
        summary: format!("Muted action {arn}. {reason}"),
        data: data.to_string(),
        contributor,
    }
}

fn is_composite(alarm: &AlarmRecord) -> bool {
    matches!(alarm.kind, AlarmKind::Composite(_))
}

/// A state, with its reason's data as an object when that is asked for and there is one.
fn state(state: &AlarmState, with_data: bool) -> String {
    let reason = serde_json::Value::from(state.reason.as_str());
    let data = state.reason_data.as_deref().filter(|_| with_data);
    let data = data.filter(|data| serde_json::from_str::<IgnoredAny>(data).is_ok());
    let data = data.map(|data| format!(r#","stateReasonData":{data}"#)).unwrap_or_default();
    format!(r#"{{"stateValue":"{}","stateReason":{reason}{data}}}"#, state.value.as_str())
}
