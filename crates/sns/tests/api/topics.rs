//! Topics: made once, shown with what AWS shows, and what calls on them are weighed by.

use serde_json::json;

use super::world::*;

#[tokio::test]
async fn a_topic_is_made_once() {
    let world = World::new().await;
    let plain = json!({"Name": "t"});
    assert_eq!(world.call("CreateTopic", plain.clone()).await.unwrap()["TopicArn"], TOPIC);
    assert_eq!(world.call("CreateTopic", plain).await.unwrap()["TopicArn"], TOPIC);
    let tagged = json!({"Name": "t", "Tags": [{"Key": "a", "Value": "1"}]});
    assert_eq!(
        world.invalid("CreateTopic", tagged).await,
        "Invalid parameter: Tags Reason: Topic already exists with different tags"
    );
    let named = json!({"Name": "t", "Attributes": {"DisplayName": "n"}});
    assert_eq!(
        world.invalid("CreateTopic", named).await,
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    );
    for name in ["", "a b", "t.fifo", &"x".repeat(257)] {
        assert_eq!(world.invalid("CreateTopic", json!({"Name": name})).await, "Invalid parameter: Topic Name");
    }
    let fifo = json!({"Name": "t", "Attributes": {"FifoTopic": "true"}});
    assert_eq!(world.invalid("CreateTopic", fifo).await, "Invalid parameter: Topic Name");
    let unknown = json!({"Name": "u", "Attributes": {"Colour": "red"}});
    assert_eq!(
        world.invalid("CreateTopic", unknown).await,
        "Invalid parameter: Attributes Reason: Unknown attribute Colour"
    );
}

#[tokio::test]
async fn a_new_topic_shows_what_aws_shows() {
    let world = World::new().await;
    world.topic("t").await;
    let shown = world.call("GetTopicAttributes", json!({"TopicArn": TOPIC})).await.unwrap();
    let shown = shown["Attributes"].as_object().unwrap();
    let names: Vec<&str> = shown.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "DisplayName",
            "EffectiveDeliveryPolicy",
            "Owner",
            "Policy",
            "SubscriptionsConfirmed",
            "SubscriptionsDeleted",
            "SubscriptionsPending",
            "TopicArn"
        ]
    );
    assert_eq!((&shown["DisplayName"], &shown["Owner"]), (&json!(""), &json!(ACCOUNT)));
    assert!(shown["Policy"].as_str().unwrap().contains("__default_policy_ID"));
}

#[tokio::test]
async fn arns_that_lead_nowhere_are_refused() {
    let world = World::new().await;
    let get = |arn: &str| world.call("GetTopicAttributes", json!({"TopicArn": arn}));
    for (arn, code, message) in [
        (TOPIC, "NotFound", "Topic does not exist"),
        ("t", "InvalidParameter", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sns:us-east-1:111122223333:t", "InvalidParameter", "Invalid parameter: TopicArn"),
    ] {
        assert_eq!(get(arn).await.unwrap_err(), (code.to_owned(), message.to_owned()));
    }
    world.call("DeleteTopic", json!({"TopicArn": TOPIC})).await.unwrap();
    let tags = world.call("ListTagsForResource", json!({"ResourceArn": TOPIC})).await.unwrap_err();
    assert_eq!(tags, ("ResourceNotFound".to_owned(), "Resource does not exist".to_owned()));
}

#[tokio::test]
async fn attributes_are_set_and_removed() {
    let world = World::new().await;
    world.topic("t").await;
    let set = async |name: &str, value: &str| {
        let input = json!({"TopicArn": TOPIC, "AttributeName": name, "AttributeValue": value});
        world.call("SetTopicAttributes", input).await
    };
    let get = async |name: &str| {
        world.call("GetTopicAttributes", json!({"TopicArn": TOPIC})).await.unwrap()["Attributes"][name].clone()
    };
    set("DisplayName", "Orders").await.unwrap();
    set("SignatureVersion", "2").await.unwrap();
    assert_eq!((get("DisplayName").await, get("SignatureVersion").await), (json!("Orders"), json!("2")));
    set("DisplayName", "").await.unwrap();
    assert_eq!(get("DisplayName").await, json!(""));
    assert_eq!(set("Colour", "red").await.unwrap_err().1, "Invalid parameter: AttributeName");
    let broken = r#"{"Id":"broken","Statement":[]}"#;
    assert_eq!(set("Policy", broken).await.unwrap_err().1, "Invalid parameter: Policy Error: Syntax errors in policy.");
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    set("Policy", policy).await.unwrap();
    assert_eq!(get("Policy").await, json!(policy));
    set("Policy", "").await.unwrap();
    assert!(get("Policy").await.as_str().unwrap().contains("__default_policy_ID"));
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = World::new().await;
    world.topic("t").await;
    let tags = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]);
    world.call("TagResource", json!({"ResourceArn": TOPIC, "Tags": tags})).await.unwrap();
    world.call("UntagResource", json!({"ResourceArn": TOPIC, "TagKeys": ["a", "z"]})).await.unwrap();
    let left = world.call("ListTagsForResource", json!({"ResourceArn": TOPIC})).await.unwrap();
    assert_eq!(left["Tags"], json!([{"Key": "b", "Value": ""}]));
}

