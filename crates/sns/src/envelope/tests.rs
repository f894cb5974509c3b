//! Envelopes in the forms that AWS documents and that were recorded.

use std::collections::BTreeMap;

use base::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::record::MessageAttribute;

const TOPIC: &str = "arn:aws:sns:us-west-2:123456789012:MyTopic";
const SUBSCRIPTION: &str = "arn:aws:sns:us-west-2:123456789012:MyTopic:c9135db0-26c4-47ec-8998-413945fb5a96";

fn message(kind: MessageKind) -> Message {
    Message {
        id: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324".to_owned(),
        kind,
        subject: Some("My \"First\" Message".to_owned()),
        body: "Hello\nworld!".to_owned(),
        per_protocol: BTreeMap::new(),
        attributes: BTreeMap::new(),
        published: Timestamp::from_millis(1_335_920_046_655),
        signature_version: "1".to_owned(),
        group_id: None,
        deduplication_id: None,
        sequence_number: None,
    }
}

fn attribute(data_type: &str, value: &str) -> MessageAttribute {
    MessageAttribute { data_type: data_type.to_owned(), value: value.to_owned() }
}

fn post(message: &Message) -> Post<'_> {
    let public_url = "http://127.0.0.1:4566/";
    Post { message, topic_arn: TOPIC, subscription_arn: SUBSCRIPTION, text: &message.body, public_url }
}

fn signature() -> Signature {
    let certificate_url = "http://127.0.0.1:4566/SimpleNotificationService-0123.pem".to_owned();
    Signature { version: "2".to_owned(), value: "c2ln".to_owned(), certificate_url }
}

/// The layout is that of the example in AWS's developer guide.
#[test]
fn a_notification_has_a_key_on_each_line() {
    let mut message = message(MessageKind::Notification);
    message.attributes.insert("a".to_owned(), attribute("String", "x"));
    message.attributes.insert("b".to_owned(), attribute("Binary", "AAEC"));
    let expected = r#"{
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:us-west-2:123456789012:MyTopic",
  "Subject" : "My \"First\" Message",
  "Message" : "Hello\nworld!",
  "Timestamp" : "2012-05-02T00:54:06.655Z",
  "SignatureVersion" : "2",
  "Signature" : "c2ln",
  "SigningCertURL" : "http://127.0.0.1:4566/SimpleNotificationService-0123.pem",
  "UnsubscribeURL" : "http://127.0.0.1:4566/?Action=Unsubscribe&Version=2010-03-31&SubscriptionArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3AMyTopic%3Ac9135db0-26c4-47ec-8998-413945fb5a96",
  "MessageAttributes" : {
    "a" : {"Type":"String","Value":"x"},
    "b" : {"Type":"Binary","Value":"AAEC"}
  }
}"#;
    let envelope = post(&message).envelope(Some(&signature()));
    assert_eq!(envelope, expected);
    serde_json::from_str::<Value>(&envelope).unwrap();
}

#[test]
fn a_fifo_notification_has_a_number_and_no_signature() {
    let mut message = message(MessageKind::Notification);
    message.subject = None;
    message.sequence_number = Some("10000000000000000001".to_owned());
    let envelope: Value = serde_json::from_str(&post(&message).envelope(None)).unwrap();
    let keys: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    let expected = ["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"];
    assert_eq!(keys, expected);
}

#[test]
fn confirmations_have_their_token_and_link() {
    let token = "2336412f37".to_owned();
    let confirmation = message(MessageKind::SubscriptionConfirmation { token });
    let envelope: Value = serde_json::from_str(&post(&confirmation).envelope(Some(&signature()))).unwrap();
    let expected = json!({
        "Type": "SubscriptionConfirmation",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "Token": "2336412f37",
        "TopicArn": TOPIC,
        "Message": "Hello\nworld!",
        "SubscribeURL": "http://127.0.0.1:4566/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3AMyTopic&Token=2336412f37",
        "Timestamp": "2012-05-02T00:54:06.655Z",
        "SignatureVersion": "2",
        "Signature": "c2ln",
        "SigningCertURL": "http://127.0.0.1:4566/SimpleNotificationService-0123.pem",
    });
    assert_eq!(envelope.to_string(), expected.to_string());
}

