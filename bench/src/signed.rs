//! Signed requests, as the bytes that go over a connection. They are sent again and again, which SigV4 allows for five
//! minutes.

use base::{Clock, SystemClock};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use wire::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

/// The region of all calls.
const REGION: &str = "us-east-1";

/// A form of the query protocol.
pub fn form(address: &str, service: &str, form: &str) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    post(address, service, headers, form)
}

/// A call in AWS JSON 1.1.
pub fn json(address: &str, service: &str, target: &str, body: &serde_json::Value) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-amz-json-1.1"));
    headers.insert("x-amz-target", HeaderValue::from_str(target).expect("an operation's name is a header value"));
    post(address, service, headers, &body.to_string())
}

/// A request to S3, with the hash of its body as S3 demands.
pub fn s3(address: &str, method: Method, path: &str, body: &[u8]) -> Vec<u8> {
    let request = RawRequest {
        method,
        uri: path.parse().expect("keys here need no escapes"),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
    };
    bytes(address, "s3", request, PathStyle::Verbatim, PayloadSigning::SignedWithHeader)
}

/// The head of a request to S3 whose body of so many bytes is sent after it.
pub fn s3_head(address: &str, method: Method, path: &str, payload: PayloadSigning, body_bytes: u64) -> Vec<u8> {
    let uri = path.parse().expect("keys here need no escapes");
    let request = RawRequest { method, uri, headers: HeaderMap::new(), body: Bytes::new() };
    head(address, "s3", request, PathStyle::Verbatim, payload, body_bytes).0
}

fn post(address: &str, service: &str, headers: HeaderMap, body: &str) -> Vec<u8> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let request = RawRequest { method: Method::POST, uri: Uri::from_static("/"), headers, body };
    bytes(address, service, request, PathStyle::Normalised, PayloadSigning::Signed)
}

fn bytes(address: &str, service: &str, request: RawRequest, style: PathStyle, payload: PayloadSigning) -> Vec<u8> {
    let body_bytes = request.body.len() as u64;
    let (mut bytes, body) = head(address, service, request, style, payload, body_bytes);
    bytes.extend_from_slice(&body);
    bytes
}

/// The head, and the body as it was.
fn head(
    address: &str,
    service: &str,
    mut request: RawRequest,
    style: PathStyle,
    payload: PayloadSigning,
    body_bytes: u64,
) -> (Vec<u8>, Bytes) {
    request.headers.insert("host", HeaderValue::from_str(address).expect("an address is a header value"));
    request.headers.insert("user-agent", HeaderValue::from_static("trailwatch-bench"));
    let credentials =
        Credentials { access_key_id: "test".to_owned(), secret_access_key: "test".to_owned(), session_token: None };
    sign(&mut request, &credentials, REGION, service, SystemClock.now(), style, payload)
        .expect("plain credentials fit in headers");
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.uri).into_bytes();
    for (name, value) in &request.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("content-length: {body_bytes}\r\n\r\n").as_bytes());
    (bytes, request.body)
}
