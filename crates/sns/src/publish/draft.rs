//! What was asked to be published, checked (cloudwatch.md §8.4).

use std::collections::BTreeMap;

use api::ServiceError;
use api::sns::{errors, types};
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::attributes;
use crate::record::{MessageAttribute, TopicRecord};

/// The size of a message with its attributes, and of all messages of a batch.
pub(crate) const MESSAGE_BYTES_MAX: usize = 262_144;
const SUBJECT_CHARS_MAX: usize = 100;
const ID_CHARS_MAX: usize = 128;

/// What was asked to be published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) subject: Option<String>,
    pub(crate) message: String,
    /// `json`, when there is a body for each protocol.
    pub(crate) structure: Option<String>,
    pub(crate) attributes: Vec<(String, types::MessageAttributeValue)>,
    pub(crate) group_id: Option<String>,
    pub(crate) deduplication_id: Option<String>,
}

impl Given {
    /// Bytes that count against [`MESSAGE_BYTES_MAX`].
    pub(crate) fn bytes(&self) -> usize {
        let attribute = |(name, value): &(String, types::MessageAttributeValue)| {
            let text = value.string_value.as_ref().map_or(0, String::len);
            let binary = value.binary_value.as_ref().map_or(0, |blob| blob.0.len());
            name.len() + value.data_type.len() + text + binary
        };
        self.message.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

/// A message that a topic takes, or a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) subject: Option<String>,
    pub(crate) body: String,
    pub(crate) per_protocol: BTreeMap<String, String>,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) group_id: Option<String>,
    /// What tells repetitions, of a FIFO topic: the id that was given, or the body's hash.
    pub(crate) deduplication_id: Option<String>,
}

impl Draft {
    /// Checks what was asked against what the topic takes; without a topic, it goes to a phone.
    ///
    /// # Errors
    /// `InvalidParameter` and `ParameterValueInvalid`, as AWS words them.
    pub(crate) fn check(given: Given, topic: Option<&TopicRecord>) -> Result<Self, ServiceError> {
        if given.message.is_empty() {
            return Err(invalid("Empty message"));
        }
        if given.bytes() > MESSAGE_BYTES_MAX {
            return Err(invalid("Message too long"));
        }
        if given.subject.as_deref().is_some_and(|subject| !is_subject(subject)) {
            return Err(invalid("Subject"));
        }
        let deduplication_id = match topic {
            Some(topic) if topic.is_fifo() => Some(check_fifo(&given, topic)?),
            _ => {
                check_standard(&given)?;
                None
            }
        };
        let attributes = attributes::check(given.attributes)?;
        let (body, per_protocol) = match given.structure.as_deref() {
            None => (given.message, BTreeMap::new()),
            Some("json") => bodies(&given.message)?,
            Some(_) => return Err(invalid("MessageStructure")),
        };
        Ok(Self { subject: given.subject, body, per_protocol, attributes, group_id: given.group_id, deduplication_id })
    }
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

fn is_subject(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= SUBJECT_CHARS_MAX && !text.chars().any(char::is_control)
}

/// Whether a text can be the id of a group or of a repetition: letters, digits, punctuation.
fn is_id(text: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_standard(given: &Given) -> Result<(), ServiceError> {
    if given.deduplication_id.is_some() {
        return Err(invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid \
             for this topic type",
        ));
    }
    match given.group_id.as_deref() {
        Some(group) if !is_id(group) => Err(invalid("MessageGroupId")),
        _ => Ok(()),
    }
}

/// What tells repetitions of this message.
fn check_fifo(given: &Given, topic: &TopicRecord) -> Result<String, ServiceError> {
    let group = given.group_id.as_deref().filter(|group| !group.is_empty());
    let group = group.ok_or_else(|| invalid("The MessageGroupId parameter is required for FIFO topics"))?;
    if !is_id(group) {
        return Err(invalid("MessageGroupId"));
    }
    match given.deduplication_id.as_deref() {
        Some(id) if is_id(id) => Ok(id.to_owned()),
        Some(id) if !id.is_empty() => Err(invalid("MessageDeduplicationId")),
        _ if topic.attributes.get("ContentBasedDeduplication").is_some_and(|flag| flag == "true") => {
            Ok(hex(digest(&SHA256, given.message.as_bytes()).as_ref()))
        }
        _ => Err(invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
             explicitly",
        )),
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The default body and those by protocol. Values that are no text are ignored (documented).
fn bodies(message: &str) -> Result<(String, BTreeMap<String, String>), ServiceError> {
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(message) else {
        return Err(invalid("Message Structure - JSON message body failed to parse"));
    };
    let mut bodies: BTreeMap<String, String> = members
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        })
        .collect();
    let default = bodies.remove("default");
    let default = default.ok_or_else(|| invalid("Message Structure - No default entry in JSON message body"))?;
    Ok((default, bodies))
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::*;

