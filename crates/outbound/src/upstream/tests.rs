//! Calls against a small server that keeps what it was sent.

use super::*;
use crate::test_server::{served, upstreams};

fn stop_instances() -> UpstreamCall {
    let parameters = vec![("InstanceId.1".to_owned(), "i-1 2".to_owned())];
    let form = CallForm::Query { version: "2016-11-15", action: "StopInstances", parameters };
    let on_behalf = OnBehalf::new("111122223333".parse().unwrap(), "cloudwatch.amazonaws.com");
    UpstreamCall { service: "ec2", region: "eu-west-1".to_owned(), form, on_behalf }
}

#[test]
fn upstreams_are_for_one_service_or_for_all() {
    assert!(upstreams(&["http://h/".to_owned()]).serves("sqs"));
    assert!(!upstreams(&["ec2=http://h/".to_owned()]).serves("sqs"));
    assert!(upstreams(&["ec2=http://h/".to_owned()]).is_named("ec2"));
    assert!(!upstreams(&["http://h/".to_owned()]).is_named("ec2"));
    let some = upstreams(&["http://h/#services=ec2+sqs".to_owned()]);
    assert!(some.serves("sqs") && !some.serves("rds"));
}

#[tokio::test]
async fn a_call_is_signed_with_the_credentials_of_its_upstream() {
    let (url, asked) = served("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let reply = upstreams(&[format!("ec2={url}")]).call(stop_instances()).await.unwrap();
    assert_eq!(reply.body, "ok");
    let asked = asked.lock().unwrap()[0].clone();
    assert!(asked.contains("Credential=AKIDEXAMPLE/20231114/eu-west-1/ec2/aws4_request"), "{asked}");
    assert!(asked.ends_with("Action=StopInstances&Version=2016-11-15&InstanceId.1=i-1%202"), "{asked}");
}

#[test]
fn buckets_stand_where_the_upstream_wants_them_and_are_signed_there() {
    let place = |upstream: &str| {
        let upstreams = upstreams(&[upstream.to_owned()]);
        let parts = (Method::GET, "/bkt/a%20b?acl=".parse().unwrap(), HeaderMap::new(), Bytes::new());
        let exchange =
            upstreams.signed(upstreams.outlet("s3").unwrap(), "s3", "eu-west-1", Some("bkt"), parts).unwrap();
        assert_eq!(exchange.request.uri, exchange.endpoint.uri());
        let host = exchange.request.headers[HOST].to_str().unwrap();
        format!("{host} {}", exchange.endpoint.uri())
    };
    assert_eq!(place("s3=http://h:9"), "h:9 http://h:9/bkt/a%20b?acl=");
    assert_eq!(place("s3=http://h:9#style=host"), "bkt.h:9 http://bkt.h:9/a%20b?acl=");
}

#[tokio::test]
async fn refusals_are_told_with_code_and_message() {
    let body = "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no &amp; no</Message></Error></Errors></Response>";
    assert_eq!(body.len(), 122);
    let (url, _) = served(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 122\r\n\r\n<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no &amp; no</Message></Error></Errors></Response>",
    )
    .await;
    let error = upstreams(&[url]).call(stop_instances()).await.unwrap_err();
    assert!(!error.is_passing());
    assert_eq!(error.to_string(), "InvalidInstanceID.NotFound: no & no (status 400 Bad Request)");
    let (url, _) = served(
        "HTTP/1.1 500 X\r\ncontent-length: 52\r\n\r\n{\"__type\":\"com.amazon#Throttling\",\"message\":\"later\"}",
    )
    .await;
    let error = upstreams(&[url]).call(stop_instances()).await.unwrap_err();
    assert!(error.is_passing(), "{error}");
    assert!(error.to_string().starts_with("Throttling: later"), "{error}");
}

#[tokio::test]
async fn what_is_not_served_is_not_called() {
    let error = upstreams(&["sqs=http://127.0.0.1:1/".to_owned()]).call(stop_instances()).await.unwrap_err();
    assert!(matches!(error, CallError::NoUpstream("ec2")) && !error.is_passing());
    let error = upstreams(&["ec2=http://127.0.0.1:1/".to_owned()]).call(stop_instances()).await.unwrap_err();
    assert!(error.is_passing(), "{error}");
}

#[test]
fn refusals_pass_or_are_for_good_by_their_code_and_status() {
    let refused = |status: u16, code: &str| CallError::Refused {
        status: StatusCode::from_u16(status).unwrap(),
        code: code.to_owned(),
        message: String::new(),
        request_id: None,
    };
    for (status, code) in [
        (400, "Throttling"),
        (400, "ThrottlingException"),
        (400, "TooManyRequestsException"),
        (400, "RequestThrottled"),
        (403, "RequestThrottledException"),
        (503, "RequestLimitExceeded"),
        (503, "SlowDown"),
        (429, "Too Many Requests"),
        (408, "RequestTimeout"),
        (500, "InternalFailure"),
        (502, "Bad Gateway"),
        (400, "ExpiredToken"),
        (403, "ExpiredTokenException"),
        (400, "RequestExpired"),
    ] {
        assert!(refused(status, code).is_passing(), "{status} {code}");
    }
    for (status, code) in [
        (400, "ValidationError"),
        (400, "QueueDoesNotExist"),
        (403, "AccessDenied"),
        (404, "ResourceNotFoundException"),
        (413, "RequestTooLarge"),
        (501, "Not Implemented"),
        (301, "Moved Permanently"),
    ] {
        assert!(!refused(status, code).is_passing(), "{status} {code}");
    }
}

#[test]
fn who_is_asked_too_much_says_so_in_many_ways() {
    let refused = |status: u16, code: &str| CallError::Refused {
        status: StatusCode::from_u16(status).unwrap(),
        code: code.to_owned(),
        message: String::new(),
        request_id: None,
    };
    for (status, code, expected) in [
        (400, "Throttling", true),
        (400, "ThrottlingException", true),
        (400, "RequestThrottled", true),
        (400, "TooManyRequestsException", true),
        (400, "RequestLimitExceeded", true),
        (503, "SlowDown", true),
        (429, "error", true),
        (500, "InternalFailure", false),
        (403, "AccessDenied", false),
        (400, "ExpiredToken", false),
    ] {
        assert_eq!(refused(status, code).is_throttled(), expected, "{status} {code}");
    }
    assert!(!CallError::NoUpstream("ec2").is_throttled());
}

#[tokio::test]
async fn the_bucket_of_a_call_stands_where_the_upstream_wants_it() {
    let on_behalf = || OnBehalf::new("111122223333".parse().unwrap(), "config.amazonaws.com");
    let asked = |path: &'static str| {
        let (method, path) = (Method::GET, PathAndQuery::from_static(path));
        let form = CallForm::Rest { operation: "GetBucketAcl", method, path, headers: vec![], body: Bytes::new() };
        UpstreamCall { service: "s3", region: "eu-west-1".to_owned(), form, on_behalf: on_behalf() }
    };
    let upstreams = upstreams(&["s3=http://h:9#style=host".to_owned()]);
    for (path, expected) in [("/bkt?acl", "http://bkt.h:9/?acl"), ("/?max-buckets=9", "http://h:9/?max-buckets=9")] {
        assert_eq!(upstreams.exchange(asked(path)).unwrap().request.uri, expected);
    }
}

