//! FIFO topics: numbers, repetitions, queues alone.

use serde_json::{Value as Json, json};
use sns::publish::ServiceMessage;
use store::catalog::Transaction;

use super::world::*;

const FIFO: &str = "arn:aws:sns:eu-west-1:111122223333:t.fifo";

async fn world(attributes: Json) -> World {
    let world = World::new().await;
    let mut all = json!({"FifoTopic": "true"});
    all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    world.call("CreateTopic", json!({"Name": "t.fifo", "Attributes": all})).await.unwrap();
    world.queue(FIFO, &format!("{QUEUE}.fifo"), json!({})).await;
    world
}

fn message(body: &str, group: &str, id: &str) -> Json {
    json!({"TopicArn": FIFO, "Message": body, "MessageGroupId": group, "MessageDeduplicationId": id})
}

#[tokio::test]
async fn numbers_rise_and_records_sort_by_them() {
    let world = world(json!({})).await;
    let mut numbers = Vec::new();
    for n in 0..20 {
        let taken = world.call("Publish", message(&n.to_string(), "g", &n.to_string())).await.unwrap();
        numbers.push(taken["SequenceNumber"].as_str().unwrap().to_owned());
    }
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers[0].len() == 20);
    let bodies: Vec<String> = world.sent().into_iter().map(|(body, _)| body).collect();
    assert_eq!(bodies, (0..20).map(|n| n.to_string()).collect::<Vec<String>>());
}

#[tokio::test]
async fn a_repetition_within_five_minutes_is_taken_and_not_delivered() {
    let world = world(json!({})).await;
    let first = world.call("Publish", message("a", "g", "same")).await.unwrap();
    let again = world.call_at(NOW.plus_millis(299_999), "Publish", message("b", "h", "same")).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(world.sent().len(), 1);
    let later = world.call_at(NOW.plus_millis(300_000), "Publish", message("c", "g", "same")).await.unwrap();
    assert_ne!(later["MessageId"], first["MessageId"]);
    assert_eq!(world.sent().len(), 2);
    // What repeats within one batch is told too.
    let entry = |id: &str| json!({"Id": id, "Message": "m", "MessageGroupId": "g", "MessageDeduplicationId": "new"});
    let batch = json!({"TopicArn": FIFO, "PublishBatchRequestEntries": [entry("1"), entry("2")]});
    let done = world.call("PublishBatch", batch).await.unwrap();
    assert_eq!(done["Successful"][0]["MessageId"], done["Successful"][1]["MessageId"]);
    assert_eq!(world.sent().len(), 3);
}

#[tokio::test]
async fn repetitions_are_told_by_content_and_within_groups_where_the_topic_says_so() {
    let attributes = json!({"ContentBasedDeduplication": "true", "FifoThroughputScope": "MessageGroup"});
    let world = world(attributes).await;
    let publish = |body: &str, group: &str| {
        world.call("Publish", json!({"TopicArn": FIFO, "Message": body, "MessageGroupId": group}))
    };
    let first = publish("a", "g").await.unwrap();
    assert_eq!(publish("a", "g").await.unwrap(), first);
    assert_ne!(publish("b", "g").await.unwrap(), first);
    assert_ne!(publish("a", "h").await.unwrap(), first);
    assert_eq!(world.sent().len(), 3);
}

#[tokio::test]
async fn fifo_topics_deliver_to_queues_alone() {
    let world = world(json!({})).await;
    let subscribe = |topic: &str, protocol: &str, endpoint: &str| json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint});
    world.call("Subscribe", subscribe(FIFO, "sqs", QUEUE)).await.unwrap();
    let refused = world.invalid("Subscribe", subscribe(FIFO, "http", "http://receiver.example/")).await;
    assert!(refused.contains("FIFO topics deliver to SQS queues only"), "{refused}");
    let standard = world.topic("t").await;
    assert_eq!(
        world.invalid("Subscribe", subscribe(&standard, "sqs", &format!("{QUEUE}.fifo"))).await,
        "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard \
         SNS topics"
    );
}

#[tokio::test]
async fn concurrent_messages_get_numbers_of_their_own() {
    let world = world(json!({})).await;
    let ids: Vec<String> = (0..32).map(|n| n.to_string()).collect();
    let mut calls = tokio::task::JoinSet::new();
    let world = std::sync::Arc::new(world);
    for id in ids {
        let world = world.clone();
        calls.spawn(async move { world.call("Publish", message(&id, "g", &id)).await.unwrap() });
    }
    let mut numbers: Vec<String> =
        calls.join_all().await.iter().map(|taken| taken["SequenceNumber"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 32);
}

#[tokio::test]
async fn a_service_that_repeats_itself_is_told_so() {
    let world = world(json!({})).await;
    let own = scope(ACCOUNT);
    let message = ServiceMessage {
        topic_arn: FIFO,
        service: "cloudwatch.amazonaws.com",
        source_arn: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
        source: &own,
        subject: None,
        message: "m",
        structured: false,
        group_id: "g",
        deduplication_id: "d",
    };
    for _ in 0..2 {
        let mut transaction = Transaction::default();
        world.sns.publish_for_service(&message, NOW, &mut transaction).unwrap();
        world.parts.catalog.commit(transaction).await.unwrap();
    }
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test]
async fn what_told_repetitions_goes_away() {
    let world = world(json!({})).await;
    world.call("Publish", message("a", "g", "d")).await.unwrap();
    let told = || world.parts.catalog.list_all::<sns::record::DeduplicationRecord>().len();
    world.expire(NOW.plus_millis(299_999)).await;
    assert_eq!(told(), 1);
    world.expire(NOW.plus_millis(300_000)).await;
    assert_eq!(told(), 0);
}
