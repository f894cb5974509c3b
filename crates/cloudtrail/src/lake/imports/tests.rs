//! Imports of what a trail delivered, with buckets in memory.

use serde_json::{Value, json};
use store::job::Job as _;

use super::*;
use crate::delivery::gzipped;
use crate::test_world::{ROLE, Stored, World, run_until};

fn source(uri: &str) -> Value {
    json!({"S3": {"S3LocationUri": uri, "S3BucketRegion": "eu-west-1", "S3BucketAccessRoleArn": ROLE}})
}

fn of_bucket(arn: &str) -> Value {
    json!({"Destinations": [arn], "ImportSource": source("s3://acme-trail/")})
}

async fn start(world: &World, input: Value) -> String {
    world.ok("StartImport", input).await["ImportId"].as_str().unwrap().to_owned()
}

async fn run(world: &World) {
    RunImports::new(world.parts().clone()).run(world.now()).await.unwrap();
}

async fn got(world: &World, id: &str) -> Value {
    world.ok("GetImport", json!({"ImportId": id})).await
}

fn statistics(folders: u64, files: u64, events: usize, failed: u64) -> Value {
    json!({"PrefixesFound": folders, "PrefixesCompleted": folders, "FilesCompleted": files, "EventsCompleted": events,
           "FailedEntries": failed})
}

/// A world whose bucket has log files of two regions and other things, and a store; the ids of all events, the store's ARN
/// and number.
async fn delivered() -> (World, Vec<String>, String, u32) {
    let world = World::new().await;
    world.start("main", json!({"IsMultiRegionTrail": true})).await;
    let mut ids = world.happen("eu-west-1", 20).await;
    ids.extend(world.happen("us-east-1", 1).await);
    world.advance(300).await;
    for other in ["CloudTrail-Digest/eu-west-1/a.json.gz", "Config/a.json.gz", "Config/b.json.gz", "Config/c"] {
        put(&world, &format!("AWSLogs/111122223333/{other}"), b"something else".to_vec());
    }
    let (arn, number) = world.make_store("lake", json!({"StartIngestion": false})).await;
    (world, ids, arn, number)
}

/// The files that failed: location, status and kind of error.
async fn failures(world: &World, id: &str) -> Vec<(String, String, String)> {
    let failed = world.ok("ListImportFailures", json!({"ImportId": id})).await;
    let told = |failure: &Value| {
        let text = |member: &str| failure[member].as_str().unwrap().to_owned();
        (text("Location"), text("Status"), text("ErrorType"))
    };
    failed["Failures"].as_array().unwrap().iter().map(told).collect()
}

fn put(world: &World, key: &str, body: Vec<u8>) {
    let place = ("acme-trail".to_owned(), key.to_owned());
    world.outside.state().objects.insert(place, Stored { body, metadata: Vec::new() });
}

#[tokio::test]
async fn an_import_has_all_events_of_all_log_files() {
    let (world, ids, arn, number) = delivered().await;
    let files = world.outside.log_files().len() as u64;
    assert!(files > 2);
    let started = world.ok("StartImport", of_bucket(&arn)).await;
    assert_eq!((&started["ImportStatus"], &started["Destinations"]), (&json!("INITIALIZING"), &json!([arn])));
    let id = started["ImportId"].as_str().unwrap();
    run(&world).await;
    let import = got(&world, id).await;
    assert_eq!(import["ImportStatus"], "COMPLETED");
    assert_eq!(import["ImportSource"], source("s3://acme-trail/"));
    assert_eq!(import["ImportStatistics"], statistics(2, files, 21, 0));
    assert_eq!(world.stored(number).await, ids);
    assert_eq!(world.ok("ListImportFailures", json!({"ImportId": id})).await["Failures"], json!([]));
}

#[tokio::test]
async fn wherever_the_job_ends_each_event_is_imported_once() {
    let mut ended_early = 0;
    for waits in (0..60).step_by(4) {
        let (world, ids, arn, number) = delivered().await;
        let files = world.outside.log_files().len() as u64;
        let id = start(&world, of_bucket(&arn)).await;
        let job = RunImports::new(world.parts().clone());
        let whole = run_until(waits, async { drop(job.run(world.now()).await) }).await;
        ended_early += usize::from(!whole);
        drop(job);
        let world = world.restarted().await;
        run(&world).await;
        assert_eq!(world.stored(number).await, ids, "after {waits} waits");
        let import = got(&world, &id).await;
        assert_eq!(import["ImportStatus"], "COMPLETED", "after {waits} waits");
        assert_eq!(import["ImportStatistics"], statistics(2, files, 21, 0), "after {waits} waits");
    }
    assert!(ended_early > 5, "the job was cut off only {ended_early} times");
}

