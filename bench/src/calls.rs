//! Signed write calls with their audit events, against a bare echo that hashes the body.

use std::path::Path;
use std::time::Duration;

use base::{Clock, SystemClock};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use wire::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::Failure;
use crate::http_load;
use crate::server;
use crate::table::{Table, ms, quantile};

const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(5);

/// A write that changes the catalog and leaves an event, and a read that leaves one. Each
/// connection changes a user of its own.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let echo = server::echo().await?;
    let trailwatch = server::trailwatch(&folder.join("calls"), &[]).await?;
    let requests = |service: &str, form: &dyn Fn(usize) -> String| -> Vec<Vec<u8>> {
        (0..CONNECTIONS).map(|number| signed(&trailwatch.address, service, &form(number))).collect()
    };
    let create = |user| format!("Action=CreateUser&Version=2010-05-08&UserName=user-{user}");
    http_load::run(&trailwatch.address, &requests("iam", &create), Duration::ZERO).await?;
    let tag = |user| {
        format!("Action=TagUser&Version=2010-05-08&UserName=user-{user}&Tags.member.1.Key=k&Tags.member.1.Value=v")
    };
    let who = |_| "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    let calls = [
        ("signed write call (iam:TagUser) with its event", requests("iam", &tag)),
        ("signed read call (sts:GetCallerIdentity) with its event", requests("sts", &who)),
    ];
    for (what, requests) in &calls {
        http_load::run(&trailwatch.address, requests, Duration::from_secs(1)).await?;
        let limit = http_load::run(&echo.address, requests, TIME).await?;
        let mut ours = http_load::run(&trailwatch.address, requests, TIME).await?;
        table.row(
            &format!("{what}, {CONNECTIONS} connections"),
            format!("{:.0}/s, p50 {}", ours.per_second, ms(quantile(&mut ours.times_ms, 0.5))),
            format!("{:.0}/s (echo with SHA-256)", limit.per_second),
            format!("{:.2}", ours.per_second / limit.per_second),
        );
    }
    echo.stop().await?;
    trailwatch.stop().await
}

/// The bytes of one signed form request. They are sent again and again, which SigV4 allows for five minutes.
pub fn signed(address: &str, service: &str, form: &str) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    signed_with(address, service, headers, form)
}

/// The bytes of one signed request in AWS JSON 1.1.
pub fn signed_json(address: &str, service: &str, target: &str, body: &str) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-amz-json-1.1"));
    headers.insert("x-amz-target", HeaderValue::from_str(target).expect("an operation's name is a header value"));
    signed_with(address, service, headers, body)
}

fn signed_with(address: &str, service: &str, mut headers: HeaderMap, form: &str) -> Vec<u8> {
    headers.insert("host", HeaderValue::from_str(address).expect("an address is a header value"));
    headers.insert("user-agent", HeaderValue::from_static("trailwatch-bench"));
    let mut request = RawRequest {
        method: Method::POST,
        uri: Uri::from_static("/"),
        headers,
        body: Bytes::copy_from_slice(form.as_bytes()),
    };
    let credentials =
        Credentials { access_key_id: "test".to_owned(), secret_access_key: "test".to_owned(), session_token: None };
    let (style, payload) = (PathStyle::Normalised, PayloadSigning::Signed);
    sign(&mut request, &credentials, "us-east-1", service, SystemClock.now(), style, payload)
        .expect("plain credentials fit in headers");
    let mut bytes = b"POST / HTTP/1.1\r\n".to_vec();
    for (name, value) in &request.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n{form}", form.len()).as_bytes());
    bytes
}
