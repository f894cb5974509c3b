//! What queues and the gateways get.

use serde_json::{Map, Value, json};

use super::Post;
use crate::record::MessageAttribute;

/// Message attributes that a queue takes at most.
const QUEUE_ATTRIBUTES_MAX: usize = 10;

/// The input of SendMessage that takes a message, or an envelope, to a queue. Attributes go
/// along with raw messages alone: envelopes carry them inside. A group goes to any queue; what
/// tells duplicates apart, to FIFO queues.
///
/// # Errors
/// The message has more attributes than a queue takes.
pub fn send_message(post: &Post<'_>, queue: &QueueAddress<'_>, body: &str, is_raw: bool) -> Result<Value, String> {
    let mut input = json!({"QueueUrl": queue.url, "MessageBody": body});
    let message = post.message;
    if is_raw && message.attributes.len() > QUEUE_ATTRIBUTES_MAX {
        return Err(format!("a queue takes {QUEUE_ATTRIBUTES_MAX} message attributes at most"));
    }
    if is_raw && !message.attributes.is_empty() {
        let all = message.attributes.iter().map(|(name, attribute)| (name.clone(), queue_attribute(attribute)));
        input["MessageAttributes"] = all.collect::<Map<_, _>>().into();
    }
    if let Some(group) = &message.group_id {
        input["MessageGroupId"] = group.as_str().into();
    }
    if let Some(id) = message.deduplication_id.as_deref().filter(|_| queue.arn.ends_with(".fifo")) {
        input["MessageDeduplicationId"] = id.into();
    }
    Ok(input)
}

/// A queue.
#[derive(Clone, Copy, Debug)]
pub struct QueueAddress<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its URL, as its service names it.
    pub url: &'a str,
}

fn queue_attribute(attribute: &MessageAttribute) -> Value {
    let member = if attribute.data_type.starts_with("Binary") { "BinaryValue" } else { "StringValue" };
    let mut value = json!({"DataType": attribute.data_type});
    value[member] = attribute.value.as_str().into();
    value
}

/// Who gets a message from a gateway.
#[derive(Clone, Copy, Debug)]
pub enum Recipient<'a> {
    /// A phone, by its number.
    Phone(&'a str),
    /// A mobile app on a device, by the ARN of its endpoint.
    App(&'a str),
}

/// What a gateway for text messages or for mobile apps is sent (docs/sns.md).
pub fn gateway_request(post: &Post<'_>, to: Recipient<'_>) -> Value {
    let message = post.message;
    let mut request = Map::new();
    match to {
        Recipient::Phone(number) => request.insert("PhoneNumber".to_owned(), number.into()),
        Recipient::App(arn) => request.insert("TargetArn".to_owned(), arn.into()),
    };
    request.insert("Message".to_owned(), gateway_text(post).into());
    if let Some(subject) = &message.subject {
        request.insert("Subject".to_owned(), subject.as_str().into());
    }
    let attribute = |(name, attribute): (&String, &MessageAttribute)| {
        (name.clone(), json!({"Type": attribute.data_type, "Value": attribute.value}))
    };
    let attributes: Map<String, Value> = message.attributes.iter().map(attribute).collect();
    request.insert("MessageAttributes".to_owned(), attributes.into());
    request.insert("MessageId".to_owned(), message.id.as_str().into());
    request.into()
}

/// Whoever reads it has no member `SubscribeURL`: the link stands in the text.
fn gateway_text(post: &Post<'_>) -> String {
    match post.subscribe_url() {
        None => post.text.to_owned(),
        Some(url) => format!("{}\n{url}", post.text),
    }
}
