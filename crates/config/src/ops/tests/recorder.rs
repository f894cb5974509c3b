//! The recorder: what is refused, what is described, starting and stopping (config.md §1).

use serde_json::{Value, json};

use crate::test_world::{BUCKET, ROLE, World};

fn put(recorder: Value) -> Value {
    json!({ "ConfigurationRecorder": recorder })
}

#[tokio::test]
async fn what_is_wrong_with_a_recorder_is_told_in_aws_order() {
    let world = World::new().await;
    let long = "x".repeat(257);
    for (recorder, error, text) in [
        (
            json!({"name": "", "roleARN": "", "recordingGroup": {}}),
            "InvalidConfigurationRecorderNameException",
            "The configuration recorder name '' is not valid, blank string.",
        ),
        (
            json!({"name": long, "roleARN": ""}),
            "ValidationException",
            "failed to satisfy constraint: Member must have length less than or equal to 256",
        ),
        (
            json!({"name": "AWSConfigurationRecorderForX", "roleARN": ROLE}),
            "InvalidConfigurationRecorderNameException",
            "",
        ),
        (json!({"roleARN": "", "recordingGroup": {}}), "InvalidRoleException", ""),
        (json!({"roleARN": "arn:aws:iam::12:role/x"}), "InvalidRoleException", ""),
        (json!({"recordingGroup": {}}), "InvalidRoleException", ""),
        (
            json!({"roleARN": ROLE, "recordingGroup": {}}),
            "InvalidRecordingGroupException",
            "The recording group provided is not valid",
        ),
        (
            json!({"roleARN": ROLE, "recordingGroup": {"recordingStrategy": {"useOnly": "X"}}}),
            "ValidationException",
            "1 validation error detected: Value 'X' at 'configurationRecorder.recordingGroup.recordingStrategy.useOnly' failed to satisfy constraint: Member must satisfy enum value set: [INCLUSION_BY_RESOURCE_TYPES, ALL_SUPPORTED_RESOURCE_TYPES, EXCLUSION_BY_RESOURCE_TYPES]",
        ),
        (
            json!({"roleARN": ROLE, "recordingGroup": {"resourceTypes": ["AWS::EC2::Nothing"]}}),
            "ValidationException",
            "1 validation error detected: Value '[AWS::EC2::Nothing]' at 'configurationRecorder.recordingGroup.resourceTypes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: {",
        ),
    ] {
        let (name, message) = world.refused("PutConfigurationRecorder", put(recorder.clone())).await;
        assert_eq!(name, error, "{recorder}");
        assert!(message.contains(text), "{message}");
    }
    assert_eq!(world.ok("DescribeConfigurationRecorders", json!({})).await, json!({"ConfigurationRecorders": []}));
}

#[tokio::test]
async fn a_recorder_is_described_whole() {
    let world = World::new().await;
    assert_eq!(world.ok("PutConfigurationRecorder", put(json!({"roleARN": ROLE}))).await, Value::Null);
    let answer = world.ok("DescribeConfigurationRecorders", json!({})).await;
    let recorder = &answer["ConfigurationRecorders"][0];
    let arn = recorder["arn"].as_str().unwrap();
    let id = arn.strip_prefix("arn:aws:config:eu-west-1:210987654321:configuration-recorder/default/").unwrap();
    assert_eq!(id.len(), 16);
    let expected = json!({
        "arn": arn, "name": "default", "roleARN": ROLE,
        "recordingGroup": {
            "allSupported": true, "includeGlobalResourceTypes": false, "resourceTypes": [],
            "exclusionByResourceTypes": {"resourceTypes": []},
            "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
        },
        "recordingMode": {"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": []},
        "recordingScope": "PAID",
    });
    assert_eq!(*recorder, expected);
    let listed = world.ok("ListConfigurationRecorders", json!({})).await;
    assert_eq!(
        listed["ConfigurationRecorderSummaries"],
        json!([{"arn": arn, "name": "default", "recordingScope": "PAID"}])
    );
    let internal = json!({"Filters": [{"filterName": "recordingScope", "filterValue": ["INTERNAL"]}]});
    assert_eq!(world.ok("ListConfigurationRecorders", internal).await["ConfigurationRecorderSummaries"], json!([]));
}

