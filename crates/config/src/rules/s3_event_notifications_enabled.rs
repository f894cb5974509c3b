//! `S3_EVENT_NOTIFICATIONS_ENABLED`: buckets tell of events, and to whom they are asked to.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::BUCKET;
use crate::shapes::untold;

/// `S3_EVENT_NOTIFICATIONS_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_EVENT_NOTIFICATIONS_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[
        Parameter::optional("destinationArn", ParameterKind::Text),
        Parameter::optional("eventTypes", ParameterKind::List),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let Some(notifications) = item.supplement("BucketNotificationConfiguration") else {
        return untold("BucketNotificationConfiguration");
    };
    let all = item::at(&notifications, "configurations").and_then(Value::as_object);
    let mut configurations: Vec<&Value> = all.into_iter().flat_map(|all| all.values()).collect();
    if configurations.is_empty() {
        return Verdict::non_compliant("Event notifications are not enabled.");
    }
    if let Some(wanted) = parameters.text("destinationArn") {
        configurations.retain(|configuration| destination(configuration) == Some(wanted));
        if configurations.is_empty() {
            return Verdict::non_compliant(format!("No events are sent to {wanted}."));
        }
    }
    let is_sent = |wanted: &str| configurations.iter().any(|configuration| sends(configuration, wanted));
    let missing = parameters.list("eventTypes").unwrap_or_default().into_iter().find(|wanted| !is_sent(wanted));
    Verdict::of(missing.map(|event| format!("No notification is sent for {event}.")))
}

fn destination(configuration: &Value) -> Option<&str> {
    ["queueARN", "topicARN", "functionARN"].iter().find_map(|key| item::at(configuration, key)?.as_str())
}

/// Whether a type of events is among those that are sent, as it is written or within one such as `s3:ObjectCreated:*`.
fn sends(configuration: &Value, wanted: &str) -> bool {
    let covers = |event: &str| match event.strip_suffix('*') {
        Some(start) => wanted.starts_with(start),
        None => wanted == event,
    };
    let events = item::at(configuration, "events").and_then(Value::as_array);
    events.is_some_and(|events| events.iter().filter_map(Value::as_str).any(covers))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn the_events_that_are_asked_for_are_sent_where_it_is_asked() {
        let queue = "arn:aws:sqs:eu-west-1:123456789012:acme";
        let topic = "arn:aws:sns:eu-west-1:123456789012:acme";
        let some = json!({
            "one": { "type": "QueueConfiguration", "queueARN": queue, "events": ["s3:ObjectCreated:*"], "filter": null },
            "two": { "type": "TopicConfiguration", "topicARN": topic, "events": ["s3:ObjectRemoved:Delete"], "filter": null },
        });
        for (configurations, parameters, expected) in [
            (&some, json!({}), Compliance::Compliant),
            (&json!({}), json!({}), Compliance::NonCompliant),
            (&some, json!({ "destinationArn": topic }), Compliance::Compliant),
            (&some, json!({ "destinationArn": "arn:aws:sns:eu-west-1:123456789012:b" }), Compliance::NonCompliant),
            (&some, json!({ "eventTypes": "s3:ObjectCreated:Put, s3:ObjectRemoved:Delete" }), Compliance::Compliant),
            (&some, json!({ "eventTypes": "s3:ObjectRemoved:*" }), Compliance::NonCompliant),
            (&some, json!({ "destinationArn": topic, "eventTypes": "s3:ObjectCreated:*" }), Compliance::NonCompliant),
            (&some, json!({ "destinationArn": queue, "eventTypes": "s3:ObjectCreated:*" }), Compliance::Compliant),
        ] {
            let item = bucket(json!({ "BucketNotificationConfiguration": { "configurations": configurations } }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configurations} {parameters}");
        }
        let untold = bucket(json!({ "BucketNotificationConfiguration": null }));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }
}
