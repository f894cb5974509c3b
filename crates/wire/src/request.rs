//! A request as it arrived and an answer as it leaves, before and after any protocol.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

/// A request as received: the body is what was on the wire, still compressed or chunked,
/// because that is what the signature covers.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The HTTP method.
    pub method: Method,
    /// The request target. Path and query are kept exactly as sent.
    pub uri: Uri,
    /// All headers, repeated ones included.
    pub headers: HeaderMap,
    /// The body as received.
    pub body: Bytes,
}

impl RawRequest {
    /// The header's text, when it is present once or more and readable; the first one wins.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body without its parameters, in lower case; empty when absent.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether the client knows the query error codes of an awsQueryCompatible service
    /// (header `x-amzn-query-mode: true`, cloudwatch.md §1.2).
    pub fn query_mode(&self) -> bool {
        self.header("x-amzn-query-mode").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// An answer, ready to be sent. Length and date are the HTTP server's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers in the order to be sent.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// An answer that carries the request id and, when it has a body, its media type.
    pub(crate) fn new(status: u16, request_id: &str, media_type: Option<&'static str>, body: Vec<u8>) -> Self {
        let mut response = Self { status, headers: Vec::with_capacity(4), body: Bytes::from(body) };
        response.push("x-amzn-requestid", request_id);
        if let Some(media_type) = media_type {
            response.push("content-type", media_type);
        }
        response
    }

    /// Adds a header. A value that HTTP cannot carry is sent with those bytes replaced by `?`.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return };
        let value = HeaderValue::from_str(value).unwrap_or_else(|_| {
            let safe: String = value.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect();
            HeaderValue::from_str(&safe).expect("printable ASCII is a valid header value")
        });
        self.headers.push((name, value));
    }

    /// The text of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(at, _)| at.as_str().eq_ignore_ascii_case(name))?.1.to_str().ok()
    }
}