    fn topic(attributes: &[(&str, &str)]) -> TopicRecord {
        TopicRecord {
            attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            tags: Vec::new(),
            created: Timestamp::from_secs(0),
            deleted_subscriptions: 0,
        }
    }

    fn given(message: &str) -> Given {
        Given { message: message.to_owned(), ..Given::default() }
    }

    fn refusal(given: Given, attributes: &[(&str, &str)]) -> String {
        let error = Draft::check(given, Some(&topic(attributes))).unwrap_err();
        assert_eq!(error.code, "InvalidParameter");
        error.message.unwrap()
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let subject = |subject: &str| Given { subject: Some(subject.to_owned()), ..given("m") };
        for (asked, expected) in [
            (given(""), "Empty message"),
            (given(&"x".repeat(MESSAGE_BYTES_MAX + 1)), "Message too long"),
            (subject(""), "Subject"),
            (subject("a\nb"), "Subject"),
            (subject(&"x".repeat(101)), "Subject"),
            (Given { structure: Some("xml".to_owned()), ..given("m") }, "MessageStructure"),
        ] {
            assert_eq!(refusal(asked, &[]), format!("Invalid parameter: {expected}"));
        }
        assert!(Draft::check(given(&"x".repeat(MESSAGE_BYTES_MAX)), Some(&topic(&[]))).is_ok());
        assert!(Draft::check(subject(&"ä".repeat(100)), Some(&topic(&[]))).is_ok());
    }

    #[test]
    fn a_structured_message_has_a_body_for_each_protocol() {
        let structured = |message: &str| Given { structure: Some("json".to_owned()), ..given(message) };
        let draft = Draft::check(structured(r#"{"default":"d","sms":"s","n":1}"#), Some(&topic(&[]))).unwrap();
        assert_eq!((draft.body.as_str(), draft.per_protocol.len()), ("d", 1));
        assert_eq!(draft.per_protocol["sms"], "s");
        for (message, problem) in [
            ("{", "JSON message body failed to parse"),
            ("[]", "JSON message body failed to parse"),
            (r#"{"sms":"s"}"#, "No default entry in JSON message body"),
            (r#"{"default":1}"#, "No default entry in JSON message body"),
        ] {
            assert_eq!(refusal(structured(message), &[]), format!("Invalid parameter: Message Structure - {problem}"));
        }
    }

    #[test]
    fn fifo_topics_ask_for_a_group_and_for_what_tells_repetitions() {
        let fifo = [("FifoTopic", "true")];
        let grouped = || Given { group_id: Some("g".to_owned()), ..given("m") };
        assert!(refusal(given("m"), &fifo).contains("MessageGroupId parameter is required"));
        assert!(refusal(grouped(), &fifo).contains("ContentBasedDeduplication enabled"));
        let by_content = topic(&[("FifoTopic", "true"), ("ContentBasedDeduplication", "true")]);
        let draft = Draft::check(grouped(), Some(&by_content)).unwrap();
        assert_eq!(draft.deduplication_id.unwrap().len(), 64);
        let given = Given { deduplication_id: Some("d".to_owned()), ..grouped() };
        assert_eq!(Draft::check(given.clone(), Some(&by_content)).unwrap().deduplication_id.unwrap(), "d");
        assert!(refusal(given, &[]).contains("not valid for this topic type"));
        assert_eq!(Draft::check(grouped(), Some(&topic(&[]))).unwrap().group_id.as_deref(), Some("g"));
    }
}
