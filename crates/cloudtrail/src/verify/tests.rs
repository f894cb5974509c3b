//! Chains as the jobs make them, whole and damaged in every way.

use super::*;
use crate::test_world::{ACCOUNT, Outside, Stored, World};
use base64::Engine as _;
use serde_json::{Value, json};

#[async_trait]
impl Objects for Outside {
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, String> {
        let state = self.state();
        let keys = state.objects.keys().filter(|(of, key)| of == bucket && key.starts_with(prefix));
        Ok(keys.map(|(_, key)| key.clone()).collect())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let state = self.state();
        let found = state.objects.get(&(bucket.to_owned(), key.to_owned()));
        Ok(found.map(|Stored { body, metadata }| FoundObject {
            body: body.clone(),
            metadata: metadata.iter().cloned().collect(),
        }))
    }
}

/// All keys of a region, as clients list them.
async fn keys(world: &World, region: &str) -> PublicKeys {
    let range = json!({"StartTime": 0, "EndTime": world.now().secs() + 7_200});
    let listed = world.call_in(region, "ListPublicKeys", range).await.unwrap();
    let key = |key: &Value| {
        let value = base64::engine::general_purpose::STANDARD.decode(key["Value"].as_str().unwrap()).unwrap();
        (key["Fingerprint"].as_str().unwrap().to_owned(), value)
    };
    listed["PublicKeyList"].as_array().unwrap().iter().map(key).collect()
}

async fn verified_in(world: &World, region: &str) -> Report {
    let request = Request {
        account: ACCOUNT.parse().unwrap(),
        trail: "main".to_owned(),
        home: "eu-west-1".parse().unwrap(),
        region: region.parse().unwrap(),
        bucket: "acme-trail".to_owned(),
        prefix: None,
        from: Timestamp::from_secs(0),
        to: world.now(),
    };
    verify(&*world.outside, &keys(world, region).await, &request).await.unwrap()
}

/// Every log file of these regions is in one digest, and every digest is valid and follows the one before it.
pub(crate) async fn chain_is_whole(world: &World, arn: &str, regions: &[&str]) {
    assert!(arn.ends_with(":trail/main"));
    let mut listed = 0;
    for region in regions {
        let report = verified_in(world, region).await;
        assert!(report.is_valid() && report.gaps.is_empty(), "{region}: {report:?}");
        let digests = world.outside.objects(&format!("_CloudTrail-Digest_{region}_")).len();
        assert_eq!(report.counts(Subject::Digest), (digests, 0), "{region}");
        listed += report.counts(Subject::LogFile).0;
    }
    assert_eq!(listed, world.outside.log_files().len());
    let logs = world.outside.log_files();
    let digests = world.outside.digests();
    let named = digests.iter().flat_map(|digest| digest["logFiles"].as_array().unwrap());
    let mut named: Vec<_> = named.map(|file| file["s3Object"].as_str().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(named, logs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), "each file is in one digest");
}

/// Three hours of a trail with a file in each of the last two, and the keys of its digests.
async fn chain() -> (World, Vec<String>) {
    let world = World::new().await;
    world.start("main", json!({"EnableLogFileValidation": true})).await;
    world.advance(3_600).await;
    for _ in 0..2 {
        world.happen("eu-west-1", 1).await;
        world.advance(3_600).await;
    }
    let keys = world.outside.objects("_CloudTrail-Digest_").into_iter().map(|(key, _)| key).collect();
    (world, keys)
}

/// What is said of the objects that are not valid.
async fn damage(world: &World) -> Vec<String> {
    let report = verified_in(world, "eu-west-1").await;
    let invalid = report.findings.iter().filter(|finding| finding.problem.is_some());
    invalid.map(|finding| format!("{}: {}", finding.subject, finding.problem.as_ref().unwrap())).collect()
}

fn place(key: &str) -> (String, String) {
    ("acme-trail".to_owned(), key.to_owned())
}

fn change(world: &World, key: &str, change: impl FnOnce(&mut Stored)) {
    change(world.outside.state().objects.get_mut(&place(key)).unwrap());
}

/// Replaces a text in an object's content.
fn rewrite(world: &World, key: &str, from: &str, to: &str) {
    change(world, key, |object| {
        let content = String::from_utf8(gunzipped(&object.body).unwrap()).unwrap();
        assert!(content.contains(from), "{content}");
        object.body = crate::delivery::gzipped(content.replace(from, to).as_bytes());
    });
}

#[tokio::test]
async fn a_whole_chain_is_valid() {
    let (world, keys) = chain().await;
    assert_eq!(keys.len(), 4);
    let report = verified_in(&world, "eu-west-1").await;
    assert!(report.is_valid() && report.gaps.is_empty(), "{report:?}");
    assert_eq!((report.counts(Subject::Digest), report.counts(Subject::LogFile)), ((4, 0), (2, 0)));
    let line = report.findings[0].to_string();
    assert_eq!(line, format!("Digest file\ts3://acme-trail/{}\tvalid", keys[3]));
}