#[tokio::test]
async fn a_reply_may_be_as_long_as_is_asked_for() {
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n{}", "x".repeat(2_000_000));
    let (url, _) = served(&long).await;
    assert!(upstreams(&[url]).call(stop_instances()).await.is_err());
    let (url, _) = served(&long).await;
    let reply = upstreams(&[url]).call_for_reply(stop_instances(), 2_000_000).await.unwrap();
    assert_eq!(reply.body.len(), 2_000_000);
}

#[tokio::test]
async fn what_a_call_did_is_done_however_much_the_reply_says() {
    // Its body is longer than is read, and never comes.
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\nbegun";
    let (url, _) = served(endless).await;
    upstreams(&[url]).call_for_effect(stop_instances()).await.unwrap();
    let (url, _) = served(endless).await;
    let error = upstreams(&[url]).call(stop_instances()).await.unwrap_err();
    assert!(matches!(error, CallError::Send { .. }), "who wants the body learns that it is not there: {error}");
    let (url, _) = served("HTTP/1.1 500 X\r\ncontent-length: 23\r\n\r\n{\"__type\":\"a#SlowDown\"}").await;
    let error = upstreams(&[url]).call_for_effect(stop_instances()).await.unwrap_err();
    assert!(error.to_string().starts_with("SlowDown: "), "{error}");
}
