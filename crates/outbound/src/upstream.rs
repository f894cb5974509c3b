//! Signed calls to AWS-compatible services that others serve.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use wire::request::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::client::{HttpClient, Outgoing, Reply, SendError};
use crate::endpoint::{Endpoint, InvalidEndpoint};

/// How long a call may take, beside what its body takes to send.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How fast a body is sent at least.
const BODY_BYTES_A_SECOND: u64 = 256 << 10;

/// One upstream, as `[SERVICE=]URL`. User and password of the URL are the access key id and
/// the secret to sign with; without them it is `test` and `test`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Upstream {
    /// The service by its signing name, such as `ec2`; all services when absent.
    pub service: Option<String>,
    /// Where it is served.
    pub endpoint: Endpoint,
}

/// The text names no upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUpstream {
    /// The URL is not one.
    #[error("an upstream is [SERVICE=]URL, where {0}")]
    Url(#[from] InvalidEndpoint),
    /// The service is not a signing name.
    #[error("an upstream is [SERVICE=]URL, where SERVICE is a service's signing name, such as ec2")]
    Service,
}

impl FromStr for Upstream {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        let named = text.split_once('=').filter(|(name, _)| !name.contains(['/', ':']));
        let (service, url) = match named {
            Some((name, url)) => (Some(name), url),
            None => (None, text),
        };
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if service.is_some_and(|name| name.is_empty() || !name.bytes().all(inside)) {
            return Err(InvalidUpstream::Service);
        }
        Ok(Self { service: service.map(str::to_owned), endpoint: url.parse()? })
    }
}

impl TryFrom<String> for Upstream {
    type Error = InvalidUpstream;

    fn try_from(text: String) -> Result<Self, InvalidUpstream> {
        text.parse()
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct UpstreamCall {
    /// The service's signing name, such as `autoscaling`.
    pub service: &'static str,
    /// The region that is signed for.
    pub region: String,
    /// What is called.
    pub form: CallForm,
}

/// How a call is put.
#[derive(Clone, Debug)]
pub enum CallForm {
    /// The query protocol, as EC2, Auto Scaling and SNS speak it.
    Query {
        /// The API's version, such as `2016-11-15`.
        version: &'static str,
        /// The operation.
        action: &'static str,
        /// Further parameters, already flattened.
        parameters: Vec<(String, String)>,
    },
    /// AWS JSON, as SQS and Systems Manager speak it.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// The value of `X-Amz-Target`, such as `AmazonSQS.SendMessage`.
        target: &'static str,
        /// The input.
        body: serde_json::Value,
    },
    /// Plain HTTP, as Lambda speaks it.
    Rest {
        /// The method.
        method: Method,
        /// Path and query.
        path: PathAndQuery,
        /// Further headers.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Bytes,
    },
}

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No upstream serves the service.
    #[error("no upstream is configured for {0}: start the server with --upstream {0}=URL")]
    NoUpstream(&'static str),
    /// There was no reply.
    #[error("{upstream} could not be called: {cause}")]
    Send {
        /// Where the call went, without credentials.
        upstream: String,
        /// Why.
        cause: SendError,
    },
    /// No request can be made of it.
    #[error("the call cannot be put into a request: {0}")]
    Unsendable(String),
    /// The service refused.
    #[error("{code}: {message} (status {status})")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The error's code, or the status's words when the reply names none.
        code: String,
        /// The error's message, maybe empty.
        message: String,
    },
}

impl CallError {
    /// Whether the same call may succeed later: there was no reply, the service was busy or
    /// failed, or the credentials that were used have run out and are to be renewed. Any other
    /// refusal is for good.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NoUpstream(_) | Self::Unsendable(_) => false,
            Self::Send { cause, .. } => !matches!(cause, SendError::Fenced),
            Self::Refused { status, code, .. } => {
                let busy = matches!(*status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
                // What is not implemented, or not in this version, will not be a moment later.
                let unbuilt = matches!(*status, StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED);
                busy || PASSING_CODES.contains(&code.as_str()) || (status.is_server_error() && !unbuilt)
            }
        }
    }
}

