//! Digests as they are delivered.

use base::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::test_world::{NOW, World};
use crate::verify::tests::chain_is_whole;

fn ends(world: &World) -> Vec<String> {
    world.outside.digests().iter().map(|digest| digest["digestEndTime"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_starting_digest_ends_when_logging_starts_and_one_follows_every_hour() {
    let world = World::new().await;
    world.sleep(1);
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.run_woken().await;
    let first = &world.outside.digests()[0];
    let object = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260302T081219Z.json.gz";
    let expected = json!({
        "awsAccountId": "111122223333", "digestStartTime": "2026-03-02T07:12:19Z", "digestEndTime": "2026-03-02T08:12:19Z",
        "digestS3Bucket": "acme-trail", "digestS3Object": object,
        "digestPublicKeyFingerprint": first["digestPublicKeyFingerprint"], "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": null, "oldestEventTime": null, "previousDigestS3Bucket": null,
        "previousDigestS3Object": null, "previousDigestHashValue": null, "previousDigestHashAlgorithm": null,
        "previousDigestSignature": null, "logFiles": [],
    });
    assert_eq!(first.to_string(), expected.to_string(), "all members, in this order");
    assert_eq!(world.outside.objects("_CloudTrail-Digest_")[0].0, object);
    world.happen("eu-west-1", 1).await;
    world.advance(7_300).await;
    assert_eq!(ends(&world), ["2026-03-02T08:12:19Z", "2026-03-02T09:12:19Z", "2026-03-02T10:12:19Z"]);
    let second = &world.outside.digests()[1];
    assert_eq!(second["previousDigestS3Object"], object);
    assert_eq!(
        (&second["newestEventTime"], &second["oldestEventTime"]),
        (&json!("2026-03-02T08:12:19Z"), &json!("2026-03-02T08:12:19Z"))
    );
    assert_eq!(world.outside.digests()[2]["logFiles"], json!([]), "an hour without files has a digest too");
    let status = world.ok("GetTrailStatus", json!({"Name": "main"})).await;
    assert_eq!(status["LatestDigestDeliveryTime"].as_f64().unwrap() as i64, NOW.secs() + 7_201);
}

#[tokio::test]
async fn a_digest_carries_its_signature_by_the_names_that_the_cli_reads() {
    let world = World::new().await;
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.happen("eu-west-1", 1).await;
    world.advance(3_600).await;
    for (key, object) in world.outside.objects("_CloudTrail-Digest_") {
        let names: Vec<_> = object.metadata.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["signature", "signature-algorithm"], "{key}");
        let signature = &object.metadata[0].1;
        assert!(
            signature.len() == 256
                && signature.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        );
    }
    let (_, log) = &world.outside.objects("_CloudTrail_")[0];
    assert!(log.metadata.is_empty());
}

#[tokio::test]
async fn stopping_closes_the_hour_and_starting_begins_a_new_chain() {
    let world = World::new().await;
    let arn = world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.advance(600).await;
    world.happen("eu-west-1", 1).await;
    world.sleep(10);
    world.ok("StopLogging", json!({"Name": "main"})).await;
    world.run_woken().await;
    assert_eq!(ends(&world), ["2026-03-02T08:12:18Z", "2026-03-02T08:22:28Z"]);
    assert_eq!(world.outside.digests()[1]["logFiles"].as_array().unwrap().len(), 1);
    chain_is_whole(&world, &arn, &["eu-west-1"]).await;
    let catalog = &world.parts().catalog;
    assert!(catalog.list_all::<ChainRecord>().is_empty() && catalog.list_all::<DeliveredFile>().is_empty());
    world.sleep(100);
    world.ok("StartLogging", json!({"Name": "main"})).await;
    world.run_woken().await;
    assert_eq!(world.outside.digests()[2]["previousDigestS3Object"], Value::Null);
}

#[tokio::test]
async fn digests_that_could_not_be_put_follow_later_with_the_same_bytes() {
    let world = World::new().await;
    let arn = world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.advance(1).await;
    world.outside.state().refused.push(("_CloudTrail-Digest_".to_owned(), "AccessDenied"));
    world.happen("eu-west-1", 1).await;
    world.advance(5_000).await;
    let status = world.ok("GetTrailStatus", json!({"Name": "main"})).await;
    assert_eq!(status["LatestDigestDeliveryError"], "AccessDenied");
    let world = world.restarted().await;
    world.outside.state().refused.clear();
    world.advance(7_200).await;
    world.run_woken().await;
    assert_eq!(ends(&world).len(), 4);
    chain_is_whole(&world, &arn, &["eu-west-1"]).await;
}

#[tokio::test]
async fn a_chain_goes_on_in_the_new_bucket_and_names_the_old() {
    let world = World::new().await;
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.advance(3_600).await;
    world.outside.state().buckets.insert("second".to_owned());
    world.ok("UpdateTrail", json!({"Name": "main", "S3BucketName": "second"})).await;
    world.advance(3_600).await;
    let digests = world.outside.digests();
    let last = digests.iter().find(|digest| digest["digestS3Bucket"] == "second").unwrap();
    assert_eq!(last["previousDigestS3Bucket"], "acme-trail");
}

#[tokio::test]
async fn switching_validation_off_ends_the_chain_and_on_begins_another() {
    let world = World::new().await;
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.advance(60).await;
    world.ok("UpdateTrail", json!({"Name": "main", "EnableLogFileValidation": false})).await;
    world.run_woken().await;
    world.advance(7_200).await;
    assert_eq!(ends(&world), ["2026-03-02T08:12:18Z", "2026-03-02T08:13:18Z"]);
    world.ok("UpdateTrail", json!({"Name": "main", "EnableLogFileValidation": true})).await;
    world.run_woken().await;
    assert_eq!(ends(&world).len(), 3);
    assert_eq!(world.outside.digests()[2]["previousDigestSignature"], Value::Null);
}

#[tokio::test]
async fn keys_change_every_thirty_days_and_each_is_valid_when_its_digests_end() {
    let world = World::new().await;
    let region = "eu-west-1".parse().unwrap();
    let keys = &world.parts().keys;
    let day = |days: i64| NOW.plus_millis(days * base::time::DAY_MS);
    let mut names = Vec::new();
    for days in [0, 29, 31, 65] {
        names.push(keys.for_digest(&region, day(days)).await.unwrap().fingerprint);
    }
    assert!(names[0] == names[1] && names[1] != names[2] && names[2] != names[3]);
    for (name, days) in names.iter().zip([0, 29, 31, 65]) {
        let valid = keys.public(&region, day(days), day(days));
        assert!(valid.iter().any(|(fingerprint, _)| fingerprint == name), "{days}");
    }
    assert_eq!(keys.public(&region, Timestamp::MIN, Timestamp::MAX).len(), 3, "public keys are kept");
}
