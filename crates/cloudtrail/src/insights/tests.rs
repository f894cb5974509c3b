//! Unusual rates from stored events to files, under a clock that tests turn.

mod crash;
mod operations;
mod stores;

use serde_json::{Value, json};

use super::minute_of;
use crate::delivery::gunzipped;
use crate::test_world::World;

const CALL_RATE: &str = "ApiCallRateInsight";
const ERROR_RATE: &str = "ApiErrorRateInsight";

/// A world with a trail that has both rates of management events watched, a day later: 144 calls were made to
/// `CreateQueue`, six at the beginning of each hour.
async fn watched_for_a_day() -> World {
    watched_by(json!({})).await
}

/// The same with a trail that has more members than it must have.
async fn watched_by(more: Value) -> World {
    let world = World::new().await;
    world.start("main", more).await;
    let selectors = json!([{"InsightType": CALL_RATE}, {"InsightType": ERROR_RATE}]);
    world.ok("PutInsightSelectors", json!({"TrailName": "main", "InsightSelectors": selectors})).await;
    world.run_woken().await;
    // 08:13:00: what is counted is whole minutes.
    world.advance(42).await;
    for _ in 0..24 {
        world.calls("CreateQueue", 6, json!({})).await;
        world.advance(3_600).await;
    }
    world
}

/// Calls in each of some minutes.
async fn burst(world: &World, minutes: usize, name: &str, count: usize, more: Value) {
    for _ in 0..minutes {
        world.calls(name, count, more.clone()).await;
        world.advance(60).await;
    }
}

/// The records that a look-up of Insights events gives, the oldest first.
async fn found(world: &World) -> Vec<Value> {
    let answer = world.ok("LookupEvents", json!({"EventCategory": "insight"})).await;
    let records = answer["Events"].as_array().unwrap().iter().rev();
    records.map(|event| serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()).collect()
}

/// The records in files of Insights events.
fn delivered(world: &World) -> Vec<Value> {
    let files = world.outside.objects("_CloudTrail-Insight_").into_iter();
    let records = files.flat_map(|(_, object)| {
        let content: Value = serde_json::from_slice(&gunzipped(&object.body).unwrap()).unwrap();
        content["Records"].as_array().unwrap().clone()
    });
    records.collect()
}

#[tokio::test]
async fn a_burst_of_writes_has_a_start_and_an_end() {
    let world = watched_for_a_day().await;
    let began = world.now();
    burst(&world, 4, "CreateQueue", 12, json!({})).await;
    assert_eq!(found(&world).await, [Value::Null; 0], "four minutes are not enough");
    burst(&world, 1, "CreateQueue", 12, json!({})).await;
    let start = found(&world).await;
    assert_eq!(start.len(), 1);
    let details = &start[0]["insightDetails"];
    assert_eq!((&details["state"], &details["insightType"]), (&json!("Start"), &json!(CALL_RATE)));
    assert_eq!((&details["eventSource"], &details["eventName"]), (&json!("sqs.amazonaws.com"), &json!("CreateQueue")));
    assert_eq!(start[0]["eventTime"], began.iso_secs());
    let statistics = json!({
        "baseline": {"average": 0.1}, "insight": {"average": 12}, "insightDuration": 5, "baselineDuration": 1440,
    });
    assert_eq!(details["insightContext"]["statistics"], statistics);
    let fleet = json!({"value": "arn:aws:sts::111122223333:assumed-role/Fleet", "average": 12});
    assert_eq!(details["insightContext"]["attributions"][0]["insight"], json!([fleet]));
    assert_eq!(details["insightContext"]["attributions"][2]["insight"], json!([{"value": "null", "average": 12}]));

    burst(&world, 3, "CreateQueue", 20, json!({})).await;
    world.advance(14 * 60).await;
    assert_eq!(found(&world).await.len(), 1, "fourteen usual minutes are not enough");
    world.advance(60).await;
    let both = found(&world).await;
    assert_eq!(both.len(), 2);
    let (start, end) = (&both[0], &both[1]);
    assert_eq!(end["sharedEventID"], start["sharedEventID"]);
    assert_ne!(end["eventID"], start["eventID"]);
    assert_eq!(end["eventTime"], began.plus_millis(8 * 60_000).iso_secs());
    let details = &end["insightDetails"];
    assert_eq!(details["state"], "End");
    let statistics = json!({
        "baseline": {"average": 0.1}, "insight": {"average": 15}, "insightDuration": 8, "baselineDuration": 1440,
    });
    assert_eq!(details["insightContext"]["statistics"], statistics);
    world.advance(2 * 86_400).await;
    assert_eq!(found(&world).await.len(), 2);
}

