use crate::captured::{Request, all, one};

use super::*;

/// The request that is sent on, as it would arrive.
fn sent_on(request: &Request) -> Request {
    let rebuilt = rebuild(&request.call(), &request.asked()).unwrap();
    let (path, query) = rebuilt.target.split_once('?').unwrap_or((rebuilt.target.as_str(), ""));
    Request {
        signed_for: request.signed_for.clone(),
        method: rebuilt.method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: rebuilt.headers,
        body: rebuilt.body.unwrap_or_else(|| request.body.clone()),
    }
}

#[test]
fn what_is_sent_on_means_what_came() {
    for captured in all() {
        let request = captured.request();
        let sent = sent_on(&request);
        let (came, went) = (request.call(), sent.call());
        let name = format!("{} {}", captured.service, captured.operation);
        assert_eq!((went.service.name, &went.operation), (came.service.name, &came.operation), "{name}");
        assert_eq!((&went.labels, &went.parameters), (&came.labels, &came.parameters), "{name}");
        assert_eq!(sent.input(), request.input(), "{name}");
        // And once more changes nothing.
        let again = sent_on(&sent);
        assert_eq!((&again.path, &again.query, &again.headers), (&sent.path, &sent.query, &sent.headers), "{name}");
    }
}

#[test]
fn only_known_headers_are_sent_on() {
    let request = one("s3", "PutObject")
        .header("x-http-method-override", "DELETE")
        .header("x-original-url", "/other")
        .header("x-forwarded-for", "10.0.0.1")
        .header("connection", "x-amz-acl")
        .header("authorization", "AWS4-HMAC-SHA256 x")
        .header("x-amz-security-token", "t")
        .header("x-amz-date", "20260101T000000Z")
        .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .header("x-amz-decoded-content-length", "4")
        .header("content-encoding", "aws-chunked,gzip")
        .header("smithy-protocol-x", "y")
        .header("x-amz-meta-a", "b")
        .header("if-range", "\"e\"")
        .header("content-type", "text/plain");
    let headers = rebuild(&request.call(), &request.asked()).unwrap().headers;
    let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = ["content-encoding", "content-type", "if-range", "x-amz-meta-a", "x-amz-server-side-encryption"];
    assert_eq!(names, expected);
    assert_eq!(headers["content-encoding"], "gzip");
}

#[test]
fn a_header_that_stands_twice_is_not_sent_on() {
    let request = one("s3", "PutObject").header("x-amz-acl", "private").header("x-amz-acl", "public-read");
    assert_eq!(rebuild(&request.call(), &request.asked()).unwrap_err().as_str(), "x-amz-acl");
}

#[test]
fn operations_are_sent_on_as_they_were_understood() {
    let json = Request::new("dynamodb", "POST", "/").header("x-amz-target", "DynamoDB_20120810.getitem").body("{}");
    assert_eq!(sent_on(&json).headers["x-amz-target"], "DynamoDB_20120810.GetItem");
    let form = Request::new("iam", "POST", "/").header("content-type", "application/x-www-form-urlencoded");
    let sent = sent_on(&form.body("UserName=a%2Bb&Version=2010-05-08&Action=getuser"));
    assert_eq!(sent.body, b"Action=GetUser&Version=2010-05-08&UserName=a%2Bb");
    let get = Request::new("iam", "GET", "/?UserName=a+b&Action=GetUser&Version=2010-05-08");
    assert_eq!(sent_on(&get).query, "Action=GetUser&Version=2010-05-08&UserName=a%20b");
}

#[test]
fn the_source_of_a_copy_is_sent_in_one_spelling() {
    for (source, expected) in [("/c/a%2Fk#.txt", "c/a/k%23.txt"), ("%63/k?versionId=1", "c/k?versionId=1")] {
        let request = Request::new("s3", "PUT", "/b/k").header("x-amz-copy-source", source);
        let rebuilt = rebuild(&request.call(), &request.asked()).unwrap();
        assert_eq!(rebuilt.headers["x-amz-copy-source"], expected, "{source}");
    }
}