/// Codes of refusals that pass, whatever their status: services say that they are busy with 400
/// and 403 too. They are those that the SDKs retry, and those of credentials and signatures that
/// have run out.
const PASSING_CODES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalFailure",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// All upstreams, and the client to call them with. Clones share everything.
#[derive(Clone)]
pub struct Upstreams {
    by_service: Arc<BTreeMap<Option<String>, Endpoint>>,
    client: HttpClient,
    // Signatures are judged by the machine's clock on the other side.
    machine_clock: Arc<dyn Clock>,
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.by_service.iter()).finish()
    }
}

impl Upstreams {
    /// These upstreams; a later one of the same service takes the place of an earlier one.
    pub fn new(upstreams: Vec<Upstream>, client: HttpClient, machine_clock: Arc<dyn Clock>) -> Self {
        let by_service = upstreams.into_iter().map(|upstream| (upstream.service, upstream.endpoint)).collect();
        Self { by_service: Arc::new(by_service), client, machine_clock }
    }

    /// The same upstreams, of whose replies up to so many bytes are read.
    pub(crate) fn with_reply_bytes_max(&self, bytes_max: usize) -> Self {
        Self { client: self.client.clone().with_reply_bytes_max(bytes_max), ..self.clone() }
    }

    /// Whether some upstream serves this service.
    pub fn serves(&self, service: &str) -> bool {
        self.endpoint(service).is_some()
    }

    /// Whether an upstream is set up for this very service: one for all is for what nobody else serves.
    pub fn is_named(&self, service: &str) -> bool {
        self.by_service.contains_key(&Some(service.to_owned()))
    }

    fn endpoint(&self, service: &str) -> Option<&Endpoint> {
        self.by_service.get(&Some(service.to_owned())).or_else(|| self.by_service.get(&None))
    }

    /// Calls a service and gives its reply when that is a success.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(&self, call: UpstreamCall) -> Result<Reply, CallError> {
        let (upstream, request) = self.request(call)?;
        replied(upstream, self.client.send(request).await)
    }

    /// Calls a service for what the call does: a success is one whatever it says.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_for_effect(&self, call: UpstreamCall) -> Result<(), CallError> {
        let (upstream, request) = self.request(call)?;
        replied(upstream, self.client.send_for_effect(request).await).map(drop)
    }

    /// Sends S3 a request and gives its reply, whatever that says.
    pub(crate) async fn ask_s3(&self, region: &str, parts: Parts) -> Result<Reply, CallError> {
        let endpoint = self.endpoint("s3").ok_or(CallError::NoUpstream("s3"))?;
        let request = self.signed(endpoint, "s3", region, parts);
        let request = request.map_err(|error| CallError::Unsendable(error.to_string()))?;
        let reply = self.client.send(request).await;
        reply.map_err(|cause| CallError::Send { upstream: endpoint.to_string(), cause })
    }

    /// The request of a call, and where it goes.
    fn request(&self, call: UpstreamCall) -> Result<(&Endpoint, Outgoing), CallError> {
        let endpoint = self.endpoint(call.service).ok_or(CallError::NoUpstream(call.service))?;
        let request = parts(call.form).and_then(|parts| self.signed(endpoint, call.service, &call.region, parts));
        let request = request.map_err(|error| CallError::Unsendable(error.to_string()))?;
        Ok((endpoint, request))
    }

    fn signed(&self, endpoint: &Endpoint, service: &str, region: &str, parts: Parts) -> Result<Outgoing, http::Error> {
        let (method, path, headers, body) = parts;
        let endpoint = endpoint.with_path(path);
        let mut request = RawRequest { method: method.clone(), uri: endpoint.uri(), headers, body };
        request.headers.insert(HOST, HeaderValue::from_str(&endpoint.authority)?);
        let (id, secret) = endpoint.user.clone().unwrap_or_else(|| ("test".to_owned(), "test".to_owned()));
        let credentials = Credentials { access_key_id: id, secret_access_key: secret, session_token: None };
        // S3 takes paths as they are and demands the body's hash in a header.
        let (style, payload) = match service {
            "s3" => (PathStyle::Verbatim, PayloadSigning::SignedWithHeader),
            _ => (PathStyle::Normalised, PayloadSigning::Signed),
        };
        sign(&mut request, &credentials, region, service, self.machine_clock.now(), style, payload)?;
        let timeout = TIMEOUT + Duration::from_secs(request.body.len() as u64 / BODY_BYTES_A_SECOND);
        Ok(Outgoing { endpoint, method, headers: request.headers, body: request.body, timeout })
    }
}

