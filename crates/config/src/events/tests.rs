use serde_json::{Value, json};

use crate::test_world::{ACCOUNT, BUCKET, ROLE, World, scope};

const ALARM: &str = "AWS::CloudWatch::Alarm";

fn taken(world: &World) -> Vec<Value> {
    std::mem::take(&mut world.outside.state().events)
}

/// What the events tell of alarms, in their order.
fn alarms(events: &[Value]) -> Vec<(Value, Value)> {
    let of_alarms = events.iter().filter(|event| event["detail"]["configurationItem"]["resourceType"] == ALARM);
    of_alarms
        .map(|event| {
            let item = &event["detail"]["configurationItem"];
            (item["configurationItemStatus"].clone(), item["configuration"].clone())
        })
        .collect()
}

#[tokio::test]
async fn a_change_is_an_event_in_eventbridges_form() {
    let world = World::recording().await;
    world.own(ALARM, "cpu", Some(json!({"threshold": 1}))).await;
    world.run_woken().await;
    let events = taken(&world);
    let event = events.iter().find(|event| event["detail"]["configurationItem"]["resourceId"] == "cpu").unwrap();
    assert_eq!(event["detail-type"], "Config Configuration Item Change");
    assert_eq!((&event["source"], &event["account"]), (&json!("aws.config"), &json!(ACCOUNT)));
    assert_eq!((&event["region"], &event["version"]), (&json!(scope().region.as_str()), &json!("0")));
    assert_eq!(event["detail"]["messageType"], "ConfigurationItemChangeNotification");
    assert_eq!(event["id"].as_str().unwrap().len(), 36);
    world.run_woken().await;
    assert!(taken(&world).is_empty(), "what was taken is not sent again");
}

#[tokio::test]
async fn events_need_no_topic() {
    let world = World::new().await;
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": {"name": "default", "roleARN": ROLE}})).await;
    let channel = json!({"name": "default", "s3BucketName": BUCKET});
    world.ok("PutDeliveryChannel", json!({"DeliveryChannel": channel})).await;
    world.ok("StartConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    world.own(ALARM, "cpu", Some(json!({"threshold": 1}))).await;
    world.run_woken().await;
    assert_eq!(alarms(&taken(&world)), [(json!("ResourceDiscovered"), json!({"threshold": 1}))]);
    assert!(world.outside.published().is_empty());
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_also_after_a_restart() {
    let world = World::recording().await;
    world.run_woken().await;
    taken(&world);
    world.outside.state().refused_events = 1;
    world.own(ALARM, "cpu", Some(json!({"threshold": 1}))).await;
    world.run_woken().await;
    assert!(taken(&world).is_empty());
    let world = world.restarted().await;
    world.run_woken().await;
    assert!(taken(&world).is_empty(), "its pause is not over");
    world.advance(60).await;
    assert_eq!(alarms(&taken(&world)), [(json!("ResourceDiscovered"), json!({"threshold": 1}))]);
}

#[tokio::test]
async fn what_nobody_ever_takes_is_given_up() {
    let world = World::recording().await;
    world.run_woken().await;
    taken(&world);
    world.outside.state().refused_events = 3;
    world.own(ALARM, "cpu", Some(json!({"threshold": 1}))).await;
    world.run_woken().await;
    world.advance(600).await;
    assert!(taken(&world).is_empty());
    assert_eq!(world.outside.state().refused_events, 0);
}

#[tokio::test]
async fn deliveries_are_events_too() {
    let world = World::recording().await;
    world.own(ALARM, "cpu", Some(json!({"threshold": 1}))).await;
    world.ok("DeliverConfigSnapshot", json!({"deliveryChannelName": "default"})).await;
    world.run_woken().await;
    world.advance(7 * 3600).await;
    let told: Vec<_> = taken(&world)
        .into_iter()
        .filter(|event| event["detail-type"].as_str().unwrap().ends_with("Delivery Status"))
        .map(|event| (event["detail-type"].clone(), event["detail"]["messageType"].clone()))
        .collect();
    let (snapshot, history) =
        ("Config Configuration Snapshot Delivery Status", "Config Configuration History Delivery Status");
    let expected = [
        (snapshot, "ConfigurationSnapshotDeliveryStarted"),
        (snapshot, "ConfigurationSnapshotDeliveryCompleted"),
        (history, "ConfigurationHistoryDeliveryCompleted"),
    ];
    for (detail_type, message) in expected {
        assert!(told.contains(&(json!(detail_type), json!(message))), "{message} in {told:?}");
    }
}
