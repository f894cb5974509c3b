//! Signed calls to AWS-compatible services that others serve.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use tokio::time::Instant;
use wire::request::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::client::{REPLY_BYTES_MAX, Reply, SendError, Trust, UNWANTED, UnreadableRoots, failure};
use crate::endpoint::Endpoint;
use crate::fence::Fence;
use crate::outlet::{Outlet, OutletState};
use crate::route::{Route, ServedHere, chosen};
use crate::streaming::{AnswerBody, BodyError, StreamRequest, StreamingClient, request_body};
use crate::witness::{OnBehalf, Seen, Witness, request_id};

/// How fast a body is sent at least.
const BODY_BYTES_A_SECOND: u64 = 256 << 10;

/// One call.
#[derive(Clone, Debug)]
pub struct UpstreamCall {
    /// The service's signing name, such as `autoscaling`.
    pub service: &'static str,
    /// The region that is signed for.
    pub region: String,
    /// What is called.
    pub form: CallForm,
    /// On whose behalf, for the trail.
    pub on_behalf: OnBehalf,
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
        /// The operation, which method and path alone do not tell.
        operation: &'static str,
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
        /// The id that the service gave the request.
        request_id: Option<String>,
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

impl CallError {
    /// Whether the service refused because it was asked too much: the same call succeeds once it is left alone for a
    /// moment.
    pub fn is_throttled(&self) -> bool {
        const CODES: [&str; 4] =
            ["BandwidthLimitExceeded", "PriorRequestNotComplete", "RequestLimitExceeded", "SlowDown"];
        match self {
            Self::Refused { status, code, .. } => {
                let is_busy = matches!(*status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
                is_busy
                    || CODES.contains(&code.as_str())
                    || code.contains("Throttl")
                    || code.starts_with("TooManyRequests")
            }
            _ => false,
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

/// All upstreams: each with its own trust, breaker and counters. Clones share everything.
#[derive(Clone)]
pub struct Upstreams {
    outlets: Arc<[Outlet]>,
    // Signatures are judged by the machine's clock on the other side.
    machine_clock: Arc<dyn Clock>,
    witness: Option<Arc<dyn Witness>>,
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.outlets.iter().map(|outlet| &outlet.route)).finish()
    }
}

impl Upstreams {
    /// These upstreams, one for each service at most. `trust` is for those that name no certificates of their own.
    ///
    /// # Errors
    /// The certificates that one of them names cannot be read.
    pub fn new(
        routes: Vec<Route>,
        trust: Trust,
        fence: Fence,
        machine_clock: Arc<dyn Clock>,
    ) -> Result<Self, UnreadableRoots> {
        let mut shared = None;
        let mut outlets = Vec::with_capacity(routes.len());
        for route in routes {
            let client = match &route.roots {
                Some(file) => StreamingClient::new(Trust::of_file(file)?, fence),
                None => shared.get_or_insert_with(|| StreamingClient::new(trust.clone(), fence)).clone(),
            };
            outlets.push(Outlet::new(route, client, machine_clock.clone()));
        }
        Ok(Self { outlets: outlets.into(), machine_clock, witness: None })
    }

    /// The same upstreams, whose calls are told to a witness.
    pub fn with_witness(self, witness: Arc<dyn Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.outlets.is_empty()
    }

    /// The upstream that takes calls signed for a service: see [`crate::route()`].
    pub fn route(&self, signed_for: &str, here: ServedHere) -> Option<&Outlet> {
        chosen(&self.outlets, |outlet| &outlet.route, signed_for, here)
    }

    /// How it goes with each of them.
    pub fn states(&self) -> Vec<OutletState> {
        self.outlets.iter().map(Outlet::state).collect()
    }

    /// Whether some upstream serves this service.
    pub fn serves(&self, service: &str) -> bool {
        self.outlet(service).is_some()
    }

    /// Whether an upstream is set up for this very service: one for all is for what nobody else serves.
    pub fn is_named(&self, service: &str) -> bool {
        self.outlet(service).is_some_and(|outlet| outlet.route.service.is_some())
    }

    /// What the server itself calls: whatever that is, it does not serve it.
    fn outlet(&self, service: &str) -> Option<&Outlet> {
        self.route(service, ServedHere::No)
    }

    /// Calls a service and gives its reply when that is a success.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(&self, call: UpstreamCall) -> Result<Reply, CallError> {
        self.call_for_reply(call, REPLY_BYTES_MAX).await
    }

    /// The same, where the reply may be as long as this.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_for_reply(&self, call: UpstreamCall, reply_bytes_max: usize) -> Result<Reply, CallError> {
        let mut seen = Seen::of(&call);
        let result = match self.exchange(call) {
            Ok(exchange) => {
                seen.sends(&exchange.endpoint, exchange.request.body.len());
                exchange.replied(exchange.whole(reply_bytes_max).await)
            }
            Err(error) => Err(error),
        };
        self.told(&seen, result).await
    }

