//! The way to the server: one kept connection, HTTP or HTTPS, every request signed.

mod answer;
mod connection;
mod endpoint;
mod json_answer;

use std::time::Duration;

use base::Timestamp;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt as _, Full, Limited};
use wire::request::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::put_metric_data::Batch;
pub use answer::{Verdict, judge};
use connection::Connection;
pub use connection::{Trust, TrustError};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use json_answer::{Reply, TOO_LONG, judge_json};

/// The service of the signature's scope (cloudwatch.md §1.1).
const SIGNING_NAME: &str = "monitoring";
/// How long one request may take, from the connection to the answer's last byte.
const REQUEST: Duration = Duration::from_secs(30);
/// The part of an answer that is looked at.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// A call in AWS JSON 1.1.
#[derive(Clone, Debug)]
pub struct JsonCall {
    /// The service's signing name.
    pub service: &'static str,
    /// The value of `X-Amz-Target`.
    pub target: String,
    /// The input.
    pub body: Bytes,
}

/// A client of one server.
pub struct Client {
    endpoint: Endpoint,
    region: String,
    credentials: Credentials,
    connection: Connection,
}

impl Client {
    /// A client that connects when it first has something to send.
    pub fn new(endpoint: Endpoint, region: String, credentials: Credentials, trust: Trust) -> Self {
        let connection = Connection::new(endpoint.clone(), trust);
        Self { endpoint, region, credentials, connection }
    }

    /// Where this client sends to, for people.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends one request, signed at `now` by the machine's clock, and says what became of it.
    pub async fn put(&mut self, batch: &Batch, now: Timestamp) -> Verdict {
        let request = match self.request(batch, now) {
            Ok(request) => request,
            Err(error) => return Verdict::Later(format!("the request cannot be signed: {error}")),
        };
        match tokio::time::timeout(REQUEST, self.exchange(request)).await {
            Ok(Ok((status, body))) => judge(status, &body),
            Ok(Err(error)) => {
                self.connection.close();
                Verdict::Later(in_full(&*error))
            }
            Err(_) => {
                self.connection.close();
                Verdict::Later(format!("no answer within {} s", REQUEST.as_secs()))
            }
        }
    }

    /// Makes one call in AWS JSON 1.1, signed at `now` by the machine's clock, and gives status
    /// and body of the answer.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub async fn call(&mut self, call: &JsonCall, now: Timestamp) -> Result<(u16, Bytes), String> {
        let request = self.json_request(call, now).map_err(|error| format!("the call cannot be signed: {error}"))?;
        self.answered(request).await
    }

    /// Makes one call in AWS JSON 1.1 without a signature, for operations that take none.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub async fn call_unsigned(&mut self, call: &JsonCall) -> Result<(u16, Bytes), String> {
        let request = self.unsigned(call).map_err(|error| format!("the call cannot be made: {error}"))?;
        self.answered(request).await
    }

    async fn answered(&mut self, request: RawRequest) -> Result<(u16, Bytes), String> {
        let answered = tokio::time::timeout(REQUEST, self.exchange(request)).await;
        let failed = match answered {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => in_full(&*error),
            Err(_) => format!("no answer within {} s", REQUEST.as_secs()),
        };
        self.connection.close();
        Err(failed)
    }

    fn json_headers(&self, call: &JsonCall) -> Result<HeaderMap, http::Error> {
        let mut headers = self.headers()?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        headers.insert("x-amz-target", HeaderValue::from_str(&call.target)?);
        Ok(headers)
    }

    fn json_request(&self, call: &JsonCall, now: Timestamp) -> Result<RawRequest, http::Error> {
        self.signed(self.json_headers(call)?, call.body.clone(), call.service, now)
    }

    fn unsigned(&self, call: &JsonCall) -> Result<RawRequest, http::Error> {
        let uri = self.endpoint.path().parse().map_err(http::Error::from)?;
        Ok(RawRequest { method: Method::POST, uri, headers: self.json_headers(call)?, body: call.body.clone() })
    }

    fn headers(&self) -> Result<HeaderMap, http::Error> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&self.endpoint.authority())?);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("trailwatch-agent/", env!("CARGO_PKG_VERSION"))));
        Ok(headers)
    }

    fn signed(
        &self,
        headers: HeaderMap,
        body: Bytes,
        service: &str,
        now: Timestamp,
    ) -> Result<RawRequest, http::Error> {
        let uri = self.endpoint.path().parse().map_err(http::Error::from)?;
        let mut request = RawRequest { method: Method::POST, uri, headers, body };
        let (style, payload) = (PathStyle::Normalised, PayloadSigning::Signed);
        sign(&mut request, &self.credentials, &self.region, service, now, style, payload)?;
        Ok(request)
    }

    fn request(&self, batch: &Batch, now: Timestamp) -> Result<RawRequest, http::Error> {
        let mut headers = self.headers()?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        self.signed(headers, batch.body.clone(), SIGNING_NAME, now)
    }

    async fn exchange(&mut self, request: RawRequest) -> Result<(u16, Bytes), connection::Failure> {
        let mut outgoing = http::Request::new(Full::new(request.body));
        *outgoing.method_mut() = request.method;
        *outgoing.uri_mut() = request.uri;
        *outgoing.headers_mut() = request.headers;
        let answer = self.connection.send(outgoing).await?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await?;
        Ok((status, body.to_bytes()))
    }
}

/// An error with its causes, in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
