//! The attributes of a subscription that can be set (cloudwatch.md §8.3, §8.5, §8.6).

use std::collections::BTreeMap;

use base::Arn;
use serde_json::Value;

use super::endpoint::is_queue_arn;
use crate::Outlets;
use crate::delivery_policy::{DeliveryPolicy, Level};
use crate::filter_policy::{FilterPolicy, Scope};
use crate::record::Protocol;
use crate::topics::TopicName;

/// The subscription that attributes are set of.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) outlets: &'a Outlets,
    pub(crate) topic: &'a TopicName,
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: &'a str,
    pub(crate) owner: &'a str,
}

/// The attributes after one is set. An empty value removes it.
///
/// # Errors
/// What follows `Invalid parameter: ` (`Invalid parameter: Attributes Reason: ` in Subscribe).
pub(crate) fn set(
    subject: Subject<'_>,
    attributes: &BTreeMap<String, String>,
    name: &str,
    value: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut after = attributes.clone();
    let kept = match name {
        "RawMessageDelivery" => raw(subject, value)?,
        "DeliveryPolicy" => {
            parsed_unless_empty(value, |text| DeliveryPolicy::parse(text, Level::Subscription).map(|_| ()))?
        }
        "RedrivePolicy" => parsed_unless_empty(value, |text| check_redrive(subject, text))?,
        "FilterPolicy" => parsed_unless_empty(value, |text| check_filter(text, scope_of(attributes)))?,
        "FilterPolicyScope" => {
            let scope = parse_scope(value)?;
            if let Some(policy) = attributes.get("FilterPolicy") {
                check_filter(policy, scope)?;
            }
            Some(value.to_owned())
        }
        // Of Firehose alone, which this server does not deliver to.
        "SubscriptionRoleArn" => return Err("SubscriptionRoleArn is for the firehose protocol only".to_owned()),
        _ => return Err("AttributeName".to_owned()),
    };
    match kept {
        Some(value) => after.insert(name.to_owned(), value),
        None => after.remove(name),
    };
    Ok(after)
}

/// The attributes that a new subscription is given. The scope is looked at first: the policy is
/// read by it.
///
/// # Errors
/// The same.
pub(crate) fn set_all(subject: Subject<'_>, given: &[(String, String)]) -> Result<BTreeMap<String, String>, String> {
    let mut attributes = BTreeMap::new();
    let (scope, others): (Vec<_>, Vec<_>) = given.iter().partition(|(name, _)| name == "FilterPolicyScope");
    for (name, value) in scope.into_iter().chain(others) {
        attributes = set(subject, &attributes, name, value)?;
    }
    Ok(attributes)
}

/// The value as it was given once it is checked; none when there is nothing in it.
fn parsed_unless_empty(value: &str, check: impl FnOnce(&str) -> Result<(), String>) -> Result<Option<String>, String> {
    if value.is_empty() || value.trim() == "{}" {
        return Ok(None);
    }
    check(value).map(|()| Some(value.to_owned()))
}

fn raw(subject: Subject<'_>, value: &str) -> Result<Option<String>, String> {
    match value.to_ascii_lowercase().as_str() {
        "" | "false" => Ok(None),
        "true" if matches!(subject.protocol, Protocol::Http | Protocol::Https | Protocol::Sqs) => {
            Ok(Some("true".to_owned()))
        }
        "true" => {
            Err(format!("Delivery protocol [{}] does not support raw message delivery.", subject.protocol.as_str()))
        }
        _ => Err(format!("RawMessageDelivery: Invalid value [{value}]. Must be true or false.")),
    }
}

fn parse_scope(value: &str) -> Result<Scope, String> {
    match value {
        "MessageAttributes" => Ok(Scope::MessageAttributes),
        "MessageBody" => Ok(Scope::MessageBody),
        other => Err(format!(
            "FilterPolicyScope: Invalid value [{other}]. Please use either MessageBody or MessageAttributes"
        )),
    }
}

fn check_filter(text: &str, scope: Scope) -> Result<(), String> {
    FilterPolicy::parse(text, scope).map(|_| ())
}

fn check_redrive(subject: Subject<'_>, text: &str) -> Result<(), String> {
    let policy: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    let policy = policy.ok_or("RedrivePolicy: failed to parse JSON.")?;
    let arn = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    let arn = arn.filter(|arn| is_queue_arn(arn)).ok_or("RedrivePolicy: deadLetterTargetArn is an invalid arn")?;
    let parsed: Arn = arn.parse().map_err(|_| "RedrivePolicy: deadLetterTargetArn is an invalid arn")?;
    // The rules are documented, the words are ours, save for FIFO queues.
    if parsed.account != subject.owner || parsed.region != subject.topic.scope.region.as_str() {
        return Err("RedrivePolicy: deadLetterTargetArn must be in the subscription's account and region".to_owned());
    }
    let fifo = (subject.topic.name.ends_with(".fifo"), subject.endpoint.ends_with(".fifo"));
    match (fifo, parsed.resource.ends_with(".fifo")) {
        ((true, true), false) => {
            return Err(
                "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.".to_owned()
            );
        }
        ((false, _), true) => {
            return Err(
                "RedrivePolicy: must use a standard queue as DLQ for a subscription to a standard topic.".to_owned()
            );
        }
        _ => {}
    }
    match subject.outlets.upstreams.serves("sqs") {
        true => Ok(()),
        false => {
            Err("RedrivePolicy: this server knows no SQS to deliver to; start it with --upstream sqs=URL".to_owned())
        }
    }
}

/// What a subscription's filter policy is applied to.
pub(crate) fn scope_of(attributes: &BTreeMap<String, String>) -> Scope {
    match attributes.get("FilterPolicyScope").map(String::as_str) {
        Some("MessageBody") => Scope::MessageBody,
        _ => Scope::MessageAttributes,
    }
}

/// Whether a subscription gets the body alone.
pub(crate) fn is_raw(attributes: &BTreeMap<String, String>) -> bool {
    attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
}

/// The queue that takes what cannot be delivered.
pub(crate) fn dead_letter_queue(attributes: &BTreeMap<String, String>) -> Option<String> {
    let policy: Value = serde_json::from_str(attributes.get("RedrivePolicy")?).ok()?;
    policy.get("deadLetterTargetArn")?.as_str().map(str::to_owned)
}

/// Whether a subscription that has attributes has these too. What is not set is as good as its
/// default.
pub(crate) fn agrees(
    has: &BTreeMap<String, String>,
    asked: &[(String, String)],
    wanted: &BTreeMap<String, String>,
) -> bool {
    asked.iter().all(|(name, _)| {
        let default = |attributes: &BTreeMap<String, String>| match name.as_str() {
            "FilterPolicyScope" => attributes.get(name).cloned().or_else(|| Some("MessageAttributes".to_owned())),
            _ => attributes.get(name).cloned(),
        };
        default(has) == default(wanted)
    })
}