#[tokio::test]
async fn there_is_one_recorder_and_it_keeps_its_name() {
    let world = World::new().await;
    world.ok("PutConfigurationRecorder", put(json!({"name": "a", "roleARN": ROLE}))).await;
    let (name, message) = world.refused("PutConfigurationRecorder", put(json!({"name": "b", "roleARN": ROLE}))).await;
    assert_eq!(name, "MaxNumberOfConfigurationRecordersExceededException");
    assert_eq!(
        message,
        "Failed to put configuration recorder 'b' because the maximum number of configuration recorders: 1 is reached."
    );
    for operation in ["DescribeConfigurationRecorders", "DescribeConfigurationRecorderStatus"] {
        let (name, message) = world.refused(operation, json!({"ConfigurationRecorderNames": ["b"]})).await;
        assert_eq!(name, "NoSuchConfigurationRecorderException");
        assert_eq!(message, "Cannot find configuration recorder with the specified name 'b'.");
        assert_eq!(
            world.refused(operation, json!({"ConfigurationRecorderNames": ["a", "a"]})).await.0,
            "ValidationException"
        );
    }
}

#[tokio::test]
async fn starting_needs_a_channel_and_stopping_keeps_what_was_recorded() {
    let world = World::new().await;
    let named = |name: &str| json!({ "ConfigurationRecorderName": name });
    assert_eq!(world.refused("StartConfigurationRecorder", named("x")).await.0, "NoSuchConfigurationRecorderException");
    world.ok("PutConfigurationRecorder", put(json!({"roleARN": ROLE}))).await;
    let status = async || {
        world.ok("DescribeConfigurationRecorderStatus", json!({})).await["ConfigurationRecordersStatus"][0].clone()
    };
    assert_eq!((&status().await["recording"], &status().await["lastStatus"]), (&json!(false), &json!("PENDING")));
    assert_eq!(
        world.refused("StartConfigurationRecorder", named("default")).await,
        (
            "NoAvailableDeliveryChannelException".to_owned(),
            "Delivery channel is not available to start configuration recorder.".to_owned()
        )
    );
    world.ok("PutDeliveryChannel", json!({"DeliveryChannel": {"name": "default", "s3BucketName": BUCKET}})).await;
    world.ok("StartConfigurationRecorder", named("default")).await;
    let begun = status().await;
    assert_eq!((&begun["recording"], &begun["lastStatus"]), (&json!(true), &json!("PENDING")));
    world.run_woken().await;
    assert_eq!(status().await["lastStatus"], "SUCCESS");
    world.sleep(10);
    world.ok("StartConfigurationRecorder", named("default")).await;
    assert_eq!(status().await["lastStartTime"], begun["lastStartTime"], "it ran already");
    world.own("AWS::CloudWatch::Alarm", "a", Some(json!({"period": 1}))).await;
    world.ok("StopConfigurationRecorder", named("default")).await;
    assert_eq!(status().await["recording"], false);
    world.own("AWS::CloudWatch::Alarm", "a", Some(json!({"period": 2}))).await;
    let items = world.history("AWS::CloudWatch::Alarm", "a").await;
    assert_eq!(items, [("ResourceDiscovered".to_owned(), json!({"period": 1}))], "nothing while it is stopped");
    world.ok("StartConfigurationRecorder", named("default")).await;
    world.run_woken().await;
    assert_eq!(world.history("AWS::CloudWatch::Alarm", "a").await.len(), 2, "the start looks at everything");
    world.ok("DeleteConfigurationRecorder", named("default")).await;
    assert_eq!(world.history("AWS::CloudWatch::Alarm", "a").await.len(), 2, "what was recorded stays readable");
}