    /// Calls a service for what the call does: a success is one whatever it says.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_for_effect(&self, call: UpstreamCall) -> Result<(), CallError> {
        let mut seen = Seen::of(&call);
        let result = match self.exchange(call) {
            Ok(exchange) => {
                seen.sends(&exchange.endpoint, exchange.request.body.len());
                exchange.replied(exchange.effect().await)
            }
            Err(error) => Err(error),
        };
        self.told(&seen, result).await.map(drop)
    }

    /// The result of a call, once its witness has heard of it.
    async fn told(&self, seen: &Seen, result: Result<Reply, CallError>) -> Result<Reply, CallError> {
        if let Some(witness) = &self.witness {
            seen.tell(&**witness, &result).await;
        }
        result
    }

    /// Sends S3 a request about a bucket, with the bucket in its path, and gives the reply, whatever that says. No
    /// witness hears of it: the calls are those that deliver files of trails and exports, and a delivery that were
    /// recorded would be the reason for the next one (cloudtrail.md §5.2).
    pub(crate) async fn ask_s3(
        &self,
        region: &str,
        bucket: &str,
        parts: Parts,
        reply_bytes_max: usize,
    ) -> Result<Reply, CallError> {
        let outlet = self.outlet("s3").ok_or(CallError::NoUpstream("s3"))?;
        let exchange = self.signed(outlet, "s3", region, Some(bucket), parts);
        let exchange = exchange.map_err(|error| CallError::Unsendable(error.to_string()))?;
        exchange.whole(reply_bytes_max).await.map_err(|cause| exchange.unsent(cause))
    }

    /// The request of a call, and where it goes.
    fn exchange(&self, call: UpstreamCall) -> Result<Exchange<'_>, CallError> {
        let outlet = self.outlet(call.service).ok_or(CallError::NoUpstream(call.service))?;
        let bucket = bucket_in_path(&call);
        let exchange = parts(call.form)
            .and_then(|parts| self.signed(outlet, call.service, &call.region, bucket.as_deref(), parts));
        exchange.map_err(|error| CallError::Unsendable(error.to_string()))
    }

    fn signed<'a>(
        &self,
        outlet: &'a Outlet,
        service: &str,
        region: &str,
        bucket: Option<&str>,
        parts: Parts,
    ) -> Result<Exchange<'a>, http::Error> {
        let (method, path, headers, body) = parts;
        let (endpoint, target) = outlet.route.placed(bucket, path.as_str().to_owned());
        let endpoint = endpoint.with_path(PathAndQuery::try_from(target)?);
        let mut request = RawRequest { method, uri: endpoint.uri(), headers, body };
        request.headers.insert(HOST, HeaderValue::from_str(&endpoint.authority)?);
        let (id, secret) = endpoint.user.clone().unwrap_or_else(|| ("test".to_owned(), "test".to_owned()));
        let credentials = Credentials { access_key_id: id, secret_access_key: secret, session_token: None };
        // S3 takes paths as they are and demands the body's hash in a header.
        let (style, payload) = match service {
            "s3" => (PathStyle::Verbatim, PayloadSigning::SignedWithHeader),
            _ => (PathStyle::Normalised, PayloadSigning::Signed),
        };
        sign(&mut request, &credentials, region, service, self.machine_clock.now(), style, payload)?;
        Ok(Exchange { outlet, endpoint, request })
    }
}

