//! S3 as clients speak to it, over a store.

mod encryption;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::names::record_key;
use crate::ports::{CallerStanding, EventKind};
use crate::record::ObjectRecord;
use crate::test_world::World;
use crate::{NewBody, ServicePut};

async fn with_bucket() -> World {
    let world = World::new().await;
    world.ok("PUT", "/bucket", &[], b"").await;
    world
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let world = with_bucket().await;
    let headers = [
        ("content-type", "text/plain"),
        ("content-encoding", "aws-chunked,gzip"),
        ("cache-control", "no-cache"),
        ("x-amz-meta-Some-Name", "Value"),
        ("x-amz-tagging", "a=1&b=2"),
    ];
    // Signed as one chunk, so that the header alone says that it came in chunks.
    let put = world.ok("PUT", "/bucket/a/b", &headers, b"hello").await;
    assert_eq!(put.header("etag"), "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(put.header("x-amz-checksum-type"), "FULL_OBJECT");
    assert!(!put.header("x-amz-checksum-crc64nvme").is_empty());
    let got = world.ok("GET", "/bucket/a/b", &[], b"").await;
    assert_eq!(got.body, "hello");
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-encoding", "gzip"),
        ("cache-control", "no-cache"),
        ("x-amz-meta-some-name", "Value"),
        ("x-amz-tagging-count", "2"),
        ("content-length", "5"),
        ("etag", "\"5d41402abc4b2a76b9719d911017c592\""),
        ("last-modified", "Thu, 26 Feb 2026 10:00:00 GMT"),
    ] {
        assert_eq!(got.header(name), value, "{name}");
    }
    let head = world.ok("HEAD", "/bucket/a/b", &[("x-amz-checksum-mode", "ENABLED")], b"").await;
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), put.header("x-amz-checksum-crc64nvme"));
}

#[tokio::test]
async fn ranges_are_parts_of_the_whole() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"0123456789").await;
    let table = [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=5-100", 206, "56789", "bytes 5-9/10"),
    ];
    for (range, status, body, content_range) in table {
        let got = world.send("GET", "/bucket/k", &[("range", range)], b"").await;
        assert_eq!((got.status, got.text().as_str()), (status, body), "{range}");
        assert_eq!(got.header("content-range"), content_range, "{range}");
    }
    let (status, code) = world.refused("GET", "/bucket/k", &[("range", "bytes=10-")], b"").await;
    assert_eq!((status, code.as_str()), (416, "InvalidRange"));
}

#[tokio::test]
async fn hostile_keys_are_keys_and_never_paths() {
    let world = with_bucket().await;
    let long = "x".repeat(1024);
    let keys =
        ["..%2F..%2Fetc", "a/../../b", "%2Fabs", "/double", "a//b", "nul%00nul", "%01", "%C3%BC%F0%9F%98%80", &long];
    for (at, key) in keys.iter().enumerate() {
        let body = format!("body {at}");
        world.ok("PUT", &format!("/bucket/{key}"), &[], body.as_bytes()).await;
    }
    for (at, key) in keys.iter().enumerate() {
        let got = world.ok("GET", &format!("/bucket/{key}"), &[], b"").await;
        assert_eq!(got.text(), format!("body {at}"), "{key}");
    }
    assert_eq!(world.files().len(), keys.len());
    assert!(world.files().iter().all(|name| name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())));
    let too_long = format!("/bucket/{}", "x".repeat(1025));
    assert_eq!(world.refused("PUT", &too_long, &[], b"").await, (400, "KeyTooLongError".to_owned()));
}

