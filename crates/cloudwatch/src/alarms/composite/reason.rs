//! Why composite alarms are in their state (cloudwatch.md §6.5, §6.6).

use base::{Scope, Timestamp};

use crate::alarms::arn;
use crate::record::StateValue;

/// Characters of StateReasonData.
const DATA_MAX: usize = 4000;

/// Characters of StateReason.
const REASON_MAX: usize = 1023;

/// An alarm that a rule refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Child {
    /// Its name.
    pub(super) name: String,
    /// Its state.
    pub(super) value: StateValue,
    /// Since when.
    pub(super) since: Timestamp,
}

/// What an evaluation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is the first.
    Created,
    /// The rule is another. The words are made like those for the first one (inferred).
    Updated,
    /// Children changed.
    Children,
}

/// The reason of a state.
pub(super) fn text(scope: &Scope, name: &str, cause: Cause, value: StateValue, children: &[Child]) -> String {
    let own = |verb| format!("{} was {verb} and its alarm rule evaluates to {}", arn(scope, name), word(value));
    let latest = children.iter().max_by_key(|child| child.since);
    let text = match (cause, latest) {
        (Cause::Children, Some(child)) => {
            let at = date(child.since);
            format!("{} transitioned to {} at {at}", arn(scope, &child.name), word(child.value))
        }
        (Cause::Created, _) => own("created"),
        (Cause::Updated | Cause::Children, _) => own("updated"),
    };
    text.chars().take(REASON_MAX).collect()
}

/// The reason's data: the children that the evaluation comes from, as many as there is room for.
pub(super) fn data(scope: &Scope, children: &[Child]) -> String {
    let mut data = String::from(r#"{"triggeringAlarms":["#);
    for (at, child) in children.iter().enumerate() {
        let arn = serde_json::Value::from(arn(scope, &child.name));
        let comma = if at == 0 { "" } else { "," };
        let since = child.since.iso_millis().replace('Z', "+0000");
        let value = word(child.value);
        let item = format!(r#"{comma}{{"arn":{arn},"state":{{"value":"{value}","timestamp":"{since}"}}}}"#);
        if data.chars().count() + item.chars().count() + 2 > DATA_MAX {
            break;
        }
        data.push_str(&item);
    }
    data.push_str("]}");
    data
}

/// `Friday 22 July, 2022 15:57:45 UTC`
fn date(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.millis()) {
        Ok(at) => at.strftime("%A %d %B, %Y %H:%M:%S UTC").to_string(),
        Err(_) => at.to_string(),
    }
}

/// The value as the API spells it.
pub(super) fn word(value: StateValue) -> &'static str {
    match value {
        StateValue::Ok => "OK",
        StateValue::Alarm => "ALARM",
        StateValue::InsufficientData => "INSUFFICIENT_DATA",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
    }

    /// The recorded texts, with the time they tell of.
    fn child(name: &str) -> Child {
        Child { name: name.to_owned(), value: StateValue::Alarm, since: Timestamp::from_millis(1_658_505_465_394) }
    }

    #[test]
    fn reasons_are_spelled_as_recorded() {
        let text = |cause, children: &[Child]| text(&scope(), "c", cause, StateValue::Ok, children);
        assert_eq!(
            text(Cause::Children, &[child("a")]),
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC"
        );
        assert_eq!(
            text(Cause::Created, &[child("a")]),
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:c was created and its alarm rule evaluates to OK"
        );
        assert_eq!(
            text(Cause::Updated, &[]),
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:c was updated and its alarm rule evaluates to OK"
        );
        assert_eq!(
            data(&scope(), &[child("a\"b")]),
            r#"{"triggeringAlarms":[{"arn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:a\"b","state":{"value":"ALARM","timestamp":"2022-07-22T15:57:45.394+0000"}}]}"#
        );
        assert_eq!(data(&scope(), &[]), r#"{"triggeringAlarms":[]}"#);
    }

    #[test]
    fn the_reason_names_the_child_that_changed_last() {
        let late = Child { since: Timestamp::from_millis(1_658_505_466_000), ..child("late") };
        let reason = text(&scope(), "c", Cause::Children, StateValue::Alarm, &[child("a"), late, child("b")]);
        assert!(reason.starts_with("arn:aws:cloudwatch:us-east-1:111122223333:alarm:late transitioned"), "{reason}");
    }

    #[test]
    fn data_of_many_children_stays_within_the_limit_and_is_json() {
        let children: Vec<Child> = (0..100).map(|n| child(&format!("{n:0>200}"))).collect();
        let data = data(&scope(), &children);
        assert!(data.chars().count() <= DATA_MAX);
        let parsed: serde_json::Value = serde_json::from_str(&data).unwrap();
        assert!(parsed["triggeringAlarms"].as_array().unwrap().len() > 5);
    }
}