#[tokio::test]
async fn calls_are_weighed_by_the_topic_its_policy_and_its_tags() {
    let world = World::new().await;
    world.topic("t").await;
    let tags = json!([{"Key": "env", "Value": "prod"}]);
    world.call("TagResource", json!({"ResourceArn": TOPIC, "Tags": tags})).await.unwrap();
    let batch = json!({"TopicArn": TOPIC, "PublishBatchRequestEntries": []});
    let wanted = world.authorization(&root_of(OTHER), "PublishBatch", batch);
    assert_eq!((wanted.action.as_str(), wanted.resources), ("sns:Publish", vec![TOPIC.to_owned()]));
    let own = &wanted.resource_policies[0];
    assert_eq!((own.resource.as_str(), &own.owner), (TOPIC, &account(ACCOUNT)));
    assert!(own.policy.as_ref().unwrap().contains("__default_policy_ID"));
    assert_eq!(wanted.resource_conditions[0].1, [("aws:ResourceTag/env".to_owned(), vec!["prod".to_owned()])]);

    let input = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE});
    let wanted = world.authorization(&context(), "Subscribe", input);
    let condition = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    assert_eq!(wanted.conditions, [condition("sns:Endpoint", QUEUE), condition("sns:Protocol", "sqs")]);

    let input = json!({"TopicArn": "arn:aws:sns:eu-west-1:111122223333:gone"});
    let wanted = world.authorization(&root_of(OTHER), "GetTopicAttributes", input);
    assert_eq!(wanted.resource_policies[0].policy, None);
    assert_eq!(world.authorization(&context(), "ListTopics", json!({})).resources, ["*"]);
    let made = world.authorization(&context(), "CreateTopic", json!({"Name": "n", "Tags": tags_of("k")}));
    assert_eq!(made.resources, ["arn:aws:sns:eu-west-1:111122223333:n"]);
    assert_eq!(made.conditions, [condition("aws:RequestTag/k", ""), condition("aws:TagKeys", "k")]);
}

fn tags_of(key: &str) -> serde_json::Value {
    json!([{"Key": key, "Value": ""}])
}

#[tokio::test]
async fn deleting_a_topic_takes_its_subscriptions_along() {
    let world = World::new().await;
    world.topic("t").await;
    world.topic("t2").await;
    let gone = world.queue(TOPIC, QUEUE, json!({})).await;
    let stays = world.queue(&TOPIC.replace(":t", ":t2"), QUEUE, json!({})).await;
    world.call("DeleteTopic", json!({"TopicArn": TOPIC})).await.unwrap();
    world.topic("t").await;
    let left = world.call("ListSubscriptions", json!({})).await.unwrap();
    assert_eq!(left["Subscriptions"].as_array().unwrap().len(), 1);
    assert_eq!(left["Subscriptions"][0]["SubscriptionArn"], json!(stays));
    let missing = world.call("GetSubscriptionAttributes", json!({"SubscriptionArn": gone})).await.unwrap_err();
    assert_eq!(missing, ("NotFound".to_owned(), "Subscription does not exist".to_owned()));
}

#[tokio::test]
async fn topics_come_in_pages_of_a_hundred() {
    let world = World::new().await;
    for n in 0..101 {
        world.topic(&format!("t{n:03}")).await;
    }
    let first = world.call("ListTopics", json!({})).await.unwrap();
    assert_eq!(first["Topics"].as_array().unwrap().len(), 100);
    let second = world.call("ListTopics", json!({"NextToken": first["NextToken"]})).await.unwrap();
    assert_eq!(second, json!({"Topics": [{"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t100"}]}));
}