#[tokio::test]
async fn what_is_replaced_or_deleted_leaves_no_file() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"one").await;
    world.ok("PUT", "/bucket/k", &[], b"two").await;
    world.files_come_to(1).await;
    world.ok("DELETE", "/bucket/k", &[], b"").await;
    world.files_come_to(0).await;
    world.ok("DELETE", "/bucket/k", &[], b"").await;
    assert_eq!(world.refused("GET", "/bucket/k", &[], b"").await, (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn a_put_that_fails_leaves_what_was_there() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"one").await;
    let table = [
        ([("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], "BadDigest"),
        ([("content-md5", "short")], "InvalidDigest"),
        ([("x-amz-checksum-crc32", "AAAAAA==")], "BadDigest"),
        ([("if-none-match", "*")], "PreconditionFailed"),
        ([("if-match", "\"another\"")], "PreconditionFailed"),
        ([("x-amz-acl", "public-read")], "AccessControlListNotSupported"),
        ([("x-amz-server-side-encryption", "aws:kms")], "NotImplemented"),
        ([("x-amz-storage-class", "GLACIER")], "NotImplemented"),
        ([("x-amz-object-lock-legal-hold", "ON")], "InvalidRequest"),
    ];
    for (headers, code) in table {
        let (_, refused) = world.refused("PUT", "/bucket/k", &headers, b"two").await;
        assert_eq!(refused, code, "{headers:?}");
    }
    assert_eq!(world.ok("GET", "/bucket/k", &[], b"").await.body, "one");
    world.files_come_to(1).await;
}

#[tokio::test]
async fn files_that_no_record_names_go_at_start_and_the_others_stay() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"kept").await;
    let folder = world.folder.path().join("objects").join("ab");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("abcdef0123456789abcdef0123456789"), b"orphan").unwrap();
    std::fs::write(folder.join("ab000000000000000000000000000000.tmp"), b"torn").unwrap();
    let world = world.restarted().await;
    assert_eq!(world.files().len(), 1);
    assert_eq!(world.ok("GET", "/bucket/k", &[], b"").await.body, "kept");
}

#[tokio::test]
async fn writers_of_one_key_leave_one_whole_object() {
    let world = with_bucket().await;
    let bodies: Vec<String> = (0..32).map(|number| format!("{number:04}").repeat(5000)).collect();
    let puts = bodies.iter().map(|body| world.ok("PUT", "/bucket/k", &[], body.as_bytes()));
    futures_util::future::join_all(puts).await;
    let got = world.ok("GET", "/bucket/k", &[], b"").await.text();
    assert!(bodies.contains(&got));
    world.files_come_to(1).await;
    let only = bodies.iter().map(|body| world.send("PUT", "/bucket/n", &[("if-none-match", "*")], body.as_bytes()));
    let made = futures_util::future::join_all(only).await;
    assert_eq!(made.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn older_versions_are_kept_and_come_back() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"null").await;
    let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.ok("PUT", "/bucket?versioning", &[], on.as_bytes()).await;
    let one = world.ok("PUT", "/bucket/k", &[], b"one").await.header("x-amz-version-id").to_owned();
    let two = world.ok("PUT", "/bucket/k", &[], b"two").await.header("x-amz-version-id").to_owned();
    assert!(one.len() == 32 && two.len() == 32 && one != two);
    let marker = world.ok("DELETE", "/bucket/k", &[], b"").await;
    assert_eq!(marker.header("x-amz-delete-marker"), "true");
    let gone = world.send("GET", "/bucket/k", &[], b"").await;
    assert_eq!((gone.status, gone.header("x-amz-delete-marker")), (404, "true"));
    for (id, body) in [("null", "null"), (one.as_str(), "one"), (two.as_str(), "two")] {
        let got = world.ok("GET", &format!("/bucket/k?versionId={id}"), &[], b"").await;
        assert_eq!((got.text().as_str(), got.header("x-amz-version-id")), (body, id));
    }
    let listed = world.ok("GET", "/bucket?versions", &[], b"").await.text();
    let order: Vec<usize> = [marker.header("x-amz-version-id"), &two, &one, "null"]
        .iter()
        .map(|id| listed.find(&format!("<VersionId>{id}</VersionId>")).unwrap())
        .collect();
    assert!(order[1] < order[2] && order[2] < order[3]);
    let id = marker.header("x-amz-version-id");
    world.ok("DELETE", &format!("/bucket/k?versionId={id}"), &[], b"").await;
    assert_eq!(world.ok("GET", "/bucket/k", &[], b"").await.body, "two");
    world.ok("DELETE", &format!("/bucket/k?versionId={two}"), &[], b"").await;
    assert_eq!(world.ok("GET", "/bucket/k", &[], b"").await.body, "one");
    // A suspended bucket's new objects replace the version `null` alone.
    let off = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    world.ok("PUT", "/bucket?versioning", &[], off.as_bytes()).await;
    world.ok("PUT", "/bucket/k", &[], b"new null").await;
    world.files_come_to(2).await;
    assert_eq!(world.ok("GET", "/bucket/k?versionId=null", &[], b"").await.body, "new null");
    assert_eq!(world.ok("GET", &format!("/bucket/k?versionId={one}"), &[], b"").await.body, "one");
}

