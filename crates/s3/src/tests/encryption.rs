//! Encryption with keys of the server's: what clients see of it, and what lies on disk.

use std::path::PathBuf;

use store::catalog::Transaction;

use super::with_bucket;
use crate::names::{object_name, record_key};
use crate::record::ObjectRecord;
use crate::test_world::World;

const SSE: &str = "x-amz-server-side-encryption";

/// The one file of the world.
fn only_file(world: &World) -> PathBuf {
    let files = world.files();
    let [name] = files.as_slice() else { panic!("{files:?}") };
    world.folder.path().join("objects").join(&name[..2]).join(name)
}

/// Changes what the record of an object says of its files.
async fn change_record(world: &World, key: &str, change: impl Fn(&mut Option<String>)) {
    let bucket = world.s3.shared.bucket("bucket").unwrap();
    let name = record_key(object_name(&bucket.record.id, key));
    let found = world.store.catalog().get::<ObjectRecord>(&name).unwrap();
    let mut record = found.value.as_ref().clone();
    for piece in &mut record.0.content.as_mut().unwrap().pieces {
        change(&mut piece.sealed_key);
    }
    let mut transaction = Transaction::default();
    transaction.update(name, found.version, &record);
    world.store.catalog().commit(transaction).await.unwrap();
}

#[tokio::test]
async fn objects_are_encrypted_whether_or_not_it_is_asked_for() {
    let world = with_bucket().await;
    for headers in [&[][..], &[(SSE, "AES256")][..]] {
        let put = world.ok("PUT", "/bucket/k", headers, b"hello").await;
        assert_eq!(put.header(SSE), "AES256");
        assert_eq!(put.header("etag"), "\"5d41402abc4b2a76b9719d911017c592\"", "the MD5 is that of what was sent");
        for method in ["GET", "HEAD"] {
            let got = world.ok(method, "/bucket/k", &[], b"").await;
            assert_eq!((got.header(SSE), got.header("content-length")), ("AES256", "5"));
        }
    }
    let copy = world.ok("PUT", "/bucket/copy", &[("x-amz-copy-source", "/bucket/k")], b"").await;
    assert_eq!(copy.header(SSE), "AES256");
    assert_eq!(world.ok("GET", "/bucket/copy", &[], b"").await.body, "hello");
    world.ok("PUT", "/bucket/empty", &[], b"").await;
    assert_eq!(world.ok("GET", "/bucket/empty", &[], b"").await.body, "");
}

#[tokio::test]
async fn what_was_sent_is_not_on_disk() {
    let world = with_bucket().await;
    let marker = b"a sentence that is found again";
    let body: Vec<u8> = marker.iter().copied().cycle().take(300_000).collect();
    world.ok("PUT", "/bucket/k", &[], &body).await;
    world.ok("PUT", "/bucket/again", &[], &body).await;
    let stored: Vec<Vec<u8>> = world
        .files()
        .iter()
        .map(|name| std::fs::read(world.folder.path().join("objects").join(&name[..2]).join(name)).unwrap())
        .collect();
    assert_eq!(stored.len(), 2);
    for bytes in &stored {
        assert_eq!(bytes.len(), 300_000 + 5 * 16, "five frames with their tags");
        assert!(!bytes.windows(marker.len()).any(|window| window == marker));
    }
    assert_ne!(stored[0], stored[1], "each has a key of its own");
    let world = world.restarted().await;
    assert_eq!(world.ok("GET", "/bucket/k", &[], b"").await.body, body);
}

#[tokio::test]
async fn ranges_are_read_across_frames() {
    let world = with_bucket().await;
    // More than is read at once, and no whole number of frames.
    let body: Vec<u8> = (0..700_001_u32).map(|n| (n % 251) as u8).collect();
    world.ok("PUT", "/bucket/k", &[], &body).await;
    for (first, last) in [
        (0, 0),
        (0, 65_535),
        (65_535, 65_536),
        (65_536, 131_071),
        (100, 700_000),
        (262_143, 262_144),
        (300_000, 600_000),
        (700_000, 700_000),
    ] {
        let got = world.ok("GET", "/bucket/k", &[("range", &format!("bytes={first}-{last}"))], b"").await;
        assert!(got.body == body[first..=last], "{first}-{last}");
    }
    assert!(world.ok("GET", "/bucket/k", &[], b"").await.body == body);
}

#[tokio::test]
async fn other_ways_of_encryption_are_refused() {
    let world = with_bucket().await;
    for (headers, code) in [
        (&[(SSE, "aws:kms")][..], "NotImplemented"),
        (&[(SSE, "aws:kms:dsse")][..], "NotImplemented"),
        (&[(SSE, "ROT13")][..], "InvalidEncryptionAlgorithmError"),
        (&[(SSE, "AES256"), ("x-amz-server-side-encryption-aws-kms-key-id", "k")][..], "NotImplemented"),
        (&[("x-amz-server-side-encryption-customer-algorithm", "AES256")][..], "NotImplemented"),
    ] {
        assert_eq!(world.refused("PUT", "/bucket/k", headers, b"").await.1, code, "{headers:?}");
    }
}

