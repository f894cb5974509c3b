//! StartLogging, StopLogging, GetTrailStatus and ListPublicKeys.

use serde_json::json;

use crate::test_world::World;

#[tokio::test]
async fn a_fresh_trail_has_six_empty_texts() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    let status = world.ok("GetTrailStatus", json!({"Name": "main"})).await;
    let expected = json!({
        "IsLogging": false, "LatestDeliveryAttemptTime": "", "LatestNotificationAttemptTime": "",
        "LatestNotificationAttemptSucceeded": "", "LatestDeliveryAttemptSucceeded": "", "TimeLoggingStarted": "",
        "TimeLoggingStopped": "",
    });
    assert_eq!(status, expected);
}

#[tokio::test]
async fn starting_and_stopping_twice_changes_nothing() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    world.sleep(10);
    world.ok("StartLogging", json!({"Name": "main"})).await;
    let status = world.ok("GetTrailStatus", json!({"Name": "main"})).await;
    assert_eq!((&status["IsLogging"], &status["TimeLoggingStarted"]), (&json!(true), &json!("2026-03-02T08:12:18Z")));
    world.ok("StopLogging", json!({"Name": "main"})).await;
    world.sleep(10);
    world.ok("StopLogging", json!({"Name": "main"})).await;
    let status = world.ok("GetTrailStatus", json!({"Name": "main"})).await;
    assert_eq!((&status["IsLogging"], &status["TimeLoggingStopped"]), (&json!(false), &json!("2026-03-02T08:12:28Z")));
}

#[tokio::test]
async fn keys_are_listed_by_the_time_they_are_valid_in() {
    let world = World::new().await;
    assert_eq!(world.ok("ListPublicKeys", json!({})).await, json!({"PublicKeyList": []}));
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.run_woken().await;
    let now = world.now().secs();
    for (range, count) in [
        (json!({}), 1),
        (json!({"NextToken": "any"}), 1),
        (json!({"StartTime": now - 90_000, "EndTime": now - 80_000}), 0),
        (json!({"StartTime": now - 90_000, "EndTime": now - 1_000}), 1),
        (json!({"StartTime": now + 31 * 86_400, "EndTime": now + 32 * 86_400}), 0),
    ] {
        let listed = world.ok("ListPublicKeys", range.clone()).await;
        assert_eq!(listed["PublicKeyList"].as_array().unwrap().len(), count, "{range}");
    }
    let key = &world.ok("ListPublicKeys", json!({})).await["PublicKeyList"][0];
    let validity = key["ValidityEndTime"].as_f64().unwrap() - key["ValidityStartTime"].as_f64().unwrap();
    assert_eq!((validity, key["Fingerprint"].as_str().unwrap().len()), (30.0 * 86_400.0, 32));
    let elsewhere = world.call_in("us-east-1", "ListPublicKeys", json!({})).await.unwrap();
    assert_eq!(elsewhere, json!({"PublicKeyList": []}), "keys are a region's own");
    let backwards = world.refused("ListPublicKeys", json!({"StartTime": now, "EndTime": now - 1})).await;
    assert_eq!(backwards.0, "InvalidTimeRangeException");
}