#[tokio::test]
async fn what_is_locked_for_compliance_stays_until_its_time() {
    let world = World::new().await;
    world.ok("PUT", "/bucket", &[("x-amz-bucket-object-lock-enabled", "true")], b"").await;
    let lock =
        [("x-amz-object-lock-mode", "COMPLIANCE"), ("x-amz-object-lock-retain-until-date", "2026-02-27T10:00:00Z")];
    let put = world.ok("PUT", "/bucket/k", &lock, b"kept").await;
    let uri = format!("/bucket/k?versionId={}", put.header("x-amz-version-id"));
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    assert_eq!(world.refused("DELETE", &uri, &bypass, b"").await, (403, "AccessDenied".to_owned()));
    let sooner =
        "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2026-02-26T11:00:00Z</RetainUntilDate></Retention>";
    let retention = uri.replace("?versionId", "?retention&versionId");
    assert_eq!(world.refused("PUT", &retention, &bypass, sooner.as_bytes()).await.1, "AccessDenied");
    // A delete marker hides it; it is there all the same.
    world.ok("DELETE", "/bucket/k", &[], b"").await;
    let world = world.restarted().await;
    assert_eq!(world.ok("GET", &uri, &[], b"").await.body, "kept");
    assert_eq!(world.refused("DELETE", "/bucket", &[], b"").await, (409, "BucketNotEmpty".to_owned()));
    world.clock.move_to(crate::test_world::NOW.plus(Duration::from_secs(86_400)));
    world.ok("DELETE", &uri, &[], b"").await;
    world.files_come_to(0).await;
}

#[tokio::test]
async fn an_upload_in_parts_becomes_one_object() {
    let world = with_bucket().await;
    let begun = world.ok("POST", "/bucket/k?uploads", &[("content-type", "x/y")], b"").await;
    let id = begun.element("UploadId");
    let part = vec![b'a'; 5 << 20];
    let one = world.ok("PUT", &format!("/bucket/k?partNumber=1&uploadId={id}"), &[], &part).await;
    let two = world.ok("PUT", &format!("/bucket/k?partNumber=3&uploadId={id}"), &[], b"end").await;
    world.ok("PUT", &format!("/bucket/k?partNumber=7&uploadId={id}"), &[], b"left over").await;
    let complete = |parts: &[(u16, &str)]| {
        let parts: String = parts
            .iter()
            .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
            .collect();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    };
    let uri = format!("/bucket/k?uploadId={id}");
    let (first, last) = (one.header("etag"), two.header("etag"));
    for (parts, code) in [
        (vec![(3, last), (1, first)], "InvalidPartOrder"),
        (vec![(1, last)], "InvalidPart"),
        (vec![(2, first)], "InvalidPart"),
        (vec![(3, last), (7, "\"x\"")], "InvalidPart"),
    ] {
        assert_eq!(world.refused("POST", &uri, &[], complete(&parts).as_bytes()).await.1, code, "{parts:?}");
    }
    let done = world.ok("POST", &uri, &[], complete(&[(1, first), (3, last)]).as_bytes()).await;
    assert!(done.element("ETag").contains("-2"));
    let got = world.ok("GET", "/bucket/k", &[], b"").await;
    assert_eq!(got.body.len(), part.len() + 3);
    assert!(got.body.ends_with(b"aend"));
    assert_eq!(got.header("content-type"), "x/y");
    assert_eq!(world.ok("GET", "/bucket/k", &[("range", "bytes=5242878-5242881")], b"").await.body, "aaen");
    assert_eq!(world.ok("GET", "/bucket/k?partNumber=3", &[], b"").await.body, "end");
    world.files_come_to(2).await;
    assert_eq!(world.refused("POST", &uri, &[], complete(&[(1, first)]).as_bytes()).await.1, "NoSuchUpload");
    // Its checksum is that of the whole, though no part was asked for one.
    let whole = world.ok("PUT", "/bucket/same", &[], &got.body).await;
    let head = world.ok("HEAD", "/bucket/k", &[("x-amz-checksum-mode", "ENABLED")], b"").await;
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), whole.header("x-amz-checksum-crc64nvme"));
}

