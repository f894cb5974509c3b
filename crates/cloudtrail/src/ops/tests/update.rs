//! UpdateTrail.

use serde_json::{Value, json};

use crate::test_world::{GROUP, ROLE, World};

async fn trail(world: &World) -> Value {
    world.ok("GetTrail", json!({"Name": "main"})).await["Trail"].clone()
}

#[tokio::test]
async fn only_what_is_given_changes() {
    let world = World::new().await;
    let made = json!({"Name": "main", "S3BucketName": "acme-trail", "S3KeyPrefix": "p", "SnsTopicName": "news"});
    world.ok("CreateTrail", made).await;
    let before = trail(&world).await;
    let answer = world.ok("UpdateTrail", json!({"Name": "main"})).await;
    assert_eq!(trail(&world).await, before);
    assert!(answer.get("HomeRegion").is_none() && answer["S3KeyPrefix"] == "p");
    let answer = world.ok("UpdateTrail", json!({"Name": "main", "SnsTopicName": "", "S3KeyPrefix": ""})).await;
    assert_eq!((&answer["SnsTopicName"], &answer["SnsTopicARN"]), (&json!(""), &json!("")));
    let after = trail(&world).await;
    assert!(
        after.get("SnsTopicName").is_none() && after.get("SnsTopicARN").is_none() && after.get("S3KeyPrefix").is_none()
    );
}

#[tokio::test]
async fn global_events_follow_the_regions_unless_they_are_given() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    for (asked, expected) in [
        (json!({"IsMultiRegionTrail": true}), Some((true, true))),
        (json!({"IncludeGlobalServiceEvents": false}), None),
        (json!({"IsMultiRegionTrail": false}), Some((false, false))),
        (json!({"IncludeGlobalServiceEvents": true}), Some((false, true))),
        (json!({"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false}), None),
    ] {
        let mut input = json!({"Name": "main"});
        input.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        match expected {
            None => assert_eq!(world.refused("UpdateTrail", input).await.0, "InvalidParameterCombinationException"),
            Some((multi_region, global_events)) => {
                let answer = world.ok("UpdateTrail", input).await;
                let got = (&answer["IsMultiRegionTrail"], &answer["IncludeGlobalServiceEvents"]);
                assert_eq!(got, (&json!(multi_region), &json!(global_events)), "{asked}");
            }
        }
    }
}

#[tokio::test]
async fn an_update_that_is_refused_changes_nothing() {
    let world = World::new().await;
    let made = json!({"Name": "main", "S3BucketName": "acme-trail", "CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE});
    world.ok("CreateTrail", made).await;
    let before = trail(&world).await;
    for asked in [
        json!({"S3BucketName": "missing", "S3KeyPrefix": "new"}),
        json!({"CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": ROLE}),
        json!({"SnsTopicName": "unknown", "EnableLogFileValidation": true}),
    ] {
        let mut input = json!({"Name": "main"});
        input.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        world.refused("UpdateTrail", input).await;
        assert_eq!(trail(&world).await, before, "{asked}");
    }
    world.outside.state().refused.push(("acl".to_owned(), "AccessDenied"));
    let refused = world.refused("UpdateTrail", json!({"Name": "main"})).await;
    assert_eq!(refused.0, "InsufficientS3BucketPolicyException", "the preflight runs whatever is changed");
    world.outside.state().refused.clear();
    world.ok("UpdateTrail", json!({"Name": "main", "CloudWatchLogsRoleArn": ""})).await;
    assert!(trail(&world).await.get("CloudWatchLogsLogGroupArn").is_none());
}