#[tokio::test]
async fn events_are_chosen_by_time_and_by_the_selectors_of_the_store() {
    let (world, _, arn, number) = delivered().await;
    world.sleep(3600);
    let start_time = world.now();
    let later = world.happen("eu-west-1", 2).await;
    let end_time = world.now();
    world.sleep(1);
    world.happen("eu-west-1", 1).await;
    world.advance(300).await;
    let mut input = of_bucket(&arn);
    input["StartEventTime"] = json!(start_time.secs());
    input["EndEventTime"] = json!(end_time.secs());
    let id = start(&world, input).await;
    run(&world).await;
    assert_eq!(world.stored(number).await, later);
    assert_eq!(got(&world, &id).await["ImportStatistics"]["EventsCompleted"], 2);
    let data = json!([{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]);
    let (objects, number) = world.make_store("objects", json!({"AdvancedEventSelectors": data})).await;
    let id = start(&world, of_bucket(&objects)).await;
    run(&world).await;
    assert!(world.stored(number).await.is_empty());
    assert_eq!(got(&world, &id).await["ImportStatistics"]["EventsCompleted"], 0);
}

#[tokio::test]
async fn a_file_that_fails_is_told_and_taken_when_the_import_is_started_again() {
    let (world, ids, arn, number) = delivered().await;
    let files = world.outside.log_files();
    world.outside.state().refused.push((files[1].0.clone(), "AccessDenied"));
    let bad = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/bad.json.gz";
    put(&world, bad, b"no gzip".to_vec());
    let id = start(&world, of_bucket(&arn)).await;
    run(&world).await;
    let import = got(&world, &id).await;
    assert_eq!(import["ImportStatus"], "FAILED");
    assert_eq!(import["ImportStatistics"]["FailedEntries"], 2);
    assert_eq!(import["ImportStatistics"]["FilesCompleted"], files.len() as u64 - 1);
    let kept = ids.iter().filter(|id| !files[1].1.contains(id)).cloned().collect::<Vec<_>>();
    assert_eq!(world.stored(number).await, kept, "no part of a file that failed");
    let at =
        |key: &str, status: &str, error: &str| (format!("s3://acme-trail/{key}"), status.to_owned(), error.to_owned());
    let mut expected = vec![at(&files[1].0, "FAILED", "AccessDenied"), at(bad, "FAILED", "InvalidFile")];
    expected.sort();
    assert_eq!(failures(&world, &id).await, expected);
    world.outside.state().refused.clear();
    assert_eq!(start(&world, json!({"ImportId": id})).await, id);
    run(&world).await;
    assert_eq!(world.stored(number).await, ids);
    let mut expected = vec![at(&files[1].0, "SUCCEEDED", "AccessDenied"), at(bad, "FAILED", "InvalidFile")];
    expected.sort();
    assert_eq!(failures(&world, &id).await, expected);
    let good = json!({"Records": []}).to_string();
    put(&world, bad, gzipped(good.as_bytes()));
    start(&world, json!({"ImportId": id})).await;
    run(&world).await;
    let import = got(&world, &id).await;
    assert_eq!(import["ImportStatus"], "COMPLETED");
    assert_eq!(import["ImportStatistics"], statistics(2, files.len() as u64 + 1, 21, 0));
    assert_eq!(world.stored(number).await, ids);
}

#[tokio::test]
async fn a_stopped_import_goes_on_where_it_was() {
    let (world, ids, arn, number) = delivered().await;
    let files = world.outside.log_files().len() as u64;
    let id = start(&world, of_bucket(&arn)).await;
    let job = RunImports::new(world.parts().clone());
    assert!(!run_until(12, async { drop(job.run(world.now()).await) }).await);
    let stopped = world.ok("StopImport", json!({"ImportId": id})).await;
    assert_eq!(stopped["ImportStatus"], "STOPPED");
    run(&world).await;
    assert_eq!(got(&world, &id).await["ImportStatus"], "STOPPED");
    let (error, _) = world.refused("StopImport", json!({"ImportId": id})).await;
    assert_eq!(error, "InvalidParameterException");
    start(&world, json!({"ImportId": id})).await;
    run(&world).await;
    assert_eq!(world.stored(number).await, ids);
    assert_eq!(got(&world, &id).await["ImportStatistics"], statistics(2, files, 21, 0));
}

#[tokio::test]
async fn an_account_has_one_import_at_a_time_and_its_store_cannot_be_deleted() {
    let (world, _, arn, _) = delivered().await;
    let id = start(&world, of_bucket(&arn)).await;
    let (error, _) = world.refused("StartImport", of_bucket(&arn)).await;
    assert_eq!(error, "AccountHasOngoingImportException");
    let (error, _) = world.refused("StartImport", json!({"ImportId": id})).await;
    assert_eq!(error, "AccountHasOngoingImportException");
    let (error, _) = world.refused("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    assert_eq!(error, "EventDataStoreHasOngoingImportException");
    run(&world).await;
    world.ok("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    let (error, _) = world.refused("StartImport", json!({"ImportId": id})).await;
    assert_eq!(error, "InactiveEventDataStoreException");
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused() {
    let (world, _, arn, _) = delivered().await;
    let audit = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]);
    let (audit, _) = world.make_store("audit", json!({"AdvancedEventSelectors": audit})).await;
    let with = |member: &str, value: Value| {
        let mut input = of_bucket(&arn);
        input[member] = value;
        input
    };
    let with_source = |member: &str, value: &str| {
        let mut input = of_bucket(&arn);
        input["ImportSource"]["S3"][member] = json!(value);
        input
    };
    let unknown = "11111111-2222-3333-4444-555555555555";
    let backwards = {
        let mut input = with("StartEventTime", json!(2000));
        input["EndEventTime"] = json!(1999);
        input
    };
    for (input, expected) in [
        (json!({}), "InvalidParameterException"),
        (json!({"Destinations": [arn]}), "InvalidParameterException"),
        (with("ImportId", json!(unknown)), "InvalidParameterException"),
        (json!({"ImportId": unknown}), "ImportNotFoundException"),
        (json!({"ImportId": "x"}), "InvalidParameterException"),
        (backwards, "InvalidParameterException"),
        (with("Destinations", json!([format!("{arn}0")])), "EventDataStoreARNInvalidException"),
        (with("Destinations", json!([unknown])), "EventDataStoreNotFoundException"),
        (with("Destinations", json!([audit])), "InvalidEventDataStoreCategoryException"),
        (with_source("S3LocationUri", "https://acme-trail/"), "InvalidImportSourceException"),
        (with_source("S3LocationUri", "s3://no-such-bucket/"), "InvalidImportSourceException"),
        (with_source("S3BucketRegion", "us-east-1"), "InvalidImportSourceException"),
        (with_source("S3BucketAccessRoleArn", "arn:aws:iam::111122223333:role/other"), "InvalidImportSourceException"),
    ] {
        assert_eq!(world.refused("StartImport", input.clone()).await.0, expected, "{input}");
    }
    for operation in ["GetImport", "StopImport", "ListImportFailures"] {
        assert_eq!(world.refused(operation, json!({"ImportId": unknown})).await.0, "ImportNotFoundException");
    }
}

#[tokio::test]
async fn an_import_whose_bucket_cannot_be_listed_any_more_fails_and_can_go_on() {
    let (world, ids, arn, number) = delivered().await;
    let id = start(&world, of_bucket(&arn)).await;
    world.outside.state().refused.push(("list".to_owned(), "AccessDenied"));
    run(&world).await;
    assert_eq!(got(&world, &id).await["ImportStatus"], "FAILED");
    let failures = world.ok("ListImportFailures", json!({"ImportId": id})).await;
    assert_eq!(failures["Failures"][0]["Location"], "s3://acme-trail/");
    world.outside.state().refused.clear();
    start(&world, json!({"ImportId": id})).await;
    run(&world).await;
    assert_eq!(got(&world, &id).await["ImportStatus"], "COMPLETED");
    assert_eq!(world.stored(number).await, ids);
}

#[tokio::test]
async fn imports_are_listed_by_destination_and_status_in_pages() {
    let (world, _, arn, _) = delivered().await;
    let (other, _) = world.make_store("other", json!({})).await;
    let first = start(&world, of_bucket(&arn)).await;
    run(&world).await;
    let second = start(&world, of_bucket(&other)).await;
    let ids = |listed: Value| {
        let imports = listed["Imports"].as_array().unwrap().clone();
        imports.iter().map(|import| import["ImportId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut both = vec![first.clone(), second.clone()];
    both.sort();
    assert_eq!(ids(world.ok("ListImports", json!({})).await), both);
    assert_eq!(ids(world.ok("ListImports", json!({"Destination": other})).await), std::slice::from_ref(&second));
    assert_eq!(ids(world.ok("ListImports", json!({"ImportStatus": "COMPLETED"})).await), [first]);
    let page = world.ok("ListImports", json!({"MaxResults": 1})).await;
    let next = world.ok("ListImports", json!({"MaxResults": 1, "NextToken": page["NextToken"]})).await;
    assert_eq!([ids(page), ids(next.clone())].concat(), both);
    assert!(next.get("NextToken").is_none());
}