#[tokio::test]
async fn a_part_that_is_too_small_is_refused_and_an_abort_leaves_nothing() {
    let world = with_bucket().await;
    let id = world.ok("POST", "/bucket/k?uploads", &[], b"").await.element("UploadId");
    let one = world.ok("PUT", &format!("/bucket/k?partNumber=1&uploadId={id}"), &[], b"small").await;
    let two = world.ok("PUT", &format!("/bucket/k?partNumber=2&uploadId={id}"), &[], b"end").await;
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part><Part><PartNumber>2</PartNumber>\
         <ETag>{}</ETag></Part></CompleteMultipartUpload>",
        one.header("etag"),
        two.header("etag")
    );
    let uri = format!("/bucket/k?uploadId={id}");
    assert_eq!(world.refused("POST", &uri, &[], body.as_bytes()).await.1, "EntityTooSmall");
    assert!(world.ok("GET", "/bucket?uploads", &[], b"").await.text().contains(&id));
    world.ok("DELETE", &uri, &[], b"").await;
    world.files_come_to(0).await;
    assert_eq!(world.refused("DELETE", &uri, &[], b"").await, (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn a_copy_is_an_object_of_its_own() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/a%20b", &[("x-amz-meta-m", "1"), ("x-amz-tagging", "t=1")], b"bytes").await;
    world.ok("PUT", "/bucket/copy", &[("x-amz-copy-source", "/bucket/a%20b")], b"").await;
    world.ok("DELETE", "/bucket/a%20b", &[], b"").await;
    let copy = world.ok("GET", "/bucket/copy", &[], b"").await;
    assert_eq!((copy.text().as_str(), copy.header("x-amz-meta-m")), ("bytes", "1"));
    assert_eq!(copy.header("x-amz-tagging-count"), "1");
    let itself = [("x-amz-copy-source", "bucket/copy")];
    assert_eq!(world.refused("PUT", "/bucket/copy", &itself, b"").await.1, "InvalidRequest");
    let anew = [("x-amz-copy-source", "bucket/copy"), ("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-m", "2")];
    world.ok("PUT", "/bucket/copy", &anew, b"").await;
    let copy = world.ok("GET", "/bucket/copy", &[], b"").await;
    assert_eq!((copy.text().as_str(), copy.header("x-amz-meta-m")), ("bytes", "2"));
}

#[tokio::test]
async fn a_bucket_policy_lets_in_who_does_not_say_who_it_is() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"shown").await;
    let anonymous = world.send_as(None, "GET", "/bucket/k", &[], b"").await;
    assert_eq!((anonymous.status, anonymous.element("Code").as_str()), (403, "AccessDenied"));
    let policy = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::bucket/*"}]}"#;
    // New buckets are closed to the public.
    assert_eq!(world.refused("PUT", "/bucket?policy", &[], policy.as_bytes()).await, (403, "AccessDenied".to_owned()));
    world.ok("DELETE", "/bucket?publicAccessBlock", &[], b"").await;
    world.ok("PUT", "/bucket?policy", &[], policy.as_bytes()).await;
    assert_eq!(world.send_as(None, "GET", "/bucket/k", &[], b"").await.body, "shown");
    assert_eq!(world.notes.last().caller, CallerStanding::Anonymous);
    assert_eq!(world.send_as(None, "DELETE", "/bucket/k", &[], b"").await.status, 403);
    assert_eq!(world.send_as(Some("other"), "GET", "/bucket/k", &[], b"").await.status, 403);
    let restricted = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>\
                      </PublicAccessBlockConfiguration>";
    world.ok("PUT", "/bucket?publicAccessBlock", &[], restricted.as_bytes()).await;
    assert_eq!(world.send_as(None, "GET", "/bucket/k", &[], b"").await.status, 403);
}

#[tokio::test]
async fn names_of_buckets_are_unique_and_a_bucket_with_anything_in_it_stays() {
    let world = with_bucket().await;
    let other = world.send_as(Some("other"), "PUT", "/bucket", &[], b"").await;
    assert_eq!(other.element("Code"), "BucketAlreadyExists");
    world.ok("PUT", "/bucket", &[], b"").await;
    world.ok("PUT", "/bucket/k", &[], b"x").await;
    assert_eq!(world.refused("DELETE", "/bucket", &[], b"").await.1, "BucketNotEmpty");
    world.ok("DELETE", "/bucket/k", &[], b"").await;
    world.ok("POST", "/bucket/k?uploads", &[], b"").await;
    world.ok("DELETE", "/bucket", &[], b"").await;
    assert_eq!(world.refused("GET", "/bucket/k", &[], b"").await, (404, "NoSuchBucket".to_owned()));
    // What is made anew has nothing of the old.
    world.ok("PUT", "/bucket", &[], b"").await;
    assert!(!world.ok("GET", "/bucket?uploads", &[], b"").await.text().contains("<Upload>"));
}

#[tokio::test]
async fn every_call_is_noted_with_what_its_record_is_made_of() {
    let world = with_bucket().await;
    let made = world.notes.last();
    assert_eq!((made.event_name, made.kind, made.read_only), (Some("CreateBucket"), EventKind::Management, false));
    assert_eq!(made.request_parameters["bucketName"], "bucket");
    world.ok("PUT", "/bucket/k", &[("x-amz-acl", "private")], b"12345").await;
    let put = world.notes.last();
    assert_eq!((put.event_name, put.kind, put.bytes_in, put.status), (Some("PutObject"), EventKind::Data, 5, 200));
    assert_eq!((put.key.as_deref(), put.object_bytes), (Some("k"), Some(5)));
    assert_eq!(put.request_parameters["x-amz-acl"], "private");
    world.ok("GET", "/bucket/k?response-content-type=a%2Fb", &[], b"").await;
    let got = world.notes.last();
    assert_eq!((got.event_name, got.bytes_out, got.read_only), (Some("GetObject"), 5, true));
    assert_eq!(got.request_parameters["response-content-type"], "a/b");
    world.ok("GET", "/bucket?list-type=2&prefix=x", &[], b"").await;
    assert_eq!(world.notes.last().event_name, Some("ListObjects"));
    let tagging = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    world.ok("PUT", "/bucket?tagging", &[], tagging.as_bytes()).await;
    let tagged = world.notes.last();
    assert_eq!(tagged.request_parameters["Tagging"]["TagSet"]["Tag"]["Key"], "k");
    assert_eq!(tagged.request_parameters["tagging"], "");
    world.refused("GET", "/bucket/none", &[], b"").await;
    assert_eq!(world.notes.last().error.unwrap().0, "NoSuchKey");
    let forged = world.send_as(Some("nobody"), "PUT", "/bucket/k", &[], b"x").await;
    assert_eq!(forged.element("Code"), "InvalidAccessKeyId");
    let note = world.notes.last();
    assert_eq!((note.caller, note.event_name), (CallerStanding::Claimed, Some("PutObject")));
    assert!(note.request_parameters.is_null());
}

#[tokio::test]
async fn errors_are_s3s_with_the_ids_of_the_request() {
    let world = with_bucket().await;
    let missing = world.send("GET", "/bucket/none", &[], b"").await;
    assert_eq!(missing.element("Message"), "The specified key does not exist.");
    assert_eq!(missing.element("Key"), "none");
    assert_eq!(missing.element("RequestId"), missing.header("x-amz-request-id"));
    assert_eq!(missing.element("HostId"), missing.header("x-amz-id-2"));
    assert_eq!(missing.header("content-type"), "application/xml");
    for (method, uri) in [("PUT", "/bucket?lifecycle"), ("PUT", "/bucket?notification"), ("POST", "/bucket/k?restore")]
    {
        let body: &[u8] = match uri {
            "/bucket?lifecycle" => {
                b"<LifecycleConfiguration><Rule><Status>Enabled</Status></Rule></LifecycleConfiguration>"
            }
            "/bucket?notification" => b"<NotificationConfiguration></NotificationConfiguration>",
            _ => b"<RestoreRequest></RestoreRequest>",
        };
        assert_eq!(world.refused(method, uri, &[], body).await, (501, "NotImplemented".to_owned()), "{uri}");
    }
}

#[tokio::test]
async fn listings_show_what_is_there_page_by_page() {
    let world = with_bucket().await;
    for key in ["a", "b/1", "b/2", "c%26", "d"] {
        world.ok("PUT", &format!("/bucket/{key}"), &[], b"x").await;
    }
    let page = world.ok("GET", "/bucket?list-type=2&delimiter=%2F&max-keys=2", &[], b"").await;
    assert_eq!((page.element("Key").as_str(), page.element("KeyCount").as_str()), ("a", "2"));
    assert!(page.text().contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"));
    let token = page.element("NextContinuationToken");
    let uri = format!("/bucket?list-type=2&delimiter=%2F&encoding-type=url&continuation-token={token}");
    let rest = world.ok("GET", &uri, &[], b"").await;
    assert!(rest.text().contains("<Key>c%26</Key>") && rest.text().contains("<Key>d</Key>"));
    assert_eq!(rest.element("IsTruncated"), "false");
    let first = world.ok("GET", "/bucket?max-keys=3", &[], b"").await;
    assert_eq!(first.element("NextMarker"), "b/2");
    let deleted = world.ok(
        "POST",
        "/bucket?delete",
        &[],
        b"<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object></Delete>",
    );
    assert_eq!(deleted.await.text().matches("<Deleted>").count(), 2);
    assert_eq!(world.ok("GET", "/bucket?list-type=2", &[], b"").await.element("KeyCount"), "4");
}

#[tokio::test]
async fn other_services_use_buckets_without_http() {
    let world = with_bucket().await;
    let buckets = world.s3.buckets();
    assert!(buckets.find("bucket").is_some() && buckets.find("none").is_none());
    let account = crate::test_world::OWNER.parse().unwrap();
    let caller = crate::ports::ServiceCaller {
        service: "cloudtrail.amazonaws.com",
        source_arn: "arn:trail",
        source_account: &account,
    };
    let wanted =
        ServicePut { caller, action: "s3:PutObject", bucket: "bucket", key: Some("k"), acl: None, encryption: None };
    assert!(!buckets.service_may(&wanted).unwrap());
    let policy = r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}]}"#;
    world.ok("PUT", "/bucket?policy", &[], policy.as_bytes()).await;
    assert!(buckets.service_may(&wanted).unwrap());
    let body = NewBody {
        bytes: "{}".into(),
        content_type: Some("application/json".to_owned()),
        content_encoding: Some("gzip".to_owned()),
        metadata: BTreeMap::from([("m".to_owned(), "1".to_owned())]),
    };
    buckets.put("bucket", "logs/a", body).await.unwrap();
    let got = world.ok("GET", "/bucket/logs/a", &[], b"").await;
    assert_eq!((got.header("content-encoding"), got.header("x-amz-meta-m")), ("gzip", "1"));
    assert_eq!(buckets.get("bucket", "logs/a", 10).await.unwrap().unwrap().bytes, "{}");
    assert!(buckets.get("bucket", "logs/b", 10).await.unwrap().is_none());
    assert_eq!(buckets.get("bucket", "logs/a", 1).await.unwrap_err().code, "EntityTooLarge");
    let keys: Vec<String> = buckets.list("bucket", "logs/", "", 10).unwrap().into_iter().map(|one| one.key).collect();
    assert_eq!(keys, ["logs/a"]);
    assert_eq!(buckets.put("none", "k", NewBody::default()).await.unwrap_err().code, "NoSuchBucket");
}

#[tokio::test]
async fn ten_thousand_keys_are_listed() {
    let world = with_bucket().await;
    let bucket = world.s3.shared.find_bucket("bucket").unwrap();
    world.ok("PUT", "/bucket/k", &[], b"").await;
    let one = world.s3.shared.newest(&bucket, "k").unwrap();
    let mut transaction = store::Transaction::default();
    for number in 0..9_999 {
        let name = crate::names::object_name(&bucket.record.id, &format!("many/{number:05}"));
        transaction.put(record_key(name), &ObjectRecord(one.value.0.clone()));
    }
    world.store.catalog().commit(transaction).await.unwrap();
    let (mut token, mut count) = (String::new(), 0);
    loop {
        let page = world.ok("GET", &format!("/bucket?list-type=2{token}"), &[], b"").await;
        count += page.text().matches("<Key>").count();
        let next = page.element("NextContinuationToken");
        if next.is_empty() {
            break;
        }
        token = format!("&continuation-token={next}");
    }
    assert_eq!(count, 10_000);
    let grouped = world.ok("GET", "/bucket?list-type=2&delimiter=%2F", &[], b"").await;
    assert_eq!(grouped.element("KeyCount"), "2");
}