#[tokio::test]
async fn every_damage_is_named() {
    let (world, keys) = chain().await;
    let log = world.outside.log_files()[0].0.clone();
    let whole = world.outside.state().objects.clone();
    let other = "00".repeat(32);
    type Damage<'a> = Box<dyn Fn(&World) + 'a>;
    let cases: Vec<(Damage<'_>, &[&str])> = vec![
        (Box::new(|world| drop(world.outside.state().objects.remove(&place(&log)))), &["Log file: not found"]),
        (Box::new(|world| rewrite(world, &log, "CreateQueue", "DeleteQueue")), &["Log file: hash value doesn't match"]),
        (Box::new(|world| change(world, &log, |object| object.body.truncate(20))), &["Log file: invalid format"]),
        (Box::new(|world| drop(world.outside.state().objects.remove(&place(&keys[1])))), &["Digest file: not found"]),
        (
            Box::new(|world| rewrite(world, &keys[2], "\"logFiles\":[", "\"logFiles\": [")),
            &["Digest file: signature verification failed"],
        ),
        (
            Box::new(|world| {
                // A digest that was taken from its place: the later one's name, the earlier one's content.
                let earlier = world.outside.state().objects[&place(&keys[0])].clone();
                change(world, &keys[1], |object| *object = earlier);
            }),
            &["Digest file: has been moved from its original location"],
        ),
        (
            Box::new(|world| change(world, &keys[1], |object| object.metadata[0].1.clone_from(&other))),
            &["Digest file: signature verification failed"],
        ),
        (
            Box::new(|world| {
                // A proxy that spells the names of metadata its own way.
                change(world, &keys[3], |object| object.metadata[0].0 = "Signature".to_owned());
            }),
            &["Digest file: signature verification failed"],
        ),
        (Box::new(|world| change(world, &keys[3], |object| object.body.clear())), &["Digest file: invalid format"]),
    ];
    for (number, (case, expected)) in cases.into_iter().enumerate() {
        case(&world);
        assert_eq!(damage(&world).await, expected, "case {number}");
        world.outside.state().objects = whole.clone();
    }
    assert_eq!(damage(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_digest_that_was_signed_anew_does_not_fit_the_one_after_it() {
    let (world, keys) = chain().await;
    // Whoever holds the key can sign another past; the digest after it still names the one that was.
    let text = gunzipped(&world.outside.state().objects[&place(&keys[1])].body).unwrap();
    let mut document: DigestDocument = serde_json::from_slice(&text).unwrap();
    document.log_files.clear();
    document.newest_event_time = None;
    let end = Timestamp::parse_iso(&document.digest_end_time).unwrap();
    let region = "eu-west-1".parse().unwrap();
    let text = crate::digests::digest_written(&document).replace("null", "null ");
    let key = world.parts().keys.for_digest(&region, end).await.unwrap();
    let signature = key.sign(signed_text(&document, text.as_bytes())).await.unwrap();
    change(&world, &keys[1], |object| {
        object.body = crate::delivery::gzipped(text.as_bytes());
        object.metadata[0].1 = signature;
    });
    let expected = ["Digest file: its hash is not the one that the digest after it names"];
    assert_eq!(damage(&world).await, expected);
}

#[tokio::test]
async fn a_key_that_is_not_known_is_named() {
    let (world, _) = chain().await;
    let catalog = &world.parts().catalog;
    let mut transaction = store::catalog::Transaction::default();
    let mut fingerprint = String::new();
    for (key, found) in catalog.list_all::<crate::digests::DigestKeyRecord>() {
        fingerprint.clone_from(&key.name);
        transaction.delete::<crate::digests::DigestKeyRecord>(key, found.version);
    }
    catalog.commit(transaction).await.unwrap();
    let expected = format!("Digest file: public key not found for fingerprint {fingerprint}");
    assert_eq!(damage(&world).await, vec![expected; 4]);
}

#[tokio::test]
async fn the_time_between_two_chains_is_told_and_is_no_damage() {
    let (world, _) = chain().await;
    world.ok("StopLogging", json!({"Name": "main"})).await;
    world.run_woken().await;
    world.sleep(7_200);
    world.ok("StartLogging", json!({"Name": "main"})).await;
    world.advance(3_600).await;
    let report = verified_in(&world, "eu-west-1").await;
    assert!(report.is_valid(), "{report:?}");
    assert_eq!(report.gaps.len(), 1);
    let text = report.gaps[0].to_string();
    assert_eq!(text, "No log files were delivered by CloudTrail between 2026-03-02T11:12:18Z and 2026-03-02T12:12:18Z");
}