#[tokio::test]
async fn the_recorder_records_how_it_is_set_up() {
    let world = World::recording().await;
    let group = json!({"resourceTypes": ["AWS::EC2::Instance"]});
    world.ok("PutConfigurationRecorder", put(json!({"roleARN": ROLE, "recordingGroup": group}))).await;
    world.ok("StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    let items = world.history("AWS::Config::ConfigurationRecorder", "default").await;
    let recording: Vec<_> = items.iter().map(|(_, configuration)| configuration["Recording"].clone()).collect();
    assert_eq!(recording, [true, true, false]);
    assert_eq!(items[1].1["RecordingGroup"]["resourceTypes"], json!(["AWS::EC2::Instance"]));
    let keys: Vec<_> = items[0].1.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["Id", "Name", "Recording", "RoleARN", "RecordingGroup", "RecordingMode"]);
}

#[tokio::test]
async fn types_that_leave_the_group_are_recorded_no_more() {
    let world = World::recording().await;
    world.own("AWS::CloudWatch::Alarm", "a", Some(json!({"period": 1}))).await;
    let arn =
        world.ok("ListConfigurationRecorders", json!({})).await["ConfigurationRecorderSummaries"][0]["arn"].clone();
    let types = json!({"ConfigurationRecorderArn": arn, "ResourceTypes": ["AWS::CloudWatch::Alarm"]});
    assert_eq!(world.refused("DisassociateResourceTypes", types.clone()).await.0, "ValidationException");
    let group = json!({"resourceTypes": ["AWS::CloudWatch::Alarm", "AWS::SNS::Topic"]});
    world.ok("PutConfigurationRecorder", put(json!({"roleARN": ROLE, "recordingGroup": group}))).await;
    let answer = world.ok("DisassociateResourceTypes", types.clone()).await;
    assert_eq!(answer["ConfigurationRecorder"]["recordingGroup"]["resourceTypes"], json!(["AWS::SNS::Topic"]));
    world.run_woken().await;
    world.ok("AssociateResourceTypes", types).await;
    world.run_woken().await;
    let statuses: Vec<_> =
        world.history("AWS::CloudWatch::Alarm", "a").await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, ["ResourceDiscovered", "ResourceNotRecorded", "ResourceDiscovered"]);
}

#[tokio::test]
async fn tags_of_the_recorder_are_set_when_it_is_made_and_then_by_themselves() {
    let world = World::new().await;
    let tags = json!([{"Key": "a", "Value": "1"}]);
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": {"roleARN": ROLE}, "Tags": tags})).await;
    let again = json!([{"Key": "b", "Value": "1"}]);
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": {"roleARN": ROLE}, "Tags": again})).await;
    let arn =
        world.ok("ListConfigurationRecorders", json!({})).await["ConfigurationRecorderSummaries"][0]["arn"].clone();
    let listed = async || world.ok("ListTagsForResource", json!({"ResourceArn": arn})).await["Tags"].clone();
    assert_eq!(listed().await, tags);
    world
        .ok("TagResource", json!({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "2"}, {"Key": "c", "Value": ""}]}))
        .await;
    world.ok("UntagResource", json!({"ResourceArn": arn, "TagKeys": ["c", "nothing"]})).await;
    assert_eq!(listed().await, json!([{"Key": "a", "Value": "2"}]));
    let twice = json!({"ResourceArn": arn, "Tags": [{"Key": "x", "Value": ""}, {"Key": "X", "Value": ""}]});
    assert_eq!(
        world.refused("TagResource", twice).await,
        (
            "InvalidInput".to_owned(),
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.".to_owned()
        )
    );
    assert_eq!(
        world.refused("ListTagsForResource", json!({"ResourceArn": "arn:aws:config:x"})).await,
        ("ResourceNotFoundException".to_owned(), "ResourceArn 'arn:aws:config:x' does not exist".to_owned())
    );
}
