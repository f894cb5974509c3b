//! The delivery channel and the retention of items: what is refused and what is described (config.md §4, §3.6).

use serde_json::{Value, json};

use crate::test_world::{BUCKET, NOW, ROLE, TOPIC, World};

fn put(channel: Value) -> Value {
    json!({ "DeliveryChannel": channel })
}

#[tokio::test]
async fn what_is_wrong_with_a_channel_is_told_in_aws_order() {
    let world = World::new().await;
    assert_eq!(
        world.refused("PutDeliveryChannel", put(json!({"name": ""}))).await,
        (
            "NoAvailableConfigurationRecorderException".to_owned(),
            "Configuration recorder is not available to put delivery channel.".to_owned()
        )
    );
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": {"roleARN": ROLE}})).await;
    world.outside.state().closed.extend(["closed".to_owned(), "arn:aws:sns:eu-west-1:210987654321:closed".to_owned()]);
    world.outside.state().closed.insert("arn:aws:kms:eu-west-1:210987654321:key/none".to_owned());
    world.outside.state().buckets.insert("closed".to_owned());
    world.outside.state().topics.insert("arn:aws:sns:eu-west-1:210987654321:closed".to_owned());
    for (channel, error, text) in [
        (
            json!({"name": ""}),
            "InvalidDeliveryChannelNameException",
            "The delivery channel name '' is not valid, blank string.",
        ),
        (json!({"name": "default"}), "NoSuchBucketException", "Cannot find a S3 bucket with an empty bucket name."),
        (
            json!({"s3BucketName": BUCKET, "s3KeyPrefix": "", "snsTopicARN": ""}),
            "InvalidS3KeyPrefixException",
            "The s3 key prefix '' is not valid, empty s3 key prefix.",
        ),
        (
            json!({"s3BucketName": BUCKET, "snsTopicARN": "", "s3KmsKeyArn": ""}),
            "InvalidSNSTopicARNException",
            "The sns topic arn '' is not valid.",
        ),
        (
            json!({"s3BucketName": BUCKET, "s3KmsKeyArn": ""}),
            "InvalidS3KmsKeyArnException",
            "The arn '' is not a valid kms key or alias arn.",
        ),
        (
            json!({"s3BucketName": BUCKET, "configSnapshotDeliveryProperties": {"deliveryFrequency": "x"}}),
            "ValidationException",
            "1 validation error detected: Value 'x' at 'deliveryChannel.configSnapshotDeliveryProperties.deliveryFrequency' failed to satisfy constraint: Member must satisfy enum value set: [One_Hour, Three_Hours, Six_Hours, Twelve_Hours, TwentyFour_Hours]",
        ),
        (json!({"s3BucketName": "none"}), "NoSuchBucketException", "Cannot find a S3 bucket with name 'none'."),
        (
            json!({"s3BucketName": "closed"}),
            "InsufficientDeliveryPolicyException",
            "Insufficient delivery policy to s3 bucket: closed, unable to write to bucket, provided s3 key prefix is 'null', provided kms key is 'null'.",
        ),
        (
            json!({"s3BucketName": BUCKET, "s3KmsKeyArn": "arn:aws:kms:eu-west-1:210987654321:key/none"}),
            "InsufficientDeliveryPolicyException",
            // The bucket's own word, since no policy would help.
            "no",
        ),
        (
            json!({"s3BucketName": BUCKET, "snsTopicARN": "arn:aws:sns:eu-west-1:210987654321:none"}),
            "InvalidSNSTopicARNException",
            "The sns topic arn 'arn:aws:sns:eu-west-1:210987654321:none' is not valid.",
        ),
        (
            json!({"s3BucketName": BUCKET, "snsTopicARN": "arn:aws:sns:eu-west-1:210987654321:closed"}),
            "InsufficientDeliveryPolicyException",
            "",
        ),
    ] {
        let (name, message) = world.refused("PutDeliveryChannel", put(channel.clone())).await;
        assert_eq!(name, error, "{channel}");
        assert!(text.is_empty() || message == text, "{message}");
    }
    assert_eq!(world.ok("DescribeDeliveryChannels", json!({})).await, json!({"DeliveryChannels": []}));
}

#[tokio::test]
async fn a_channel_leaves_an_object_and_is_replaced_wholly() {
    let world = World::new().await;
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": {"roleARN": ROLE}})).await;
    let whole = json!({
        "name": "c", "s3BucketName": BUCKET, "s3KeyPrefix": "p", "snsTopicARN": TOPIC,
        "s3KmsKeyArn": "arn:aws:kms:eu-west-1:210987654321:key/k",
        "configSnapshotDeliveryProperties": {"deliveryFrequency": "Three_Hours"},
    });
    world.ok("PutDeliveryChannel", put(whole.clone())).await;
    assert_eq!(world.ok("DescribeDeliveryChannels", json!({})).await["DeliveryChannels"], json!([whole]));
    assert_eq!(world.outside.keys(""), ["p/AWSLogs/210987654321/Config/ConfigWritabilityCheckFile"]);
    let (name, message) = world.refused("PutDeliveryChannel", put(json!({"name": "d", "s3BucketName": BUCKET}))).await;
    assert_eq!(name, "MaxNumberOfDeliveryChannelsExceededException");
    assert_eq!(
        message,
        "Failed to put delivery channel 'd' because the maximum number of delivery channels: 1 is reached."
    );
    let less = json!({"name": "c", "s3BucketName": BUCKET});
    world.ok("PutDeliveryChannel", put(less.clone())).await;
    assert_eq!(world.ok("DescribeDeliveryChannels", json!({})).await["DeliveryChannels"], json!([less]));
    let (name, message) = world.refused("DescribeDeliveryChannels", json!({"DeliveryChannelNames": ["x"]})).await;
    assert_eq!(
        (&*name, &*message),
        ("NoSuchDeliveryChannelException", "Cannot find delivery channel with specified name 'x'.")
    );
}