#[tokio::test]
async fn a_damaged_file_gives_no_bytes_of_it() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], &[7; 200_000]).await;
    let file = only_file(&world);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[70_000] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let range = |range: &'static str| [("range", range)];
    assert_eq!(world.ok("GET", "/bucket/k", &range("bytes=0-65535"), b"").await.body, vec![7; 65_536]);
    assert!(world.s3.buckets().get("bucket", "k", 1 << 20).await.is_err());
    bytes.truncate(100_000);
    std::fs::write(&file, &bytes).unwrap();
    assert!(world.s3.buckets().get("bucket", "k", 1 << 20).await.is_err());
}

#[tokio::test]
async fn a_key_that_cannot_be_opened_is_told_before_anything_is_sent() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"hello").await;
    change_record(&world, "k", |key| *key = Some("sealed by another".to_owned())).await;
    let answer = world.send("GET", "/bucket/k", &[], b"").await;
    assert_eq!((answer.status, answer.element("Code").as_str()), (500, "InternalError"));
    let message = answer.element("Message");
    assert!(message.contains("cannot be opened with this master key"), "{message}");
    assert_eq!(world.ok("HEAD", "/bucket/k", &[], b"").await.header("content-length"), "5");
    world.ok("DELETE", "/bucket/k", &[], b"").await;
}

#[tokio::test]
async fn objects_from_before_are_read_and_said_to_be_plain() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"hello").await;
    std::fs::write(only_file(&world), b"hello").unwrap();
    change_record(&world, "k", |key| *key = None).await;
    let got = world.ok("GET", "/bucket/k", &[("range", "bytes=1-3")], b"").await;
    assert_eq!((got.text().as_str(), got.header(SSE)), ("ell", ""));
    world.ok("PUT", "/bucket/copy", &[("x-amz-copy-source", "/bucket/k")], b"").await;
    assert_eq!(world.ok("GET", "/bucket/copy", &[], b"").await.header(SSE), "AES256");
}

#[tokio::test]
async fn parts_are_encrypted_each() {
    let world = with_bucket().await;
    let begun = world.ok("POST", "/bucket/k?uploads", &[(SSE, "AES256")], b"").await;
    assert_eq!(begun.header(SSE), "AES256");
    let id = begun.element("UploadId");
    let part = vec![3; 5 << 20];
    let one = world.ok("PUT", &format!("/bucket/k?partNumber=1&uploadId={id}"), &[], &part).await;
    let two = world.ok("PUT", &format!("/bucket/k?partNumber=2&uploadId={id}"), &[], b"end").await;
    assert_eq!(one.header(SSE), "AES256");
    let listed = [(1, &one), (2, &two)].map(|(number, part)| {
        let etag = part.header("etag");
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let body = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", listed.concat());
    let done = world.ok("POST", &format!("/bucket/k?uploadId={id}"), &[], body.as_bytes()).await;
    assert_eq!(done.header(SSE), "AES256");
    let across = world.ok("GET", "/bucket/k", &[("range", "bytes=5242878-5242882")], b"").await;
    assert_eq!(across.body, b"\x03\x03end".as_slice());
}

#[tokio::test]
async fn a_buckets_encryption_is_that_of_the_server_and_no_other() {
    let world = with_bucket().await;
    let shown = async |world: &World| {
        let got = world.ok("GET", "/bucket?encryption", &[], b"").await;
        (got.element("SSEAlgorithm"), got.element("BucketKeyEnabled"))
    };
    assert_eq!(shown(&world).await, ("AES256".to_owned(), "false".to_owned()));
    let put = |algorithm: &str, more: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>{algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault>{more}</Rule>\
             </ServerSideEncryptionConfiguration>"
        )
    };
    let with_key = put("AES256", "<BucketKeyEnabled>true</BucketKeyEnabled>");
    world.ok("PUT", "/bucket?encryption", &[], with_key.as_bytes()).await;
    assert_eq!(shown(&world).await, ("AES256".to_owned(), "true".to_owned()));
    let refused = world.refused("PUT", "/bucket?encryption", &[], put("aws:kms", "").as_bytes()).await;
    assert_eq!(refused.1, "NotImplemented");
    let none = b"<ServerSideEncryptionConfiguration></ServerSideEncryptionConfiguration>";
    assert_eq!(world.refused("PUT", "/bucket?encryption", &[], none).await.1, "MalformedXML");
    world.ok("DELETE", "/bucket?encryption", &[], b"").await;
    assert_eq!(shown(&world).await, ("AES256".to_owned(), "false".to_owned()));
}

#[tokio::test]
async fn the_record_of_a_put_says_how_it_was_encrypted() {
    let world = with_bucket().await;
    world.ok("PUT", "/bucket/k", &[], b"hello").await;
    let notes = world.notes.0.lock().unwrap();
    let elements = &notes.last().unwrap().response_elements;
    assert_eq!(elements[SSE], "AES256", "{elements}");
}