#[tokio::test]
async fn failing_calls_of_both_kinds_are_watched_by_their_code() {
    let world = watched_for_a_day().await;
    let denied = json!({"errorCode": "AccessDenied", "readOnly": true});
    for _ in 0..5 {
        world.calls("ListQueues", 4, denied.clone()).await;
        world
            .calls("ListQueues", 4, json!({"errorCode": "AccessDenied", "readOnly": true, "userAgent": "other"}))
            .await;
        world.calls("ListQueues", 5, json!({"errorCode": "Throttling", "readOnly": true})).await;
        world.calls("ListQueues", 50, json!({"readOnly": true})).await;
        world.advance(60).await;
    }
    let records = found(&world).await;
    assert_eq!(records.len(), 1, "reads that succeed and rare errors are usual");
    let details = &records[0]["insightDetails"];
    assert_eq!((&details["insightType"], &details["errorCode"]), (&json!(ERROR_RATE), &json!("AccessDenied")));
    assert_eq!(details["insightContext"]["statistics"]["insight"]["average"], 8);
    let attributions = details["insightContext"]["attributions"].as_array().unwrap();
    assert_eq!(attributions.len(), 2, "the code is not told twice");
    let agents = json!([{"value": "other", "average": 4}, {"value": "sdk", "average": 4}]);
    assert_eq!(attributions[1]["insight"], agents);
}

#[tokio::test]
async fn nothing_is_found_without_selectors_or_history() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    world.run_woken().await;
    world.advance(2 * 86_400).await;
    burst(&world, 8, "CreateQueue", 50, json!({})).await;
    let selectors = json!([{"InsightType": CALL_RATE}]);
    world.ok("PutInsightSelectors", json!({"TrailName": "main", "InsightSelectors": selectors})).await;
    world.run_woken().await;
    burst(&world, 8, "CreateQueue", 50, json!({})).await;
    world.advance(86_000).await;
    assert_eq!(found(&world).await, [Value::Null; 0]);
    world.advance(1_000).await;
    burst(&world, 5, "CreateQueue", 700, json!({})).await;
    assert_eq!(found(&world).await.len(), 1);
    world.ok("PutInsightSelectors", json!({"TrailName": "main", "InsightSelectors": []})).await;
    world.run_woken().await;
    world.advance(3_600).await;
    assert_eq!(found(&world).await.len(), 1, "there is no one to tell of the end");
    let kept: Vec<_> = world.parts().catalog.versions::<super::counts::MinuteRecord>();
    assert!(kept.is_empty(), "nothing is counted any more");
}

#[tokio::test]
async fn what_is_found_is_in_files_of_its_own_and_in_digests() {
    let world = watched_by(json!({"EnableLogFileValidation": true})).await;
    let calls_before = world.outside.delivered().len();
    burst(&world, 6, "CreateQueue", 12, json!({})).await;
    world.advance(3_600).await;
    let records = delivered(&world);
    assert_eq!(records, found(&world).await);
    assert_eq!(records.len(), 2);
    assert_eq!(world.outside.delivered().len(), calls_before + 72, "files of calls hold calls alone");
    let keys: Vec<_> = world.outside.objects("_CloudTrail-Insight_").into_iter().map(|(key, _)| key).collect();
    let folder = "AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/03/";
    assert!(keys.iter().all(|key| key.starts_with(folder)), "{keys:?}");
    let listed: Vec<String> = world
        .outside
        .digests()
        .iter()
        .flat_map(|digest| {
            let files = digest["logFiles"].as_array().unwrap().iter();
            files.map(|file| file["s3Object"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    for key in keys {
        assert_eq!(listed.iter().filter(|listed| **listed == key).count(), 1, "{key}");
    }
    let ordinary = world.ok("LookupEvents", json!({})).await;
    let ordinary = ordinary["Events"].as_array().unwrap();
    assert!(ordinary.iter().all(|event| event["EventName"] == "CreateQueue" && event["ReadOnly"] == "false"));
}

#[tokio::test]
async fn a_quiet_day_runs_the_job_a_few_times() {
    let world = watched_for_a_day().await;
    world.calls("CreateQueue", 12, json!({})).await;
    let before = world.insight_runs();
    world.advance(86_400).await;
    assert_eq!(world.insight_runs() - before, 1, "one minute had calls");
}

#[tokio::test]
async fn a_baseline_is_seven_whole_days_and_the_rest_of_one() {
    let world = watched_for_a_day().await;
    for _ in 0..9 {
        world.calls("CreateQueue", 2, json!({})).await;
        world.advance(86_400).await;
    }
    let start = minute_of(world.now());
    burst(&world, 5, "CreateQueue", 30, json!({})).await;
    let records = found(&world).await;
    let statistics = &records[0]["insightDetails"]["insightContext"]["statistics"];
    let minutes = 7 * 1_440 + start % 1_440;
    assert_eq!(statistics["baselineDuration"], minutes);
    // Two calls on each of seven days; those of today are the burst's.
    let average = (14.0 / minutes as f64 * 1e10).round() / 1e10;
    assert_eq!(statistics["baseline"]["average"], average);
    let days = world.parts().catalog.versions::<super::counts::DayRecord>();
    assert!((7..=9).contains(&days.len()), "{days:?}");
}
