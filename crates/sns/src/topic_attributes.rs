//! The attributes of a topic: what can be set, and what is shown (cloudwatch.md §8.2).

use std::collections::BTreeMap;

use store::Catalog;

use crate::delivery_policy::{DeliveryPolicy, Effective, Level};
use crate::record::TopicRecord;
use crate::service::TopicPolicies;
use crate::topics::TopicName;
use crate::{subscriptions, topic_policy};

const DISPLAY_NAME_CHARS_MAX: usize = 100;

/// The attributes of a topic after one is set. An empty value removes it.
///
/// # Errors
/// What follows `Invalid parameter: ` and, but for unknown names, `Attributes Reason: `.
pub(crate) fn set(
    policies: &dyn TopicPolicies,
    attributes: &BTreeMap<String, String>,
    fifo: bool,
    name: &str,
    value: &str,
) -> Result<BTreeMap<String, String>, Problem> {
    let reason = |text: String| Err(Problem::Reason(text));
    let kept = match (name, value) {
        ("DisplayName" | "DeliveryPolicy" | "Policy" | "KmsMasterKeyId", "") => None,
        ("DisplayName", text) if !is_display_name(text) => return reason("DisplayName".to_owned()),
        ("SignatureVersion", text) if !matches!(text, "1" | "2") => {
            return reason("SignatureVersion: Invalid value. Must be 1 or 2.".to_owned());
        }
        ("TracingConfig", text) if !matches!(text, "Active" | "PassThrough") => {
            return reason(format!("Invalid tracing config value: {text}"));
        }
        ("DeliveryPolicy", text) => {
            DeliveryPolicy::parse(text, Level::Topic).map_err(Problem::Plain)?;
            Some(text)
        }
        ("Policy", text) => {
            check_policy(policies, text)?;
            Some(text)
        }
        ("ContentBasedDeduplication" | "FifoThroughputScope", _) if !fifo => {
            return reason(format!("{name} is for FIFO topics only"));
        }
        ("ContentBasedDeduplication", text) => Some(flag(name, text)?),
        ("FifoThroughputScope", text) if !matches!(text, "Topic" | "MessageGroup") => {
            return reason(format!("{name}: Invalid value [{text}]. Must be Topic or MessageGroup."));
        }
        ("DisplayName" | "SignatureVersion" | "TracingConfig" | "KmsMasterKeyId" | "FifoThroughputScope", text) => {
            Some(text)
        }
        _ => return Err(Problem::UnknownName),
    };
    let mut after = attributes.clone();
    match kept {
        Some(value) => after.insert(name.to_owned(), value.to_owned()),
        None => after.remove(name),
    };
    Ok(after)
}

/// Why an attribute cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no such attribute.
    UnknownName,
    /// What follows `Attributes Reason: `.
    Reason(String),
    /// What follows `Invalid parameter: `.
    Plain(String),
}

impl Problem {
    /// What follows `Invalid parameter: `.
    pub(crate) fn text(self, name: &str, creating: bool) -> String {
        match self {
            Self::UnknownName if creating => format!("Attributes Reason: Unknown attribute {name}"),
            Self::UnknownName => "AttributeName".to_owned(),
            Self::Reason(text) => format!("Attributes Reason: {text}"),
            Self::Plain(text) if creating => format!("Attributes Reason: {text}"),
            Self::Plain(text) => text,
        }
    }
}

fn check_policy(policies: &dyn TopicPolicies, text: &str) -> Result<(), Problem> {
    let plain = |error: api::ServiceError| {
        let message = error.message.unwrap_or_default();
        Problem::Plain(message.trim_start_matches("Invalid parameter: ").to_owned())
    };
    topic_policy::check_actions(text).map_err(plain)?;
    policies.check(text).map_err(|problem| Problem::Plain(format!("Policy Error: {problem}")))
}

/// `true` or `false`, however it is written.
pub(crate) fn flag<'a>(name: &str, text: &'a str) -> Result<&'a str, Problem> {
    let known = ["true", "false"].into_iter().find(|known| text.eq_ignore_ascii_case(known));
    known.ok_or_else(|| Problem::Reason(format!("{name}: Invalid value [{text}]. Must be true or false.")))
}

fn is_display_name(text: &str) -> bool {
    text.chars().count() <= DISPLAY_NAME_CHARS_MAX && !text.chars().any(char::is_control)
}

/// All attributes, as `GetTopicAttributes` shows them.
pub(crate) fn shown(catalog: &Catalog, topic: &TopicName, record: &TopicRecord) -> Vec<(String, String)> {
    let subscriptions = subscriptions::of_topic(catalog, topic);
    let pending = subscriptions.iter().filter(|(_, found)| found.value.pending.is_some()).count();
    let mut shown: BTreeMap<String, String> = record.attributes.clone();
    let mut add = |name: &str, value: String| {
        shown.entry(name.to_owned()).or_insert(value);
    };
    add("DisplayName", String::new());
    add("Owner", topic.scope.account.to_string());
    add("Policy", topic_policy::default_policy(topic));
    add("TopicArn", topic.arn());
    add("SubscriptionsConfirmed", (subscriptions.len() - pending).to_string());
    add("SubscriptionsPending", pending.to_string());
    add("SubscriptionsDeleted", record.deleted_subscriptions.to_string());
    let own = record.attributes.get("DeliveryPolicy").map(String::as_str);
    add("EffectiveDeliveryPolicy", Effective::topic_json(own));
    if record.is_fifo() {
        add("ContentBasedDeduplication", "false".to_owned());
    }
    shown.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ServicePublish;

    struct Anything;

    impl TopicPolicies for Anything {
        fn check(&self, _policy: &str) -> Result<(), String> {
            Ok(())
        }

        fn service_may_publish(&self, _asked: &ServicePublish<'_>) -> bool {
            true
        }
    }

    fn refusal(fifo: bool, name: &str, value: &str) -> String {
        set(&Anything, &BTreeMap::new(), fifo, name, value).unwrap_err().text(name, false)
    }

    #[test]
    fn wrong_values_are_refused_in_aws_words() {
        for (name, value, expected) in [
            ("DisplayName", "x".repeat(101).as_str(), "Attributes Reason: DisplayName"),
            ("SignatureVersion", "3", "Attributes Reason: SignatureVersion: Invalid value. Must be 1 or 2."),
            ("TracingConfig", "Off", "Attributes Reason: Invalid tracing config value: Off"),
            ("FifoTopic", "true", "AttributeName"),
            ("Colour", "red", "AttributeName"),
            (
                "ContentBasedDeduplication",
                "true",
                "Attributes Reason: ContentBasedDeduplication is for FIFO topics only",
            ),
            ("Policy", "{", "Policy Error: null"),
            ("DeliveryPolicy", "[]", "DeliveryPolicy: failed to parse JSON."),
        ] {
            assert_eq!(refusal(false, name, value), expected);
        }
        assert!(
            set(&Anything, &BTreeMap::new(), true, "ContentBasedDeduplication", "True").unwrap()["ContentBasedDeduplication"]
                == "true"
        );
    }

    #[test]
    fn an_empty_value_removes_an_attribute() {
        let before = BTreeMap::from([("DisplayName".to_owned(), "n".to_owned())]);
        assert!(set(&Anything, &before, false, "DisplayName", "").unwrap().is_empty());
    }
}