#[tokio::test]
async fn a_channel_stays_while_the_recorder_runs() {
    let world = World::recording().await;
    let named = json!({"DeliveryChannelName": "default"});
    assert_eq!(
        world.refused("DeleteDeliveryChannel", named.clone()).await,
        (
            "LastDeliveryChannelDeleteFailedException".to_owned(),
            "Failed to delete last specified delivery channel with name 'default', because there, because there is a running configuration recorder.".to_owned()
        )
    );
    world.ok("StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    world.ok("DeleteDeliveryChannel", named.clone()).await;
    assert_eq!(world.refused("DeleteDeliveryChannel", named).await.0, "NoSuchDeliveryChannelException");
}

#[tokio::test]
async fn a_channel_that_never_delivered_has_an_empty_status() {
    let world = World::new().await;
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": {"roleARN": ROLE}})).await;
    world.ok("PutDeliveryChannel", put(json!({"name": "default", "s3BucketName": BUCKET}))).await;
    let status = world.ok("DescribeDeliveryChannelStatus", json!({})).await;
    let expected = json!([{
        "name": "default", "configSnapshotDeliveryInfo": {}, "configHistoryDeliveryInfo": {},
        "configStreamDeliveryInfo": {"lastStatus": "NOT_APPLICABLE"},
    }]);
    assert_eq!(status["DeliveryChannelsStatus"], expected);
}

#[tokio::test]
async fn retention_is_said_described_and_taken_back() {
    let world = World::new().await;
    let described =
        async || world.ok("DescribeRetentionConfigurations", json!({})).await["RetentionConfigurations"].clone();
    assert_eq!(described().await, json!([]));
    let configuration = json!({"Name": "default", "RetentionPeriodInDays": 30});
    let answer = world.ok("PutRetentionConfiguration", json!({"RetentionPeriodInDays": 30})).await;
    assert_eq!(answer["RetentionConfiguration"], configuration);
    assert_eq!(described().await, json!([configuration]));
    for (days, text) in [
        (
            29,
            "Value '29' at 'retentionPeriodInDays' failed to satisfy constraint: Member must have value greater than or equal to 30",
        ),
        (
            2558,
            "Value '2558' at 'retentionPeriodInDays' failed to satisfy constraint: Member must have value less than or equal to 2557",
        ),
    ] {
        let (name, message) = world.refused("PutRetentionConfiguration", json!({"RetentionPeriodInDays": days})).await;
        assert_eq!(name, "ValidationException");
        assert!(message.ends_with(text), "{message}");
    }
    let unknown =
        ("NoSuchRetentionConfigurationException", "Cannot find retention configuration with the specified name 'x'.");
    for (operation, input) in [
        ("DescribeRetentionConfigurations", json!({"RetentionConfigurationNames": ["x"]})),
        ("DeleteRetentionConfiguration", json!({"RetentionConfigurationName": "x"})),
    ] {
        let (name, message) = world.refused(operation, input).await;
        assert_eq!((&*name, &*message), unknown);
    }
    let two = json!({"RetentionConfigurationNames": ["default", "default"]});
    let (name, message) = world.refused("DescribeRetentionConfigurations", two).await;
    assert!(name == "ValidationException" && message.contains("'retentionConfigurationNames'"), "{message}");
    world.ok("DeleteRetentionConfiguration", json!({"RetentionConfigurationName": "default"})).await;
    assert_eq!(described().await, json!([]));
}

#[tokio::test]
async fn no_snapshot_is_announced_while_the_recorder_is_stopped() {
    let world = World::recording().await;
    let frequency = json!({"deliveryFrequency": "One_Hour"});
    let channel = json!({"name": "default", "s3BucketName": BUCKET, "configSnapshotDeliveryProperties": frequency});
    world.ok("PutDeliveryChannel", put(channel)).await;
    world.ok("DeliverConfigSnapshot", json!({"deliveryChannelName": "default"})).await;
    world.run_woken().await;
    let next = async || {
        let status = world.ok("DescribeDeliveryChannelStatus", json!({})).await;
        status["DeliveryChannelsStatus"][0]["configSnapshotDeliveryInfo"].get("nextDeliveryTime").cloned()
    };
    assert_eq!(next().await, Some(json!(NOW.secs_f64() + 3600.0)));
    world.ok("StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    assert_eq!(next().await, None);
}