fn replied(upstream: &Endpoint, reply: Result<Reply, SendError>) -> Result<Reply, CallError> {
    let reply = reply.map_err(|cause| CallError::Send { upstream: upstream.to_string(), cause })?;
    match reply.status.is_success() {
        true => Ok(reply),
        false => Err(refusal(&reply)),
    }
}

/// Method, path and query, headers and body of a request.
pub(crate) type Parts = (Method, PathAndQuery, HeaderMap, Bytes);

fn parts(form: CallForm) -> Result<Parts, http::Error> {
    let root = PathAndQuery::from_static("/");
    let mut headers = HeaderMap::new();
    Ok(match form {
        CallForm::Query { version, action, parameters } => {
            let fixed = [("Action".to_owned(), action.to_owned()), ("Version".to_owned(), version.to_owned())];
            let pair = |(name, value): (String, String)| format!("{}={}", form_encoded(&name), form_encoded(&value));
            let body: Vec<String> = fixed.into_iter().chain(parameters).map(pair).collect();
            let media_type = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
            headers.insert(CONTENT_TYPE, media_type);
            (Method::POST, root, headers, body.join("&").into())
        }
        CallForm::Json { version, target, body } => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(&format!("application/x-amz-json-{version}"))?);
            headers.insert("x-amz-target", HeaderValue::from_static(target));
            (Method::POST, root, headers, body.to_string().into())
        }
        CallForm::Rest { method, path, headers: given, body } => {
            for (name, value) in given {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value)?);
            }
            (method, path, headers, body)
        }
    })
}

/// Everything but letters, digits, `-`, `.`, `_` and `~` as `%XX`.
fn form_encoded(text: &str) -> String {
    const ESCAPED: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, &ESCAPED).to_string()
}

/// The error that a reply tells of, in XML or in JSON.
pub(crate) fn refusal(reply: &Reply) -> CallError {
    let text = String::from_utf8_lossy(&reply.body);
    let header = reply.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let (code, message) = from_json(&text).or_else(|| from_xml(&text)).unwrap_or_default();
    let code = header.map(str::to_owned).or(Some(code)).filter(|code| !code.is_empty());
    let code = code.unwrap_or_else(|| reply.status.canonical_reason().unwrap_or("error").to_owned());
    // `namespace#Code:http://…`
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
    CallError::Refused { status: reply.status, code, message }
}

fn from_json(text: &str) -> Option<(String, String)> {
    let body: serde_json::Value = serde_json::from_str(text).ok()?;
    let member = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| body.get(name)?.as_str());
        found.unwrap_or_default().to_owned()
    };
    Some((member(["__type", "code"]), member(["message", "Message"])))
}

/// The first `Code` and `Message`, wherever the service puts them.
fn from_xml(text: &str) -> Option<(String, String)> {
    Some((element(text, "Code")?, element(text, "Message").unwrap_or_default()))
}

/// The text of the first element of this name.
pub(crate) fn element(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("<{name}>"))? + name.len() + 2;
    let end = start + text[start..].find(&format!("</{name}>"))?;
    quick_xml::escape::unescape(&text[start..end]).ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests;
