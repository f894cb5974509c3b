//! The event that a function gets.

use serde_json::{Map, Value, json};

use super::{Post, Signature, unsubscribe_url};

/// The event. The version of the signature reads `1` whatever it is: recorded.
pub fn lambda_event(post: &Post<'_>, signature: &Signature) -> Value {
    let message = post.message;
    let attribute = |(name, attribute): (&String, &crate::record::MessageAttribute)| {
        (name.clone(), json!({"Type": attribute.data_type, "Value": attribute.value}))
    };
    let attributes: Map<String, Value> = message.attributes.iter().map(attribute).collect();
    let mut sns = json!({
        "Type": message.kind.as_str(),
        "MessageId": message.id,
        "TopicArn": post.topic_arn,
        "Subject": message.subject,
        "Message": post.text,
        "Timestamp": message.published.iso_millis(),
        "SignatureVersion": "1",
        "Signature": signature.value,
        "SigningCertUrl": signature.certificate_url,
    });
    match (message.kind.token(), post.subscribe_url()) {
        (Some(token), Some(url)) => {
            sns["Token"] = token.into();
            sns["SubscribeUrl"] = url.into();
        }
        _ => sns["UnsubscribeUrl"] = unsubscribe_url(post.public_url, post.subscription_arn).into(),
    }
    sns["MessageAttributes"] = attributes.into();
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": post.subscription_arn,
        "Sns": sns,
    }]})
}
