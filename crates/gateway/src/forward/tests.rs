use http::StatusCode;
use http_body_util::BodyExt as _;
use outbound::{Fence, StreamingClient, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wire::sigv4::{Rules, SigningKey, parse, verify};

use super::*;
use crate::captured::{Request, all, one};
use crate::held::Proved;
use crate::rebuild;

const AT: Timestamp = Timestamp::from_secs(1_790_000_000);

fn credentials() -> Credentials {
    let text = |text: &str| text.to_owned();
    Credentials { access_key_id: text("AKUP"), secret_access_key: text("upstream"), session_token: None }
}

fn forwarded(request: &Request, route: &str, payload: Option<Payload>) -> StreamRequest {
    let call = request.call();
    let mut rebuilt = rebuild(&call, &request.asked()).unwrap();
    let body = rebuilt.body.take().unwrap_or_else(|| request.body.clone());
    let payload = payload.unwrap_or_else(|| Payload::Whole(body.into()));
    forward(&call, rebuilt, &route.parse().unwrap(), &credentials(), "eu-west-1", payload, AT).unwrap()
}

#[tokio::test]
async fn every_request_arrives_with_a_signature_of_the_upstreams_own_credentials() {
    for captured in all() {
        let sent = forwarded(&captured.request(), "http://up.example:1", None);
        let (uri, headers) = (sent.endpoint.uri(), sent.headers);
        let body = sent.body.collect().await.unwrap().to_bytes();
        let raw = RawRequest { method: sent.method, uri, headers, body };
        let claim = parse(&raw).unwrap().unwrap();
        assert_eq!((claim.access_key_id.as_str(), claim.region.as_str()), ("AKUP", "eu-west-1"));
        let key = SigningKey::derive("upstream", &AT.basic_date(), "eu-west-1", &claim.service);
        let path = if claim.service == "s3" { PathStyle::Verbatim } else { PathStyle::Normalised };
        let verified = verify(&raw, &claim, &key, AT, &Rules { path, service: None });
        assert!(verified.is_ok(), "{} {}: {:?}", captured.service, captured.operation, verified.err());
    }
}

#[test]
fn buckets_are_in_the_path_or_in_the_host() {
    let place = |operation: &str, route: &str| {
        let sent = forwarded(&one("s3", operation), route, None);
        format!("{} {}", sent.endpoint.authority, sent.endpoint.path)
    };
    assert_eq!(place("GetObject", "s3=http://h:9"), "h:9 /bkt/in/a?versionId=v1");
    assert_eq!(place("GetObject", "s3=http://h:9#style=host"), "bkt.h:9 /in/a?versionId=v1");
    assert_eq!(place("CreateBucket", "s3=http://h:9#style=host"), "bkt.h:9 /");
    assert_eq!(place("DeleteObjects", "s3=http://h:9#style=host"), "bkt.h:9 /?delete=");
    assert_eq!(place("ListBuckets", "s3=http://h:9#style=host"), "h:9 /");
}

/// What an upstream gets of a request before the connection ends or the request does.
async fn received(payload: impl FnOnce() -> Payload) -> (String, Option<StatusCode>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let route = format!("s3=http://{}", listener.local_addr().unwrap());
    let sent = forwarded(&one("s3", "PutObject"), &route, Some(payload()));
    let client = StreamingClient::new(Trust::Machine, Fence::Open);
    let sending = tokio::spawn(async move { client.send(sent).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut came = Vec::new();
    loop {
        let read = stream.read_buf(&mut came).await.unwrap_or(0);
        if read == 0 {
            break;
        }
        if came.ends_with(b"hello") {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            break;
        }
    }
    let answer = sending.await.unwrap().ok().map(|answer| answer.status());
    (String::from_utf8(came).unwrap(), answer)
}

fn streamed(signed: &str) -> Payload {
    let hash: [u8; 32] = ring::digest::digest(&ring::digest::SHA256, signed.as_bytes()).as_ref().try_into().unwrap();
    let body = Full::<Bytes>::from("hello");
    Payload::Streamed { body: request_body(Proved::new(body, hash).unwrap()), bytes: Some(5), hash: Some(hash) }
}

#[tokio::test]
async fn a_body_that_passes_by_is_signed_by_the_hash_that_it_is_held_against() {
    let (came, status) = received(|| streamed("hello")).await;
    assert_eq!(status, Some(StatusCode::OK));
    assert!(came.contains("content-length: 5\r\n"), "{came}");
    assert!(
        came.contains("x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n")
    );
}

#[tokio::test]
async fn a_body_that_is_not_the_signed_one_never_arrives_whole() {
    let (came, status) = received(|| streamed("other")).await;
    assert_eq!(status, None);
    assert!(!came.contains("hello"), "{came}");
}
