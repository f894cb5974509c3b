//! logs.md TG-1 to TG-3.

use serde_json::{Map, Value, json};

use crate::test_world::World;

const ARN: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:g";

#[tokio::test]
async fn tags_by_arn_and_by_name_are_the_same() {
    let world = World::new().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "g", "tags": {"made": "yes"}})).await;
    world.ok("TagResource", json!({"resourceArn": ARN, "tags": {"by": "arn"}})).await;
    world.ok("TagLogGroup", json!({"logGroupName": "g", "tags": {"too": "name", "made": "again"}})).await;
    let tags = json!({"tags": {"made": "again", "by": "arn", "too": "name"}});
    assert_eq!(world.ok("ListTagsForResource", json!({"resourceArn": ARN})).await, tags);
    assert_eq!(world.ok("ListTagsLogGroup", json!({"logGroupName": "g"})).await, tags);
    world.ok("UntagResource", json!({"resourceArn": ARN, "tagKeys": ["made", "absent"]})).await;
    world.ok("UntagLogGroup", json!({"logGroupName": "g", "tags": ["by", "too"]})).await;
    assert_eq!(world.ok("ListTagsForResource", json!({"resourceArn": ARN})).await, json!({"tags": {}}));
    assert_eq!(world.ok("ListTagsLogGroup", json!({"logGroupName": "g"})).await, json!({"tags": {}}));
}

#[tokio::test]
async fn the_fifty_first_tag_and_reserved_keys_are_refused() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let many: Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!("v"))).collect();
    world.ok("TagResource", json!({"resourceArn": ARN, "tags": many})).await;
    let error = world.call("TagResource", json!({"resourceArn": ARN, "tags": {"more": ""}})).await.unwrap_err();
    assert_eq!(error.name, "TooManyTagsException");
    assert_eq!(
        error.members.unwrap().get("resourceName").and_then(|name| name.as_str().map(str::to_owned)).as_deref(),
        Some(ARN)
    );
    let by_name = world.refused("TagLogGroup", json!({"logGroupName": "g", "tags": {"more": ""}})).await;
    assert_eq!(by_name.0, "InvalidParameterException");
    let reserved = world.refused("TagResource", json!({"resourceArn": ARN, "tags": {"aws:x": ""}})).await;
    assert_eq!(reserved.0, "InvalidParameterException");
}

#[tokio::test]
async fn what_has_no_tags_is_told_apart_from_what_is_not_there() {
    let world = World::new().await;
    for (arn, code) in [
        (ARN, "ResourceNotFoundException"),
        ("arn:aws:logs:us-east-1:111122223333:log-group:g", "ResourceNotFoundException"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:", "InvalidParameterException"),
        ("arn:aws:logs:eu-west-1:111122223333:nothing:g", "InvalidParameterException"),
        ("g", "InvalidParameterException"),
    ] {
        assert_eq!(world.refused("ListTagsForResource", json!({"resourceArn": arn})).await.0, code, "{arn}");
    }
}
