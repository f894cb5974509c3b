//! Subscriptions: made once, confirmed by those who get the messages, ended and restored.

use serde_json::json;

use super::world::*;

const ENDPOINT: &str = "http://receiver.example:8080/in";

#[tokio::test]
async fn own_queues_are_confirmed_and_those_of_others_are_asked() {
    let world = World::new().await;
    world.topic("t").await;
    let own = world.queue(TOPIC, QUEUE, json!({})).await;
    assert!(own.starts_with(&format!("{TOPIC}:")), "{own}");
    for (name, value) in [
        ("PendingConfirmation", "false"),
        ("ConfirmationWasAuthenticated", "true"),
        ("Protocol", "sqs"),
        ("Endpoint", QUEUE),
        ("Owner", ACCOUNT),
        ("RawMessageDelivery", "false"),
        ("SubscriptionPrincipal", "arn:aws:iam::111122223333:root"),
        ("TopicArn", TOPIC),
        ("SubscriptionArn", &own),
    ] {
        assert_eq!(world.attribute(&own, name).await, json!(value), "{name}");
    }
    assert!(world.deliveries().is_empty());
    let others = "arn:aws:sqs:eu-west-1:444455556666:q";
    assert_eq!(world.queue(TOPIC, others, json!({})).await, "pending confirmation");
    assert_eq!(world.last_token().1, others);
}

#[tokio::test]
async fn subscribing_again_gives_the_same_and_asks_again_while_it_waits() {
    let world = World::new().await;
    world.topic("t").await;
    let raw = json!({"RawMessageDelivery": "true"});
    let first = world.queue(TOPIC, QUEUE, raw.clone()).await;
    assert_eq!(world.queue(TOPIC, QUEUE, raw).await, first);
    assert_eq!(world.queue(TOPIC, QUEUE, json!({})).await, first);
    let other = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE,
                       "Attributes": {"RawMessageDelivery": "false"}});
    assert_eq!(
        world.invalid("Subscribe", other).await,
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    );
    let waiting = world.waiting(TOPIC, ENDPOINT).await;
    let (token, _) = world.last_token();
    assert_eq!(world.waiting(TOPIC, ENDPOINT).await, waiting);
    assert_eq!((world.last_token().0, world.deliveries().len()), (token, 2));
}

#[tokio::test]
async fn a_link_confirms_and_confirming_twice_is_the_same() {
    let world = World::new().await;
    world.topic("t").await;
    let arn = world.waiting(TOPIC, ENDPOINT).await;
    let listed = world.call("ListSubscriptionsByTopic", json!({"TopicArn": TOPIC})).await.unwrap();
    assert_eq!(listed["Subscriptions"][0]["SubscriptionArn"], "PendingConfirmation");
    let (token, _) = world.last_token();
    // The name in the ARN is not looked at.
    let input = json!({"TopicArn": "arn:aws:sns:eu-west-1:111122223333:other", "Token": token});
    for _ in 0..2 {
        let confirmed = world.call_in(&stranger(), "ConfirmSubscription", input.clone()).await.unwrap();
        assert_eq!(confirmed["SubscriptionArn"], json!(arn));
    }
    assert_eq!(world.attribute(&arn, "PendingConfirmation").await, "false");
    assert_eq!(world.attribute(&arn, "ConfirmationWasAuthenticated").await, "false");
}

#[tokio::test]
async fn tokens_that_lead_nowhere_are_refused() {
    let world = World::new().await;
    world.topic("t").await;
    world.waiting(TOPIC, ENDPOINT).await;
    let (token, _) = world.last_token();
    let unknown = "a".repeat(128);
    for (arn, token, message) in [
        ("t", token.as_str(), "Invalid parameter: Topic"),
        ("arn:aws:sns:us-east-1:111122223333:t", &token, "Invalid parameter: Topic"),
        (TOPIC, "abc", "Invalid parameter: Token"),
        (TOPIC, &unknown, "Invalid token"),
    ] {
        let input = json!({"TopicArn": arn, "Token": token});
        assert_eq!(world.invalid("ConfirmSubscription", input).await, message);
    }
    let input = json!({"TopicArn": TOPIC, "Token": token});
    let late = world.call_at(hours(48), "ConfirmSubscription", input.clone()).await.unwrap_err();
    assert_eq!(late.1, "Invalid token");
    world.call_at(hours(47), "ConfirmSubscription", input).await.unwrap();
}

