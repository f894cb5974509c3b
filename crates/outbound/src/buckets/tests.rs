//! Calls about buckets against a small server that keeps what it was sent.

use super::*;
use crate::test_server::{Asked, served_in_turn, upstreams};

async fn buckets(replies: &[&str]) -> (UpstreamBuckets, Asked) {
    let (url, asked) = served_in_turn(replies).await;
    (UpstreamBuckets::new(upstreams(&[format!("s3={url}")]), "us-east-1".parse().unwrap()), asked)
}

fn reply(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn error(status: &str, code: &str, more: &str) -> String {
    reply(status, &format!("<Error><Code>{code}</Code><Message>why</Message>{more}</Error>"))
}

fn object() -> BucketPut {
    BucketPut {
        key: "AWSLogs/a b/é".to_owned(),
        body: Bytes::from_static(b"body"),
        headers: vec![("content-encoding", "gzip"), ("x-amz-acl", "bucket-owner-full-control")],
        metadata: vec![("signature".to_owned(), "ab12".to_owned())],
    }
}

fn line<'a>(request: &'a str, start: &str) -> &'a str {
    request.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("no {start} in {request}"))
}

#[tokio::test]
async fn an_object_is_put_with_what_describes_it() {
    let (buckets, asked) = buckets(&[&reply("200 OK", "")]).await;
    buckets.put("logs", object()).await.unwrap();
    let asked = asked.lock().unwrap()[0].clone();
    assert!(asked.starts_with("PUT /logs/AWSLogs/a%20b/%C3%A9 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\nbody"), "{asked}");
    for (name, value) in [
        ("content-encoding: ", "gzip"),
        ("x-amz-acl: ", "bucket-owner-full-control"),
        ("x-amz-meta-signature: ", "ab12"),
        ("x-amz-server-side-encryption: ", "AES256"),
        ("content-md5: ", "hBotaJrYa9FhFEdFPCLG/A=="),
        ("x-amz-content-sha256: ", "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"),
    ] {
        assert_eq!(line(&asked, name), value);
    }
    assert!(line(&asked, "authorization: ").contains("Credential=AKIDEXAMPLE/20231114/us-east-1/s3/aws4_request"));
}

#[tokio::test]
async fn an_upstream_that_does_not_encrypt_gets_the_object_as_it_is() {
    let (buckets, asked) = buckets(&[&error("501 X", "NotImplemented", ""), &reply("200 OK", "")]).await;
    buckets.put("logs", object()).await.unwrap();
    let asked = asked.lock().unwrap().clone();
    assert!(asked[0].contains("\r\nx-amz-server-side-encryption: ") && !asked[1].contains("encryption"), "{asked:?}");
    assert!(asked[1].ends_with("\r\n\r\nbody"));
}

#[tokio::test]
async fn a_bucket_of_another_region_is_signed_for_that_region_from_then_on() {
    let elsewhere = error("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>");
    let fine = reply("200 OK", "");
    let (buckets, asked) = buckets(&[&elsewhere, &fine, &fine]).await;
    buckets.read_acl("logs").await.unwrap();
    assert!(buckets.exists("logs").await.unwrap());
    let asked = asked.lock().unwrap().clone();
    let signed_for: Vec<_> = asked.iter().map(|asked| line(asked, "authorization: ").split('/').nth(2)).collect();
    assert_eq!(signed_for, [Some("us-east-1"), Some("eu-west-1"), Some("eu-west-1")]);
    assert!(asked[0].starts_with("GET /logs?acl= HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[2].starts_with("HEAD /logs HTTP/1.1\r\n"), "{asked:?}");
}

#[tokio::test]
async fn a_bucket_is_there_unless_there_is_none() {
    for (status, expected) in [("200 OK", true), ("403 Forbidden", true), ("404 Not Found", false)] {
        let (buckets, _) = buckets(&[&reply(status, "")]).await;
        assert_eq!(buckets.exists("logs").await, Ok(expected), "{status}");
    }
    let (buckets, _) = buckets(&[&reply("503 Service Unavailable", "")]).await;
    let refused = buckets.exists("logs").await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.passing), ("ServiceUnavailable", true));
}

#[tokio::test]
async fn refusals_carry_the_code_of_s3() {
    for (answer, code, passing) in [
        (error("403 Forbidden", "AccessDenied", ""), "AccessDenied", false),
        (error("404 Not Found", "NoSuchBucket", ""), "NoSuchBucket", false),
        (error("503 Slow Down", "SlowDown", ""), "SlowDown", true),
        (reply("404 Not Found", ""), "NoSuchBucket", false),
    ] {
        let (buckets, _) = buckets(&[&answer]).await;
        let refused = buckets.put("logs", object()).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.passing), (code, passing));
    }
    let away = upstreams(&["s3=http://127.0.0.1:1/".to_owned()]);
    let refused = UpstreamBuckets::new(away, "us-east-1".parse().unwrap()).read_acl("logs").await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.passing), ("ServiceUnavailable", true));
}

#[tokio::test]
async fn an_s3_without_acls_hides_none() {
    let (buckets, _) = buckets(&[&error("501 Not Implemented", "NotImplemented", "")]).await;
    buckets.read_acl("logs").await.unwrap();
}
