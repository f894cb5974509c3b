//! Publishing: who gets what, and what no topic takes.

use serde_json::json;
use sns::publish::ServiceMessage;
use sns::record::Protocol;
use store::catalog::Transaction;

use super::world::*;

async fn publish(world: &World, input: serde_json::Value) -> Result<serde_json::Value, Failure> {
    let mut whole = json!({"TopicArn": TOPIC, "Message": "hello"});
    whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    world.call("Publish", whole).await
}

#[tokio::test]
async fn confirmed_subscribers_get_what_they_want() {
    let world = World::new().await;
    world.topic("t").await;
    let queue = |name: &str| QUEUE.replace(":q", &format!(":{name}"));
    world.queue(TOPIC, &queue("all"), json!({})).await;
    let red = json!({"FilterPolicy": r#"{"colour":["red"]}"#});
    world.queue(TOPIC, &queue("red"), red).await;
    let body = json!({"FilterPolicy": r#"{"n":[1]}"#, "FilterPolicyScope": "MessageBody"});
    world.queue(TOPIC, &queue("body"), body).await;
    publish(&world, json!({"Message": "plain"})).await.unwrap();
    publish(&world, json!({"Message": r#"{"n":1}"#})).await.unwrap();
    let colour = json!({"colour": {"DataType": "String", "StringValue": "red"}});
    publish(&world, json!({"Message": "red", "MessageAttributes": colour})).await.unwrap();
    let names = |endpoints: &[String]| {
        let mut names: Vec<&str> = endpoints.iter().map(|arn| arn.rsplit(':').next().unwrap()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    let sent: Vec<(String, String)> =
        world.sent().into_iter().map(|(body, endpoints)| (body, names(&endpoints))).collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(sent, [pair("plain", "all"), pair(r#"{"n":1}"#, "all body"), pair("red", "all red")]);
}

#[tokio::test]
async fn those_who_did_not_confirm_get_nothing() {
    let world = World::new().await;
    world.topic("t").await;
    world.waiting(TOPIC, "http://receiver.example/").await;
    publish(&world, json!({})).await.unwrap();
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn a_thousand_subscribers_make_ten_records() {
    let world = World::new().await;
    world.topic("t").await;
    for n in 0..1000 {
        world.queue(TOPIC, &format!("{QUEUE}{n}"), json!({})).await;
    }
    publish(&world, json!({})).await.unwrap();
    let sizes: Vec<usize> = world.deliveries().iter().map(|record| record.targets.len()).collect();
    assert_eq!(sizes, [100; 10]);
}

#[tokio::test]
async fn targets_carry_what_their_subscriptions_set() {
    let world = World::new().await;
    world.topic("t").await;
    let dead = "arn:aws:sqs:eu-west-1:111122223333:dead";
    let attributes = json!({
        "RawMessageDelivery": "true", "RedrivePolicy": json!({"deadLetterTargetArn": dead}).to_string()
    });
    let arn = world.queue(TOPIC, QUEUE, attributes).await;
    let answer = publish(&world, json!({"Subject": "s", "MessageGroupId": "g"})).await.unwrap();
    let record = world.deliveries().remove(0);
    assert_eq!(answer, json!({"MessageId": record.message.id}));
    assert_eq!((record.topic.as_str(), record.message.subject.as_deref()), ("t", Some("s")));
    assert_eq!((record.message.group_id.as_deref(), record.message.published), (Some("g"), NOW));
    let target = &record.targets[0];
    assert_eq!((target.raw, target.dead_letter_queue.as_deref()), (true, Some(dead)));
    assert_eq!(format!("{}:{}", TOPIC.trim_end_matches(":t"), target.subscription), arn);
    assert_eq!((target.attempts, target.due, target.protocol), (0, NOW, Protocol::Sqs));
    // A setting that changes takes effect at once.
    let set = json!({"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "false"});
    world.call("SetSubscriptionAttributes", set).await.unwrap();
    publish(&world, json!({})).await.unwrap();
    assert!(!world.deliveries()[1].targets[0].raw);
}

#[tokio::test]
async fn batches_are_taken_whole_or_not_at_all() {
    let world = World::new().await;
    world.topic("t").await;
    world.queue(TOPIC, QUEUE, json!({})).await;
    let batch = |entries: serde_json::Value| {
        world.call("PublishBatch", json!({"TopicArn": TOPIC, "PublishBatchRequestEntries": entries}))
    };
    let done = batch(json!([{"Id": "a", "Message": "1"}, {"Id": "b", "Message": "2"}])).await.unwrap();
    let ids: Vec<&str> =
        done["Successful"].as_array().unwrap().iter().map(|entry| entry["Id"].as_str().unwrap()).collect();
    assert_eq!((ids, &done["Failed"]), (vec!["a", "b"], &json!([])));
    assert_eq!(world.sent().len(), 2);
    let many: Vec<serde_json::Value> = (0..11).map(|n| json!({"Id": n.to_string(), "Message": "m"})).collect();
    let large = "x".repeat(131_073);
    for (entries, code) in [
        (json!([]), "EmptyBatchRequest"),
        (json!(many), "TooManyEntriesInBatchRequest"),
        (json!([{"Id": "a b", "Message": "m"}]), "InvalidBatchEntryId"),
        (json!([{"Id": "a", "Message": "m"}, {"Id": "a", "Message": "m"}]), "BatchEntryIdsNotDistinct"),
        (json!([{"Id": "a", "Message": large}, {"Id": "b", "Message": large}]), "BatchRequestTooLong"),
        (json!([{"Id": "a", "Message": "m"}, {"Id": "b", "Message": ""}]), "InvalidParameter"),
    ] {
        assert_eq!(batch(entries).await.unwrap_err().0, code);
    }
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test]
async fn phones_get_text_messages_over_the_gateway() {
    let world = World::new().await;
    let message = json!({"PhoneNumber": "+15550100", "Message": "hello"});
    world.call("Publish", message.clone()).await.unwrap();
    let record = world.deliveries().remove(0);
    let target = &record.targets[0];
    assert_eq!((target.protocol, target.endpoint.as_str()), (Protocol::Sms, "+15550100"));
    assert_eq!((record.topic.as_str(), target.subscription.as_str()), ("", ""));
    let wrong = json!({"PhoneNumber": "call me", "Message": "hello"});
    assert_eq!(
        world.invalid("Publish", wrong).await,
        "Invalid parameter: PhoneNumber Reason: call me is not valid to publish to"
    );
    let refused = World::closed().await.invalid("Publish", message).await;
    assert!(refused.contains("--sms-gateway"), "{refused}");
}

#[tokio::test]
async fn a_message_has_one_destination() {
    let world = World::new().await;
    world.topic("t").await;
    world.call("Publish", json!({"TargetArn": TOPIC, "Message": "m"})).await.unwrap();
    for (input, message) in [
        (json!({"Message": "m"}), "TopicArn or TargetArn Reason: no value for required parameter"),
        (
            json!({"Message": "m", "TargetArn": "arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/a/b"}),
            "TargetArn Reason: No endpoint found for the target arn specified",
        ),
        (
            json!({"Message": "m", "TargetArn": TOPIC, "TopicArn": TOPIC}),
            "only one of TopicArn, TargetArn and PhoneNumber can be given",
        ),
    ] {
        assert_eq!(world.invalid("Publish", input).await, format!("Invalid parameter: {message}"));
    }
}

fn alarm<'a>(source: &'a base::Scope, topic_arn: &'a str) -> ServiceMessage<'a> {
    ServiceMessage {
        topic_arn,
        service: "cloudwatch.amazonaws.com",
        source_arn: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
        source,
        subject: Some("ALARM"),
        message: r#"{"default":"d","sms":"s"}"#,
        structured: true,
        group_id: "g",
        deduplication_id: "d",
    }
}

#[tokio::test]
async fn a_service_publishes_in_the_transaction_it_is_given() {
    let world = World::new().await;
    world.topic("t").await;
    world.queue(TOPIC, QUEUE, json!({})).await;
    let mut transaction = Transaction::default();
    let own = scope(ACCOUNT);
    let id = world.sns.publish_for_service(&alarm(&own, TOPIC), NOW, &mut transaction).unwrap();
    assert!(world.deliveries().is_empty());
    world.parts.catalog.commit(transaction).await.unwrap();
    let record = world.deliveries().remove(0);
    assert_eq!((record.message.id, record.message.body.as_str()), (id, "d"));
    assert_eq!((record.message.group_id, &record.message.per_protocol["sms"]), (None, &"s".to_owned()));
}

#[tokio::test]
async fn a_service_is_told_why_a_topic_takes_nothing() {
    let world = World::new().await;
    let (own, other) = (scope(ACCOUNT), scope(OTHER));
    let refusal = |message: &ServiceMessage<'_>| {
        world.sns.publish_for_service(message, NOW, &mut Transaction::default()).err().map(|refused| refused.message)
    };
    assert_eq!(refusal(&alarm(&own, TOPIC)).as_deref(), Some("Topic does not exist"));
    world.topic("t").await;
    let unauthorized = format!(
        "CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {TOPIC} because no resource-based \
         policy allows the SNS:Publish action"
    );
    assert_eq!(refusal(&alarm(&own, TOPIC)), None);
    assert_eq!(refusal(&alarm(&other, TOPIC)), Some(unauthorized.clone()));
    let policy = |service: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish",
                               "Resource": TOPIC});
        let policy = json!({"Statement": [statement]}).to_string();
        let input = json!({"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": policy});
        world.call("SetTopicAttributes", input)
    };
    policy("config.amazonaws.com").await.unwrap();
    assert_eq!(refusal(&alarm(&own, TOPIC)), Some(unauthorized));
    policy("cloudwatch.amazonaws.com").await.unwrap();
    assert_eq!(refusal(&alarm(&own, TOPIC)), None);
}