#[tokio::test]
async fn what_nobody_confirms_goes_away_after_three_days() {
    let world = World::new().await;
    world.topic("t").await;
    world.waiting(TOPIC, ENDPOINT).await;
    let confirmed = world.queue(TOPIC, QUEUE, json!({})).await;
    world.expire(hours(71)).await;
    let left = || async { world.call("ListSubscriptions", json!({})).await.unwrap()["Subscriptions"].clone() };
    assert_eq!(left().await.as_array().unwrap().len(), 2);
    world.expire(hours(72)).await;
    assert_eq!(left().await[0]["SubscriptionArn"], json!(confirmed));
    assert_eq!(left().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_knows_the_arn_can_end_a_subscription_and_the_endpoint_can_restore_it() {
    let world = World::new().await;
    world.topic("t").await;
    let arn = world.waiting(TOPIC, ENDPOINT).await;
    let confirm = async |token: &str| {
        let input = json!({"TopicArn": TOPIC, "Token": token});
        world.call_in(&stranger(), "ConfirmSubscription", input).await
    };
    confirm(&world.last_token().0).await.unwrap();
    let input = json!({"SubscriptionArn": arn});
    for _ in 0..2 {
        world.call_in(&stranger(), "Unsubscribe", input.clone()).await.unwrap();
    }
    let counts = async || {
        let shown = world.call("GetTopicAttributes", json!({"TopicArn": TOPIC})).await.unwrap();
        ["Confirmed", "Deleted"].map(|kind| shown["Attributes"][format!("Subscriptions{kind}")].clone())
    };
    assert_eq!(counts().await, ["0", "1"]);
    let last = world.deliveries().pop().unwrap();
    assert_eq!(
        last.message.body,
        format!(
            "You have chosen to deactivate subscription {arn}.\nTo cancel this operation and restore the \
             subscription, visit the SubscribeURL included in this message."
        )
    );
    let (token, endpoint) = world.last_token();
    assert_eq!(endpoint, ENDPOINT);
    for _ in 0..2 {
        assert_eq!(confirm(&token).await.unwrap()["SubscriptionArn"], json!(arn));
        assert_eq!(counts().await, ["1", "0"]);
    }
    world.call("Unsubscribe", input).await.unwrap();
    assert_eq!(confirm(&token).await.unwrap_err().1, "Invalid token", "it brings back once");
    assert_eq!(counts().await, ["0", "1"]);
}

#[tokio::test]
async fn its_owner_ends_a_subscription_without_a_word() {
    let world = World::new().await;
    world.topic("t").await;
    let arn = world.waiting(TOPIC, ENDPOINT).await;
    let (token, _) = world.last_token();
    let confirm = json!({"TopicArn": TOPIC, "Token": token, "AuthenticateOnUnsubscribe": "true"});
    world.call("ConfirmSubscription", confirm).await.unwrap();
    assert_eq!(world.attribute(&arn, "ConfirmationWasAuthenticated").await, "true");
    let end = json!({"SubscriptionArn": arn});
    for other in [stranger(), root_of(OTHER)] {
        let (code, _) = world.call_in(&other, "Unsubscribe", end.clone()).await.unwrap_err();
        assert_eq!(code, "AuthorizationError");
    }
    world.call("Unsubscribe", end).await.unwrap();
    assert_eq!(world.deliveries().len(), 1);
}

#[tokio::test]
async fn arns_that_are_no_subscriptions_are_refused() {
    let world = World::new().await;
    for (arn, message) in [
        (
            "pending confirmation",
            "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (TOPIC, "Invalid parameter: SubscriptionId"),
    ] {
        assert_eq!(world.invalid("Unsubscribe", json!({"SubscriptionArn": arn})).await, message);
    }
}

#[tokio::test]
async fn attributes_are_checked_kept_and_removed() {
    let world = World::new().await;
    world.topic("t").await;
    let arn = world.queue(TOPIC, QUEUE, json!({"FilterPolicy": r#"{"a":["b"]}"#})).await;
    assert_eq!(world.attribute(&arn, "FilterPolicyScope").await, "MessageAttributes");
    let set = async |name: &str, value: &str| {
        let input = json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value});
        world.call("SetSubscriptionAttributes", input).await.map_err(|(_, message)| message)
    };
    for (name, value, problem) in [
        ("Colour", "red", "AttributeName"),
        ("RawMessageDelivery", "x", "RawMessageDelivery: Invalid value [x]. Must be true or false."),
        (
            "FilterPolicyScope",
            "X",
            "FilterPolicyScope: Invalid value [X]. Please use either MessageBody or MessageAttributes",
        ),
        ("FilterPolicy", r#"{"a":[]}"#, "FilterPolicy: Empty arrays are not allowed"),
        ("RedrivePolicy", "[]", "RedrivePolicy: failed to parse JSON."),
        ("RedrivePolicy", r#"{"deadLetterTargetArn":"q"}"#, "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        ("DeliveryPolicy", "[]", "DeliveryPolicy: failed to parse JSON."),
    ] {
        let refused = set(name, value).await.unwrap_err();
        assert!(refused.starts_with(&format!("Invalid parameter: {problem}")), "{refused}");
    }
    let dead = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:dead"}"#;
    set("RedrivePolicy", dead).await.unwrap();
    assert_eq!(world.attribute(&arn, "RedrivePolicy").await, dead);
    for name in ["RedrivePolicy", "FilterPolicy"] {
        set(name, "").await.unwrap();
        assert!(world.attribute(&arn, name).await.is_null());
    }
    let input = json!({"TopicArn": TOPIC, "Protocol": "http", "Endpoint": ENDPOINT,
                       "Attributes": {"RawMessageDelivery": "x"}});
    assert_eq!(
        world.invalid("Subscribe", input).await,
        "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [x]. Must be true or false."
    );
}

#[tokio::test]
async fn what_the_server_cannot_deliver_is_refused_with_the_setting_that_would() {
    let world = World::closed().await;
    world.topic("t").await;
    for (protocol, endpoint, setting) in [
        ("email", "a@example.org", "--smtp URL"),
        ("email-json", "a@example.org", "--smtp URL"),
        ("sms", "+15550100", "--sms-gateway URL"),
        ("application", "arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/a/b", "--push-gateway URL"),
        ("sqs", QUEUE, "--upstream sqs=URL"),
        ("lambda", "arn:aws:lambda:eu-west-1:111122223333:function:f", "--upstream lambda=URL"),
        ("firehose", "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s", "Firehose"),
    ] {
        let input = json!({"TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint});
        let message = world.invalid("Subscribe", input).await;
        assert!(message.starts_with("Invalid parameter: Protocol Reason: this server "), "{message}");
        assert!(message.contains(setting), "{message}");
    }
    let pigeon = json!({"TopicArn": TOPIC, "Protocol": "pigeon", "Endpoint": "loft"});
    assert_eq!(
        world.invalid("Subscribe", pigeon).await,
        "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"
    );
}

#[tokio::test]
async fn subscriptions_to_others_topics_are_listed_with_who_made_them() {
    let world = World::new().await;
    world.topic("t").await;
    let queue = "arn:aws:sqs:eu-west-1:444455556666:q";
    let input = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": queue});
    let made = world.call_in(&root_of(OTHER), "Subscribe", input).await.unwrap();
    assert!(made["SubscriptionArn"].as_str().unwrap().starts_with(TOPIC));
    let theirs = world.call_in(&root_of(OTHER), "ListSubscriptions", json!({})).await.unwrap();
    assert_eq!(theirs["Subscriptions"][0]["Owner"], OTHER);
    let ours = world.call("ListSubscriptions", json!({})).await.unwrap();
    assert_eq!(ours["Subscriptions"], json!([]));
    let of_topic = world.call("ListSubscriptionsByTopic", json!({"TopicArn": TOPIC})).await.unwrap();
    assert_eq!(of_topic["Subscriptions"][0]["SubscriptionArn"], made["SubscriptionArn"]);
}
