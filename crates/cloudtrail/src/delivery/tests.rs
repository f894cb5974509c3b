//! Delivery with buckets in memory: what is delivered, and that nothing is lost or doubled wherever the job ends.

mod crash;
mod log_groups;

use serde_json::{Value, json};

use crate::test_world::{NOW, TOPIC, World};

async fn status(world: &World) -> Value {
    world.ok("GetTrailStatus", json!({"Name": "main"})).await
}

#[tokio::test]
async fn events_are_in_files_named_after_their_slot_once_the_interval_is_over() {
    let world = World::new().await;
    world.happen("eu-west-1", 1).await;
    world.start("main", json!({"S3KeyPrefix": "p"})).await;
    let mut ids = world.happen("eu-west-1", 2).await;
    world.advance(299).await;
    assert!(world.outside.log_files().is_empty(), "the interval is not over");
    ids.extend(world.happen("eu-west-1", 1).await);
    world.advance(1).await;
    let files = world.outside.log_files();
    assert_eq!(files.len(), 1);
    let (key, inside) = &files[0];
    assert_eq!(*inside, ids, "events before the start are not in it");
    let start =
        "p/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0820Z_";
    assert!(key.starts_with(start) && key.len() == start.len() + 16 + ".json.gz".len(), "{key}");
    let status = status(&world).await;
    let end = NOW.plus_millis(300_000);
    assert_eq!(status["LatestDeliveryTime"].as_f64().unwrap(), end.secs() as f64);
    assert_eq!(status["LatestDeliveryAttemptSucceeded"], end.iso_secs());
    world.advance(3600).await;
    assert_eq!(world.outside.log_files().len(), 1, "no file without events");
}

#[tokio::test]
async fn a_trail_of_all_regions_takes_up_new_regions_by_itself() {
    let world = World::new().await;
    world.start("main", json!({"IsMultiRegionTrail": true})).await;
    world.start("local", json!({"S3KeyPrefix": "local"})).await;
    let here = world.happen("eu-west-1", 2).await;
    let there = world.happen("mars-north-1", 1).await;
    world.advance(300).await;
    let files = world.outside.log_files();
    let with =
        |text: &str| files.iter().filter(|(key, _)| key.contains(text)).map(|(_, ids)| ids.clone()).collect::<Vec<_>>();
    assert_eq!(with("/CloudTrail/mars-north-1/"), [there]);
    assert_eq!(with("/CloudTrail/eu-west-1/"), [here.clone(), here], "one for each trail");
    assert_eq!(with("local/").len(), 1);
}

#[tokio::test]
async fn only_what_is_selected_is_delivered() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    let data = json!([{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::wanted/"]}]);
    let selectors = json!([{"IncludeManagementEvents": false, "DataResources": data}]);
    world.ok("PutEventSelectors", json!({"TrailName": "main", "EventSelectors": selectors})).await;
    world.happen("eu-west-1", 2).await;
    let wanted = world.happen_to("arn:aws:s3:::wanted/a").await;
    world.happen_to("arn:aws:s3:::other/a").await;
    world.advance(300).await;
    assert_eq!(world.outside.delivered(), [wanted]);
}

#[tokio::test]
async fn large_amounts_are_split_into_files() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    let ids = world.happen("eu-west-1", 30).await;
    world.advance(300).await;
    assert_eq!(world.outside.delivered(), ids);
    let files = world.outside.log_files();
    assert!(files.len() > 3, "there are {}", files.len());
    let unique: std::collections::BTreeSet<_> = files.iter().map(|(key, _)| key).collect();
    assert_eq!(unique.len(), files.len());
}

#[tokio::test]
async fn what_was_recorded_before_the_stop_is_delivered_at_once_and_nothing_after() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    let before = world.happen("eu-west-1", 2).await;
    world.ok("StopLogging", json!({"Name": "main"})).await;
    world.happen("eu-west-1", 2).await;
    world.run_woken().await;
    assert_eq!(world.outside.delivered(), before);
    world.ok("StartLogging", json!({"Name": "main"})).await;
    let after = world.happen("eu-west-1", 1).await;
    world.advance(300).await;
    assert_eq!(world.outside.delivered(), [before, after].concat());
}

