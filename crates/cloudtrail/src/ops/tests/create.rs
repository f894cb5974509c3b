//! CreateTrail.

use serde_json::{Value, json};

use crate::ports::LogRefusal;
use crate::test_world::{GROUP, ROLE, TOPIC, World};

fn input(more: Value) -> Value {
    let mut input = json!({"Name": "main", "S3BucketName": "acme-trail"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn the_answer_has_what_was_set_and_no_empty_members() {
    let world = World::new().await;
    let made = world.ok("CreateTrail", input(json!({}))).await;
    let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";
    let mut expected = json!({
        "Name": "main", "S3BucketName": "acme-trail", "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": false,
        "TrailARN": arn, "LogFileValidationEnabled": false, "IsOrganizationTrail": false,
    });
    assert_eq!(made, expected);
    let described = world.ok("GetTrail", json!({"Name": "main"})).await;
    for (member, value) in [
        ("HomeRegion", json!("eu-west-1")),
        ("HasCustomEventSelectors", json!(false)),
        ("HasInsightSelectors", json!(false)),
    ] {
        expected[member] = value;
    }
    assert_eq!(described["Trail"], expected);
}

#[tokio::test]
async fn what_was_asked_for_is_checked_in_order() {
    let world = World::new().await;
    world.outside.state().buckets.insert("closed".to_owned());
    world.outside.state().refused.push(("closed".to_owned(), "AccessDenied"));
    let no_name = "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.";
    for (more, name, text) in [
        (json!({"Name": "ab", "S3BucketName": "missing"}), "InvalidTrailNameException", no_name),
        (
            json!({"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false, "S3KeyPrefix": "AWSLogs/"}),
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        ),
        (json!({"S3KeyPrefix": "AWSLogs/"}), "InvalidS3PrefixException", "S3 prefix must not contain AWSLogs/."),
        (json!({"S3BucketName": "Bad_Name"}), "InvalidS3BucketNameException", "Bucket name 'Bad_Name' is not valid."),
        (
            json!({"S3BucketName": "missing", "IsOrganizationTrail": true}),
            "S3BucketDoesNotExistException",
            "S3 bucket missing does not exist!",
        ),
        (
            json!({"S3BucketName": "closed"}),
            "InsufficientS3BucketPolicyException",
            "Incorrect S3 bucket policy is detected for bucket: closed",
        ),
        (
            json!({"SnsTopicName": "other"}),
            "InsufficientSnsTopicPolicyException",
            "SNS Topic does not exist or the topic policy is incorrect!",
        ),
        (
            json!({"CloudWatchLogsLogGroupArn": GROUP}),
            "InvalidCloudWatchLogsRoleArnException",
            "You must specify a log group and a role ARN.",
        ),
        (
            json!({"CloudWatchLogsRoleArn": ROLE}),
            "InvalidCloudWatchLogsLogGroupArnException",
            "You must specify a log group and a role ARN.",
        ),
        (
            json!({"TagsList": [{"Key": "a"}, {"Key": "a"}]}),
            "InvalidTagParameterException",
            "The tag key a is given more than once.",
        ),
    ] {
        assert_eq!(world.refused("CreateTrail", input(more)).await, (name.to_owned(), text.to_owned()));
    }
    for (more, name) in [
        (json!({"IsOrganizationTrail": true}), "OrganizationsNotInUseException"),
        (json!({"KmsKeyId": "alias/trail"}), "InsufficientEncryptionPolicyException"),
        (json!({"KmsKeyId": "arn:aws:sns:x"}), "KmsKeyNotFoundException"),
        (json!({"SnsTopicName": "news.fifo"}), "InvalidSnsTopicNameException"),
    ] {
        assert_eq!(world.refused("CreateTrail", input(more)).await.0, name);
    }
    assert_eq!(world.ok("DescribeTrails", json!({})).await, json!({"trailList": []}));
}

#[tokio::test]
async fn a_log_group_that_does_not_take_events_is_told_apart() {
    let world = World::new().await;
    let asked = input(json!({"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE}));
    for (refusal, name, text) in [
        (
            LogRefusal::NotTrusted,
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Check the trust relationships for your role.",
        ),
        (
            LogRefusal::NotPermitted,
            "InvalidCloudWatchLogsLogGroupArnException",
            "Access denied. Verify in IAM that the role has adequate permissions.",
        ),
        (
            LogRefusal::NoGroup,
            "InvalidCloudWatchLogsLogGroupArnException",
            "CloudTrail cannot validate the specified log group ARN.",
        ),
    ] {
        world.outside.state().log_refusal = Some(refusal);
        assert_eq!(world.refused("CreateTrail", asked.clone()).await, (name.to_owned(), text.to_owned()));
    }
    world.outside.state().log_refusal = None;
    world.ok("CreateTrail", asked).await;
}

#[tokio::test]
async fn the_preflight_leaves_markers_and_a_message() {
    let world = World::new().await;
    let more = json!({"S3KeyPrefix": "a/b", "EnableLogFileValidation": true, "SnsTopicName": "news"});
    let made = world.ok("CreateTrail", input(more)).await;
    assert_eq!((&made["SnsTopicName"], &made["SnsTopicARN"]), (&json!("news"), &json!(TOPIC)));
    let state = world.outside.state();
    let keys: Vec<_> = state.objects.iter().map(|((_, key), object)| (key.as_str(), object.body.len())).collect();
    let markers = [("a/b/AWSLogs/111122223333/CloudTrail-Digest/", 0), ("a/b/AWSLogs/111122223333/CloudTrail/", 0)];
    assert_eq!(keys, markers);
    assert_eq!(state.messages, ["CloudTrail validation message."]);
}

#[tokio::test]
async fn five_trails_are_seen_in_a_region_and_names_are_unique_in_it() {
    let world = World::new().await;
    for number in 0..4 {
        world.ok("CreateTrail", input(json!({"Name": format!("trail{number}")}))).await;
    }
    let twice = world.refused("CreateTrail", input(json!({"Name": "trail0"}))).await;
    let text = "Trail trail0 already exists for customer: 111122223333";
    assert_eq!(twice, ("TrailAlreadyExistsException".to_owned(), text.to_owned()));
    // A trail of all regions, made elsewhere, takes the last place here.
    let everywhere = json!({"Name": "everywhere", "S3BucketName": "acme-trail", "IsMultiRegionTrail": true});
    world.call_in("us-east-1", "CreateTrail", everywhere).await.unwrap();
    let full = "User: 111122223333 already has 5 trails in eu-west-1.";
    let refused = world.refused("CreateTrail", input(json!({"Name": "sixth"}))).await;
    assert_eq!(refused, ("MaximumNumberOfTrailsExceededException".to_owned(), full.to_owned()));
    let more = json!({"Name": "second", "S3BucketName": "acme-trail", "IsMultiRegionTrail": true});
    let refused = world.refused_in("us-east-1", "CreateTrail", more.clone()).await;
    assert_eq!(refused.1, full);
    let mut single = more;
    single["IsMultiRegionTrail"] = json!(false);
    world.call_in("us-east-1", "CreateTrail", single).await.unwrap();
    let widened = json!({"Name": "second", "IsMultiRegionTrail": true});
    assert_eq!(world.refused_in("us-east-1", "UpdateTrail", widened).await.1, full);
}