#[test]
fn what_is_signed_is_sorted_by_key_and_not_escaped() {
    let mut notification = message(MessageKind::Notification);
    let expected = format!(
        "Message\nHello\nworld!\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubject\nMy \"First\" Message\nTimestamp\n2012-05-02T00:54:06.655Z\nTopicArn\n{TOPIC}\nType\nNotification\n"
    );
    assert_eq!(post(&notification).string_to_sign(), expected);
    notification.subject = None;
    assert!(!post(&notification).string_to_sign().contains("Subject"));
    let confirmation = message(MessageKind::SubscriptionConfirmation { token: "t".to_owned() });
    let signed = post(&confirmation).string_to_sign();
    let keys: Vec<&str> = signed.lines().filter(|line| line.chars().all(|c| c.is_ascii_alphabetic())).collect();
    let expected = [
        "Message",
        "Hello",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "t",
        "TopicArn",
        "Type",
        "SubscriptionConfirmation",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn gateways_are_told_who_gets_what() {
    let mut message = message(MessageKind::Notification);
    message.attributes.insert("a".to_owned(), attribute("Number", "1"));
    let request = gateway_request(&post(&message), Recipient::Phone("+15550100"));
    let expected = json!({
        "PhoneNumber": "+15550100", "Message": "Hello\nworld!", "Subject": "My \"First\" Message",
        "MessageAttributes": {"a": {"Type": "Number", "Value": "1"}},
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    });
    assert_eq!(request, expected);
    assert_eq!(gateway_request(&post(&message), Recipient::App("arn:x"))["TargetArn"], "arn:x");
    message.kind = MessageKind::SubscriptionConfirmation { token: "t".to_owned() };
    let asked = gateway_request(&post(&message), Recipient::Phone("+15550100"));
    assert!(asked["Message"].as_str().unwrap().ends_with("&Token=t"), "{asked}");
}

#[test]
fn queues_get_attributes_with_raw_messages_alone() {
    let mut message = message(MessageKind::Notification);
    message.attributes.insert("a".to_owned(), attribute("Binary", "AAEC"));
    message.attributes.insert("b".to_owned(), attribute("String.Array", "[1]"));
    message.group_id = Some("g".to_owned());
    message.deduplication_id = Some("d".to_owned());
    let post = post(&message);
    let fifo = QueueAddress { arn: "arn:aws:sqs:r:1:q.fifo", url: "http://q/1/q.fifo" };
    let expected = json!({
        "QueueUrl": "http://q/1/q.fifo", "MessageBody": "x",
        "MessageAttributes": {
            "a": {"DataType": "Binary", "BinaryValue": "AAEC"},
            "b": {"DataType": "String.Array", "StringValue": "[1]"},
        },
        "MessageGroupId": "g", "MessageDeduplicationId": "d",
    });
    assert_eq!(send_message(&post, &fifo, "x", true), Ok(expected));
    let standard = QueueAddress { arn: "arn:aws:sqs:r:1:q", url: "u" };
    let expected = json!({"QueueUrl": "u", "MessageBody": "x", "MessageGroupId": "g"});
    assert_eq!(send_message(&post, &standard, "x", false), Ok(expected));
    for number in 0..9 {
        message.attributes.insert(format!("more{number}"), attribute("String", "x"));
    }
    let post = super::tests::post(&message);
    assert!(send_message(&post, &standard, "x", true).is_err());
    assert!(send_message(&post, &standard, "x", false).is_ok());
}

#[test]
fn functions_get_an_event_that_always_says_version_1() {
    let mut message = message(MessageKind::Notification);
    message.subject = None;
    message.attributes.insert("a".to_owned(), attribute("String", "x"));
    let event = lambda_event(&post(&message), &signature());
    let expected = json!({"Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": SUBSCRIPTION,
        "Sns": {
            "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": TOPIC,
            "Subject": null, "Message": "Hello\nworld!", "Timestamp": "2012-05-02T00:54:06.655Z",
            "SignatureVersion": "1", "Signature": "c2ln",
            "SigningCertUrl": "http://127.0.0.1:4566/SimpleNotificationService-0123.pem",
            "UnsubscribeUrl": unsubscribe_url("http://127.0.0.1:4566", SUBSCRIPTION),
            "MessageAttributes": {"a": {"Type": "String", "Value": "x"}},
        },
    }]});
    assert_eq!(event.to_string(), expected.to_string());
}

#[test]
fn headers_say_what_comes() {
    let notification = message(MessageKind::Notification);
    let headers = http_headers(&post(&notification), true, "application/json");
    let value =
        |headers: &http::HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(value(&headers, "x-amz-sns-message-type").as_deref(), Some("Notification"));
    assert_eq!(value(&headers, "x-amz-sns-subscription-arn").as_deref(), Some(SUBSCRIPTION));
    assert_eq!(value(&headers, "x-amz-sns-rawdelivery").as_deref(), Some("true"));
    assert_eq!(value(&headers, "content-type").as_deref(), Some("application/json"));
    let confirmation = message(MessageKind::SubscriptionConfirmation { token: "t".to_owned() });
    let headers = http_headers(&post(&confirmation), true, "application/json");
    assert_eq!(value(&headers, "x-amz-sns-subscription-arn"), None);
    assert_eq!(value(&headers, "x-amz-sns-rawdelivery"), None);
    assert_eq!(value(&headers, "content-type").as_deref(), Some("text/plain; charset=UTF-8"));
}

#[test]
fn mails_end_with_the_way_out() {
    let notification = message(MessageKind::Notification);
    let mail = letter(&post(&notification));
    assert_eq!(mail.subject, "My \"First\" Message");
    assert!(mail.text.starts_with("Hello\nworld!\n\n--\n"), "{}", mail.text);
    assert!(mail.text.contains(&unsubscribe_url("http://127.0.0.1:4566", SUBSCRIPTION)));
    let json = envelope_letter(&post(&notification), Some(&signature()));
    assert_eq!(serde_json::from_str::<Value>(&json.text).unwrap()["Type"], "Notification");
    let confirmation = message(MessageKind::SubscriptionConfirmation { token: "t".to_owned() });
    let mail = letter(&post(&confirmation));
    assert_eq!(mail.subject, "AWS Notification - Subscription Confirmation");
    assert!(mail.text.contains("&Token=t\n"), "{}", mail.text);
}