#[tokio::test]
async fn a_deleted_trail_delivers_what_it_had_taken_and_leaves_no_records() {
    let world = World::new().await;
    world.outside.state().refused.push(("_CloudTrail_".to_owned(), "AccessDenied"));
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    let ids = world.happen("eu-west-1", 1).await;
    world.ok("DeleteTrail", json!({"Name": "main"})).await;
    world.run_woken().await;
    assert!(world.outside.delivered().is_empty());
    world.outside.state().refused.clear();
    // A trail of the same name is another one.
    world.start("main", json!({"S3KeyPrefix": "second"})).await;
    world.advance(10).await;
    world.run_woken().await;
    assert_eq!(world.outside.delivered(), ids);
    assert!(world.outside.log_files()[0].0.starts_with("AWSLogs/"));
    let catalog = &world.parts().catalog;
    assert!(catalog.list_all::<super::ClosedTrailRecord>().is_empty());
    assert_eq!(catalog.list_all::<super::SessionRecord>().len(), 1, "that of the second trail");
}

#[tokio::test]
async fn a_bucket_that_refuses_shows_in_the_status_until_it_takes_the_same_file() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    let ids = world.happen("eu-west-1", 1).await;
    world.outside.state().refused.push(("_CloudTrail_".to_owned(), "AccessDenied"));
    world.advance(300).await;
    assert_eq!(status(&world).await["LatestDeliveryError"], "AccessDenied");
    assert_eq!(status(&world).await["LatestDeliveryAttemptTime"], world.now().iso_secs());
    let more = world.happen("eu-west-1", 1).await;
    world.advance(86_400 * 3).await;
    world.outside.state().refused.clear();
    world.advance(1_200).await;
    assert!(status(&world).await.get("LatestDeliveryError").is_none());
    assert_eq!(world.outside.delivered(), [ids, more].concat());
}

#[tokio::test]
async fn a_file_that_cannot_be_put_is_given_up_after_thirty_days() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    world.happen("eu-west-1", 1).await;
    world.outside.state().refused.push(("_CloudTrail_".to_owned(), "NoSuchBucket"));
    world.advance(300).await;
    world.sleep(86_400 * 30 + 1);
    world.run_woken().await;
    world.outside.state().refused.clear();
    let later = world.happen("eu-west-1", 1).await;
    world.advance(600).await;
    assert_eq!(world.outside.delivered(), later);
}

#[tokio::test]
async fn every_file_is_announced_once() {
    let world = World::new().await;
    world.start("main", json!({"SnsTopicName": "news"})).await;
    world.happen("eu-west-1", 1).await;
    world.advance(300).await;
    let key = world.outside.log_files()[0].0.clone();
    let messages = world.outside.state().messages.clone();
    let message: Value = serde_json::from_str(messages.last().unwrap()).unwrap();
    assert_eq!((messages.len(), message), (2, json!({"s3Bucket": "acme-trail", "s3ObjectKey": [key]})));
    world.outside.state().topic_refuses = true;
    world.happen("eu-west-1", 1).await;
    world.advance(300).await;
    let refused = status(&world).await;
    assert_eq!(refused["LatestNotificationError"], "AuthorizationError");
    assert_eq!(refused["LatestNotificationAttemptSucceeded"], NOW.plus_millis(300_000).iso_secs());
    assert_eq!(world.outside.log_files().len(), 2, "files do not wait for the topic");
    world.outside.state().topic_refuses = false;
    world.ok("UpdateTrail", json!({"Name": "main", "SnsTopicName": TOPIC})).await;
    assert!(status(&world).await.get("LatestNotificationError").is_none(), "another topic clears the error");
}
