//! Chains as the jobs make them, whole and damaged in every way.

use super::*;
use crate::test_world::{ACCOUNT, Outside, Stored, World};
use base64::Engine as _;

use crate::delivery::gunzipped;
use crate::digests::{DigestDocument, signed_text};
use serde_json::{Value, json};

#[async_trait]
impl Objects for Outside {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        let state = self.state();
        let found = state.objects.iter().filter(|((of, key), _)| of == bucket && key.starts_with(prefix));
        Ok(found.map(|((_, key), _)| Listed { key: key.clone(), put: None }).collect())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let state = self.state();
        let found = state.objects.get(&(bucket.to_owned(), key.to_owned()));
        Ok(found.map(|Stored { body, metadata }| FoundObject {
            body: body.clone(),
            metadata: Some(metadata.iter().cloned().collect()),
        }))
    }
}

/// A copy of a bucket as other tools make it: without metadata, and without the bucket's name.
struct PlainCopy<'a>(&'a Outside);

#[async_trait]
impl Objects for PlainCopy<'_> {
    async fn list(&self, _: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        self.0.list("acme-trail", prefix).await
    }

    async fn get(&self, _: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let found = self.0.get("acme-trail", key).await?;
        Ok(found.map(|found| FoundObject { metadata: None, ..found }))
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

fn request(world: &World, region: &str) -> Request {
    Request {
        name: ChainName {
            account: ACCOUNT.parse().unwrap(),
            trail: "main".to_owned(),
            home: "eu-west-1".parse().unwrap(),
            region: region.parse().unwrap(),
        },
        bucket: "acme-trail".to_owned(),
        root: format!("AWSLogs/{ACCOUNT}/"),
        from: Timestamp::from_secs(0),
        to: world.now(),
        newest: Newest::Unknown,
    }
}

async fn verified_in(world: &World, region: &str) -> Report {
    verify(&*world.outside, &keys(world, region).await, &request(world, region)).await.unwrap()
}

/// Valid objects of a kind, and others.
fn counts(report: &Report, subject: Subject) -> (usize, usize) {
    let all = report.findings.iter().filter(|finding| finding.subject == subject).count();
    let valid = report.count(subject, Standing::Valid);
    (valid, all - valid)
}

/// Every log file of these regions is in one digest, and every digest is valid and follows the one before it.
pub(crate) async fn chain_is_whole(world: &World, arn: &str, regions: &[&str]) {
    assert!(arn.ends_with(":trail/main"));
    let mut listed = 0;
    for region in regions {
        let report = verified_in(world, region).await;
        assert!(report.is_valid() && report.gaps.is_empty(), "{region}: {report:?}");
        let digests = world.outside.objects(&format!("_CloudTrail-Digest_{region}_")).len();
        assert_eq!(counts(&report, Subject::Digest), (digests, 0), "{region}");
        listed += counts(&report, Subject::LogFile).0;
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
    let invalid = report.findings.iter().filter(|finding| finding.standing() == Standing::Invalid);
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
    assert_eq!((counts(&report, Subject::Digest), counts(&report, Subject::LogFile)), ((4, 0), (2, 0)));
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
        (
            Box::new(|world| {
                let state = &mut world.outside.state().objects;
                let (one, other) = (state[&place(&keys[1])].clone(), state[&place(&keys[2])].clone());
                state.insert(place(&keys[1]), other);
                state.insert(place(&keys[2]), one);
            }),
            &[
                "Digest file: has been moved from its original location",
                "Digest file: has been moved from its original location",
            ],
        ),
        (
            Box::new(|world| {
                let added = world.outside.state().objects[&place(&log)].clone();
                let name = log.replace("0915Z_", "0935Z_X");
                assert_ne!(name, log);
                world.outside.state().objects.insert(place(&name), added);
            }),
            &["Log file: is in no digest, so that nobody delivered it"],
        ),
        (
            Box::new(|world| {
                let name = log.replace("2026/03/02/", "2026/03/02/notes-");
                world.outside.state().objects.insert(place(&name), Stored { body: Vec::new(), metadata: Vec::new() });
            }),
            &["Log file: is no log file"],
        ),
        (
            Box::new(|world| {
                let name = keys[1].replace(".json.gz", ".old.json.gz");
                let moved = world.outside.state().objects[&place(&keys[1])].clone();
                world.outside.state().objects.insert(place(&name), moved);
            }),
            &["Digest file: is no digest"],
        ),
    ];
    for (number, (case, expected)) in cases.into_iter().enumerate() {
        case(&world);
        assert_eq!(damage(&world).await, expected, "case {number}");
        world.outside.state().objects = whole.clone();
    }
    assert_eq!(damage(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn any_byte_that_is_changed_is_found_in_its_file_and_no_other() {
    let (world, _) = chain().await;
    let whole = world.outside.state().objects.clone();
    let public = keys(&world, "eu-west-1").await;
    let request = request(&world, "eu-west-1");
    let mut changed = 0;
    for (place, object) in whole.iter().filter(|((_, key), _)| key.ends_with(".json.gz")) {
        let content = gunzipped(&object.body);
        for at in (0..object.body.len()).step_by(11) {
            let mut body = object.body.clone();
            body[at] ^= 1 << (at % 8);
            // Some bytes of the frame say nothing, such as the time in it.
            let is_same = gunzipped(&body) == content;
            world.outside.state().objects.insert(place.clone(), Stored { body, ..object.clone() });
            let report = verify(&*world.outside, &public, &request).await.unwrap();
            let invalid = report.findings.iter().filter(|finding| finding.standing() == Standing::Invalid);
            let named: Vec<_> = invalid.map(|finding| finding.key.as_str()).collect();
            let expected: &[&str] = if is_same { &[] } else { &[&place.1] };
            assert_eq!(named, expected, "byte {at} of {}", place.1);
            changed += usize::from(!is_same);
        }
        world.outside.state().objects.insert(place.clone(), object.clone());
    }
    assert!(changed > 100, "{changed}");
}

#[tokio::test]
async fn a_log_file_that_was_renamed_is_found_under_its_new_name() {
    let (world, _) = chain().await;
    let log = world.outside.log_files()[0].0.clone();
    let name = log.replace("0915Z_", "0935Z_");
    let moved = world.outside.state().objects.remove(&place(&log)).unwrap();
    world.outside.state().objects.insert(place(&name), moved);
    let expected = [
        format!("Log file: not found; what it held is at {name}"),
        format!("Log file: is in no digest; it holds what was delivered as {log}"),
    ];
    assert_eq!(damage(&world).await, expected);
}

#[tokio::test]
async fn files_of_an_hour_without_its_digest_cannot_be_proved_and_are_not_said_to_be_damaged() {
    let (world, keys) = chain().await;
    world.outside.state().objects.remove(&place(&keys[2]));
    let report = verified_in(&world, "eu-west-1").await;
    let problems: Vec<_> = report.findings.iter().filter_map(|finding| finding.problem.clone()).collect();
    assert_eq!(problems, [Problem::NotFound, Problem::BehindDamage]);
    assert!(!report.is_valid() && !report.is_conclusive());
}

#[tokio::test]
async fn where_two_digests_in_a_row_are_gone_the_time_of_the_second_is_told() {
    let (world, keys) = chain().await;
    world.outside.state().objects.remove(&place(&keys[1]));
    world.outside.state().objects.remove(&place(&keys[2]));
    let report = verified_in(&world, "eu-west-1").await;
    assert_eq!(counts(&report, Subject::Digest), (2, 1));
    let gaps: Vec<_> = report.gaps.iter().map(ToString::to_string).collect();
    let expected = "Nothing is known of the time between 2026-03-02T08:12:18Z and 2026-03-02T09:12:18Z: \
                    the digest that would tell is gone or damaged";
    assert_eq!(gaps, [expected]);
}

#[tokio::test]
async fn a_file_that_is_newer_than_the_newest_digest_is_in_none_yet() {
    let (world, _) = chain().await;
    world.happen("eu-west-1", 1).await;
    world.advance(600).await;
    let report = verified_in(&world, "eu-west-1").await;
    assert!(report.is_valid() && report.is_conclusive());
    assert_eq!(report.findings.last().unwrap().problem, Some(Problem::NotYet));
}

#[tokio::test]
async fn a_chain_whose_end_is_cut_off_is_found_by_what_the_trail_remembers() {
    let (world, keys) = chain().await;
    world.outside.state().objects.remove(&place(&keys[3]));
    assert_eq!(damage(&world).await, Vec::<String>::new(), "the bucket alone does not tell");
    let mut request = request(&world, "eu-west-1");
    request.newest = at_rest::newest(&world.parts().catalog, &request.name);
    assert!(matches!(&request.newest, Newest::Is(newest) if newest.key == keys[3]));
    let public = self::keys(&world, "eu-west-1").await;
    assert_eq!(at_rest::public_keys(&world.parts().catalog, &request.name.region), public);
    let report = verify(&*world.outside, &public, &request).await.unwrap();
    let first = &report.findings[0];
    assert_eq!((&first.key, &first.problem), (&keys[3], &Some(Problem::NotFound)));

    let delivered = world.now();
    let request = Request { newest: Newest::Delivered(delivered), ..request };
    let report = verify(&*world.outside, &public, &request).await.unwrap();
    assert!(report.cut_off.is_none(), "the last digest may be an hour old");
    world.outside.state().objects.remove(&place(&keys[2]));
    let report = verify(&*world.outside, &public, &request).await.unwrap();
    assert_eq!(report.cut_off, Some(delivered));
    assert!(!report.is_valid());
}

#[tokio::test]
async fn trails_are_found_by_their_digests() {
    let (world, _) = chain().await;
    world.start("other_one", json!({"EnableLogFileValidation": true, "IsMultiRegionTrail": true})).await;
    world.happen("us-east-1", 1).await;
    world.happen("eu-west-1", 1).await;
    world.advance(3_600).await;
    let found = find_chains(&*world.outside, "acme-trail", None, None).await.unwrap();
    let names: Vec<_> = found.iter().map(|chain| format!("{} {}", chain.name.trail, chain.name.region)).collect();
    assert_eq!(names, ["main eu-west-1", "other_one eu-west-1", "other_one us-east-1"]);
    assert_eq!(find_chains(&*world.outside, "acme-trail", Some("x"), None).await.unwrap(), []);
    let plain = PlainCopy(&world.outside);
    assert_eq!(bucket_of(&plain, None).await.unwrap().as_deref(), Some("acme-trail"));
    // Files of both trails are in one folder, and each is in a digest of one of them.
    assert_eq!(damage(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_copy_without_metadata_proves_all_but_the_newest_hour() {
    let (world, keys) = chain().await;
    let public = self::keys(&world, "eu-west-1").await;
    let plain = PlainCopy(&world.outside);
    let report = verify(&plain, &public, &request(&world, "eu-west-1")).await.unwrap();
    assert!(report.is_valid() && !report.is_conclusive());
    let unproved: Vec<_> =
        report.findings.iter().filter_map(|finding| Some((&finding.key, finding.problem.clone()?))).collect();
    assert_eq!(unproved.len(), 2);
    assert_eq!(unproved[0], (&keys[3], Problem::NoSignature));
    assert_eq!(unproved[1].1, Problem::ByUnsigned);
    rewrite(&world, &keys[2], "\"logFiles\":[", "\"logFiles\": [");
    let report = verify(&PlainCopy(&world.outside), &public, &request(&world, "eu-west-1")).await.unwrap();
    let invalid: Vec<_> = report.findings.iter().filter(|found| found.standing() == Standing::Invalid).collect();
    assert_eq!((&invalid[0].key, &invalid[0].problem), (&keys[2], &Some(Problem::Signature)));
    assert_eq!(invalid.len(), 1);
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
