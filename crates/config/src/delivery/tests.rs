//! Notifications, snapshots and histories as they arrive (config.md §3.7, §4.3, §5).

use serde_json::{Value, json};

use crate::test_world::{BUCKET, NOW, ROLE, TOPIC, World};

const ALARM: &str = "AWS::CloudWatch::Alarm";

/// The messages that were published since: subjects and bodies.
fn told(world: &World) -> Vec<(String, Value)> {
    let messages = world.outside.published().into_iter();
    messages.map(|sent| (sent.subject, serde_json::from_str(&sent.message).unwrap())).collect()
}

#[tokio::test]
async fn each_change_is_told_once_with_what_is_different() {
    let world = World::recording().await;
    world.run_woken().await;
    let begun = told(&world);
    assert_eq!(begun.len(), 1, "the recorder itself");
    assert_eq!(
        begun[0].0,
        "[AWS Config:eu-west-1] AWS::Config::ConfigurationRecorder default Created in Account 210987654321"
    );
    world.own(ALARM, "a", Some(json!({"period": 60, "dimensions": ["x"]}))).await;
    world.sleep(5);
    world.own(ALARM, "a", Some(json!({"period": 300, "dimensions": ["y"]}))).await;
    world.sleep(5);
    world.own(ALARM, "a", None).await;
    world.sleep(2);
    world.run_woken().await;
    let told_of = told(&world);
    let subjects: Vec<_> = told_of.iter().map(|(subject, _)| subject.split(' ').nth(4).unwrap()).collect();
    assert_eq!(subjects, ["Created", "Updated", "Deleted"]);
    assert_eq!(
        told_of[1].1["configurationItemDiff"],
        json!({"changedProperties": {
            "Configuration.Period": {"previousValue": 60, "updatedValue": 300, "changeType": "UPDATE"},
            "Configuration.Dimensions.0": {"previousValue": "x", "updatedValue": null, "changeType": "DELETE"},
            "Configuration.Dimensions.1": {"previousValue": null, "updatedValue": "y", "changeType": "CREATE"},
        }, "changeType": "UPDATE"})
    );
    assert_eq!(told_of[1].1["configurationItem"]["configurationItemCaptureTime"], "2026-07-04T09:30:05.000Z");
    assert_eq!(told_of[1].1["notificationCreationTime"], "2026-07-04T09:30:12.000Z");
    let deleted = &told_of[2].1["configurationItemDiff"];
    assert_eq!(deleted["changedProperties"]["Configuration"]["previousValue"]["period"], 300);
    world.run_woken().await;
    assert!(told(&world).is_empty());
}

#[tokio::test]
async fn what_is_not_recorded_is_not_told() {
    let world = World::recording().await;
    world.run_woken().await;
    told(&world);
    world.own("AWS::IAM::User", "AIDA1", Some(json!({}))).await;
    world.own("AWS::IAM::User", "AIDA1", None).await;
    world.run_woken().await;
    assert!(told(&world).is_empty());
}

#[tokio::test]
async fn a_change_that_is_too_large_is_told_by_where_it_is() {
    let world = World::recording().await;
    world.run_woken().await;
    told(&world);
    world.own(ALARM, "a", Some(json!({"description": "x".repeat(300_000)}))).await;
    world.run_woken().await;
    let sent = told(&world);
    assert_eq!(sent[0].1["messageType"], "OversizedConfigurationItemChangeNotification");
    let location = sent[0].1["s3DeliverySummary"]["s3BucketLocation"].as_str().unwrap();
    let key = location.strip_prefix("acme-config/").unwrap();
    let expected = "AWSLogs/210987654321/Config/eu-west-1/2026/7/4/OversizedChangeNotification/AWS::CloudWatch::Alarm/a/210987654321_Config_eu-west-1_ChangeNotification_AWS::CloudWatch::Alarm_a_20260704T093000Z_1.json.gz";
    assert_eq!(key, expected);
    let whole = world.outside.unpacked(key);
    assert_eq!(whole["configurationItem"]["configuration"]["description"].as_str().unwrap().len(), 300_000);
    let history = json!({"resourceType": ALARM, "resourceId": "a"});
    let item = world.ok("GetResourceConfigHistory", history).await["configurationItems"][0].clone();
    assert!(item["configuration"].as_str().unwrap().len() > 300_000, "the history has it whole");
}

