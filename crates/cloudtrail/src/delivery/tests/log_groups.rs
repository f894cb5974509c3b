//! Delivery to log groups.

use serde_json::{Value, json};

use crate::ports::LogRefusal;
use crate::test_world::{GROUP, ROLE, World};

fn logged(world: &World) -> Vec<(String, String)> {
    let state = world.outside.state();
    let id = |text: &str| serde_json::from_str::<Value>(text).unwrap()["eventID"].as_str().unwrap().to_owned();
    state.logged.iter().map(|(stream, message)| (stream.clone(), id(message))).collect()
}

#[tokio::test]
async fn events_are_in_the_group_as_soon_as_the_job_is_woken() {
    let world = World::new().await;
    world
        .start(
            "main",
            json!({"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE, "IsMultiRegionTrail": true}),
        )
        .await;
    let here = world.happen("eu-west-1", 1).await.remove(0);
    let there = world.happen("us-east-1", 1).await.remove(0);
    world.run_woken().await;
    world.run_woken().await;
    let stream = |region: &str| format!("111122223333_CloudTrail_{region}");
    let expected = [(stream("eu-west-1"), here), (stream("us-east-1"), there)];
    assert_eq!(logged(&world), expected);
    let status = world.ok("GetTrailStatus", json!({"Name": "main"})).await;
    assert_eq!(status["LatestCloudWatchLogsDeliveryTime"].as_f64().unwrap(), world.now().secs() as f64);
    assert!(world.outside.log_files().is_empty(), "files have their own time");
}

#[tokio::test]
async fn a_group_that_refuses_gets_everything_later_and_what_is_too_large_never() {
    let world = World::new().await;
    world.start("main", json!({"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE})).await;
    world.outside.state().log_refusal = Some(LogRefusal::NotPermitted);
    let ids = world.happen("eu-west-1", 1).await;
    world.run_woken().await;
    let status = || async { world.ok("GetTrailStatus", json!({"Name": "main"})).await };
    assert_eq!(status().await["LatestCloudWatchLogsDeliveryError"], "AccessDenied");
    world.outside.state().log_refusal = None;
    world.run_woken().await;
    assert_eq!(logged(&world).into_iter().map(|(_, id)| id).collect::<Vec<_>>(), ids);
    assert!(status().await.get("LatestCloudWatchLogsDeliveryError").is_none());
    world.ok("UpdateTrail", json!({"Name": "main", "CloudWatchLogsLogGroupArn": ""})).await;
    assert!(status().await.get("LatestCloudWatchLogsDeliveryTime").is_none(), "the status goes with the group");
    world.happen("eu-west-1", 1).await;
    world.run_woken().await;
    assert_eq!(logged(&world).len(), 1);
}

#[tokio::test]
async fn what_was_recorded_before_the_stop_reaches_the_group() {
    let world = World::new().await;
    world.start("main", json!({"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE})).await;
    world.happen("eu-west-1", 2).await;
    world.ok("StopLogging", json!({"Name": "main"})).await;
    world.happen("eu-west-1", 2).await;
    world.run_woken().await;
    assert_eq!(logged(&world).len(), 2);
    assert!(world.parts().catalog.list_all::<crate::delivery::SessionRecord>().is_empty());
}