/// One request to one upstream, and how its reply is read: as much of it as is allowed for, in the time for the whole.
struct Exchange<'a> {
    outlet: &'a Outlet,
    endpoint: Endpoint,
    request: RawRequest,
}

impl Exchange<'_> {
    /// How long it may take in all: what the upstream has for an answer, and what the body takes to send.
    fn timeout(&self) -> Duration {
        self.outlet.route.head_timeout + Duration::from_secs(self.request.body.len() as u64 / BODY_BYTES_A_SECOND)
    }

    async fn head(&self) -> Result<Response<AnswerBody>, SendError> {
        let RawRequest { method, headers, body, .. } = self.request.clone();
        // The body counts as sent once it was handed over.
        let (head_timeout, idle_timeout) = (self.timeout(), self.outlet.route.idle_timeout);
        let (endpoint, body) = (self.endpoint.clone(), request_body(Full::new(body)));
        self.outlet.send(StreamRequest { endpoint, method, headers, body, head_timeout, idle_timeout }).await
    }

    /// The reply with all of its body.
    async fn whole(&self, bytes_max: usize) -> Result<Reply, SendError> {
        let (timeout, deadline) = (self.timeout(), Instant::now() + self.timeout());
        let (parts, body) = self.head().await?.into_parts();
        let body = tokio::time::timeout_at(deadline, Limited::new(body, bytes_max).collect()).await;
        match body.map_err(|_| SendError::TimedOut(timeout))? {
            Ok(body) => Ok(Reply { status: parts.status, headers: parts.headers, body: body.to_bytes() }),
            Err(error) => Err(unread(error, bytes_max)),
        }
    }

    /// The reply to what is done once its status says so: the body of a success is left out, and that of a refusal is
    /// what could be read of it.
    async fn effect(&self) -> Result<Reply, SendError> {
        let (parts, body) = self.head().await?.into_parts();
        let body = tokio::time::timeout(UNWANTED, Limited::new(body, REPLY_BYTES_MAX).collect()).await;
        let body = match body {
            Ok(Ok(body)) if !parts.status.is_success() => body.to_bytes(),
            _ => Bytes::new(),
        };
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    fn replied(&self, reply: Result<Reply, SendError>) -> Result<Reply, CallError> {
        let reply = reply.map_err(|cause| self.unsent(cause))?;
        match reply.status.is_success() {
            true => Ok(reply),
            false => Err(refusal(&reply)),
        }
    }

    fn unsent(&self, cause: SendError) -> CallError {
        CallError::Send { upstream: self.outlet.route.endpoint.to_string(), cause }
    }
}

/// Why the body of a reply did not come whole.
fn unread(error: BodyError, bytes_max: usize) -> SendError {
    if error.is::<LengthLimitError>() {
        return SendError::ReplyTooLong(bytes_max);
    }
    match error.downcast::<SendError>() {
        Ok(error) => *error,
        Err(error) => failure(&*error),
    }
}

/// The bucket that a call of S3 is about: an upstream may want it in the host.
fn bucket_in_path(call: &UpstreamCall) -> Option<String> {
    match &call.form {
        CallForm::Rest { path, .. } if call.service == "s3" => {
            path.path().split('/').nth(1).filter(|name| !name.is_empty()).map(str::to_owned)
        }
        _ => None,
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
        CallForm::Rest { operation: _, method, path, headers: given, body } => {
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
    CallError::Refused { status: reply.status, code, message, request_id: request_id(reply) }
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