#[tokio::test]
async fn a_topic_that_lets_nobody_publish_is_in_the_status() {
    let world = World::recording().await;
    world.outside.state().closed.insert(TOPIC.to_owned());
    world.own(ALARM, "a", Some(json!({}))).await;
    world.run_woken().await;
    let status = async || {
        world.ok("DescribeDeliveryChannelStatus", json!({})).await["DeliveryChannelsStatus"][0]["configStreamDeliveryInfo"].clone()
    };
    let failed = status().await;
    assert_eq!((&failed["lastStatus"], &failed["lastErrorCode"]), (&json!("FAILURE"), &json!("AuthorizationError")));
    world.outside.state().closed.clear();
    world.sleep(60);
    world.own(ALARM, "a", None).await;
    world.run_woken().await;
    assert_eq!(status().await, json!({"lastStatus": "SUCCESS", "lastStatusChangeTime": NOW.secs_f64() + 60.0}));
}

#[tokio::test]
async fn a_snapshot_has_all_that_is_there_and_is_told_from_start_to_end() {
    let world = World::recording().await;
    world.own(ALARM, "a", Some(json!({"period": 1}))).await;
    world.own(ALARM, "b", Some(json!({"period": 2}))).await;
    world.own(ALARM, "gone", Some(json!({}))).await;
    world.own(ALARM, "gone", None).await;
    world.own("AWS::IAM::User", "AIDA1", Some(json!({}))).await;
    world.run_woken().await;
    told(&world);
    let named = json!({"deliveryChannelName": "default"});
    let snapshot =
        world.ok("DeliverConfigSnapshot", named.clone()).await["configSnapshotId"].as_str().unwrap().to_owned();
    world.sleep(30);
    assert_eq!(world.ok("DeliverConfigSnapshot", named.clone()).await["configSnapshotId"], snapshot, "it is under way");
    world.run_woken().await;
    let key = format!(
        "AWSLogs/210987654321/Config/eu-west-1/2026/7/4/ConfigSnapshot/210987654321_Config_eu-west-1_ConfigSnapshot_20260704T093030Z_{snapshot}.json.gz"
    );
    let file = world.outside.unpacked(&key);
    assert_eq!((&file["fileVersion"], &file["configSnapshotId"]), (&json!("1.0"), &json!(snapshot)));
    let items = file["configurationItems"].as_array().unwrap();
    let ids: Vec<_> = items.iter().map(|item| item["resourceId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "default"]);
    let messages = told(&world);
    let types: Vec<_> = messages.iter().map(|(_, body)| body["messageType"].as_str().unwrap()).collect();
    assert_eq!(types, ["ConfigurationSnapshotDeliveryStarted", "ConfigurationSnapshotDeliveryCompleted"]);
    assert_eq!(messages[1].1["s3ObjectKey"], key);
    let status = world.ok("DescribeDeliveryChannelStatus", json!({})).await["DeliveryChannelsStatus"][0].clone();
    assert_eq!(status["configSnapshotDeliveryInfo"]["lastStatus"], "SUCCESS");
    let other = world.ok("DeliverConfigSnapshot", named).await["configSnapshotId"].clone();
    assert_ne!(other, snapshot);
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_put_is_told_to_have_failed() {
    let world = World::recording().await;
    world.run_woken().await;
    told(&world);
    world.outside.state().closed.insert(BUCKET.to_owned());
    world.ok("DeliverConfigSnapshot", json!({"deliveryChannelName": "default"})).await;
    world.run_woken().await;
    let messages = told(&world);
    assert_eq!(messages[1].1["messageType"], "ConfigurationSnapshotDeliveryFailed");
    let status = world.ok("DescribeDeliveryChannelStatus", json!({})).await["DeliveryChannelsStatus"][0].clone();
    let info = &status["configSnapshotDeliveryInfo"];
    assert_eq!((&info["lastStatus"], &info["lastErrorCode"]), (&json!("FAILURE"), &json!("AccessDenied")));
    for (operation, error) in [
        ("StopConfigurationRecorder", "NoRunningConfigurationRecorderException"),
        ("DeleteConfigurationRecorder", "NoAvailableConfigurationRecorderException"),
    ] {
        world.ok(operation, json!({"ConfigurationRecorderName": "default"})).await;
        assert_eq!(world.refused("DeliverConfigSnapshot", json!({"deliveryChannelName": "default"})).await.0, error);
    }
    assert_eq!(
        world.refused("DeliverConfigSnapshot", json!({"deliveryChannelName": "x"})).await.0,
        "NoSuchDeliveryChannelException"
    );
}

#[tokio::test]
async fn snapshots_come_by_the_channels_frequency_while_the_recorder_runs() {
    let world = World::recording().await;
    let channel = json!({
        "name": "default", "s3BucketName": BUCKET,
        "configSnapshotDeliveryProperties": {"deliveryFrequency": "Three_Hours"},
    });
    world.ok("PutDeliveryChannel", json!({"DeliveryChannel": channel})).await;
    world.advance(10 * 3600).await;
    assert_eq!(world.outside.keys("ConfigSnapshot_").len(), 3);
    world.ok("StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    world.advance(10 * 3600).await;
    assert_eq!(world.outside.keys("ConfigSnapshot_").len(), 3);
}

#[tokio::test]
async fn every_item_is_in_one_history_file_of_its_type() {
    let world = World::recording().await;
    for hour in 0..20 {
        world.own(ALARM, "a", Some(json!({ "period": hour }))).await;
        if hour == 7 {
            world.own("AWS::SNS::Topic", "t", Some(json!({}))).await;
            world.own("AWS::SNS::Topic", "t", None).await;
            world.own("AWS::IAM::User", "AIDA1", Some(json!({}))).await;
        }
        world.advance(3600).await;
    }
    let mut periods = Vec::new();
    let mut statuses = Vec::new();
    for key in world.outside.keys("ConfigHistory") {
        let file = world.outside.unpacked(&key);
        let keys: Vec<_> = file.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["fileVersion", "configurationItems"]);
        for item in file["configurationItems"].as_array().unwrap() {
            assert!(key.contains(item["resourceType"].as_str().unwrap()), "{key}");
            match item["resourceType"].as_str().unwrap() {
                ALARM => periods.push(item["configuration"]["period"].as_i64().unwrap()),
                "AWS::Config::ConfigurationRecorder" => {}
                _ => statuses.push(item["configurationItemStatus"].as_str().unwrap().to_owned()),
            }
        }
    }
    periods.sort_unstable();
    assert_eq!(periods, (0..18).collect::<Vec<_>>(), "what was taken in the last hours is not due yet");
    statuses.sort();
    assert_eq!(statuses, ["ResourceDeleted", "ResourceDiscovered", "ResourceNotRecorded"]);
    let first = "AWSLogs/210987654321/Config/eu-west-1/2026/7/4/ConfigHistory/210987654321_Config_eu-west-1_ConfigHistory_AWS::CloudWatch::Alarm_20260704T093000Z_20260704T113000Z_1.json.gz";
    assert!(
        world.outside.keys("ConfigHistory").contains(&first.to_owned()),
        "{:?}",
        world.outside.keys("ConfigHistory")
    );
    let announced =
        told(&world).into_iter().filter(|(_, body)| body["messageType"] == "ConfigurationHistoryDeliveryCompleted");
    assert_eq!(announced.count(), world.outside.keys("ConfigHistory").len());
}

#[tokio::test]
async fn a_history_that_fails_is_tried_again_and_nothing_is_lost_or_doubled() {
    let world = World::recording().await;
    world.own(ALARM, "a", Some(json!({}))).await;
    world.outside.state().closed.insert(BUCKET.to_owned());
    world.advance(7 * 3600).await;
    assert!(world.outside.keys("ConfigHistory").is_empty());
    let info = async || {
        world.ok("DescribeDeliveryChannelStatus", json!({})).await["DeliveryChannelsStatus"][0]["configHistoryDeliveryInfo"].clone()
    };
    assert_eq!(info().await["lastErrorCode"], "AccessDenied");
    world.own(ALARM, "b", Some(json!({}))).await;
    world.outside.state().closed.clear();
    let world = world.restarted().await;
    world.advance(13 * 3600).await;
    let mut ids = Vec::new();
    for key in world.outside.keys("ConfigHistory") {
        let file = world.outside.unpacked(&key);
        let items = file["configurationItems"].as_array().unwrap().clone();
        ids.extend(items.into_iter().map(|item| item["resourceId"].as_str().unwrap().to_owned()));
    }
    ids.sort();
    assert_eq!(ids, ["a", "b", "default"]);
    assert_eq!(
        world.ok("DescribeConfigurationRecorders", json!({})).await["ConfigurationRecorders"][0]["roleARN"],
        ROLE
    );
}
