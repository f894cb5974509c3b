//! The way of a request: identify, verify, decode, authorize, validate, run, frame, record.
//!
//! The audit event is this pipeline's product, not any operation's: every call whose
//! operation is known leaves one, whatever came of it, and a write's event is on disk
//! before its answer leaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::call::TlsSession;
use api::{Answer, CallContext, Principal, Service, ServiceError, StreamedBody};
use base::Region;
use base::id;
use bytes::Bytes;
use cloudtrail::FinishedCall;
use http::{HeaderName, HeaderValue};
use wire::protocol;
use wire::schema;
use wire::sigv4::{self, AuthError, Claim};
use wire::value::Value;
use wire::{ErrorParts, RawRequest, Response, Target, WireError};

use crate::listener::Peer;
use crate::own_resources;
use crate::state::State;

mod authenticate;

pub use authenticate::{Refusal, credential, refusal, signer};

/// A request and all that is known of its circumstances.
struct Incoming {
    raw: RawRequest,
    claim: Result<Option<Claim>, AuthError>,
    ip: String,
    tls: Option<TlsSession>,
    request_id: String,
}

/// A call that ran or was refused, before it is framed and recorded.
struct Done {
    input: Option<Value>,
    outcome: Result<Answer, ServiceError>,
    standing: Standing,
}

/// Who answers for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A principal that proved who it is.
    Proved,
    /// Nobody: the call is one of those that links make, which need no signature.
    Link,
    /// Nobody: it is refused for that.
    Nobody,
}

impl Done {
    /// Whether it changed nothing and nobody answers for it. A link's call that failed by the
    /// server's own fault may have changed something.
    fn is_strangers_junk(&self) -> bool {
        match self.standing {
            Standing::Proved => false,
            Standing::Link => self.outcome.as_ref().is_err_and(|error| !error.receiver_fault),
            Standing::Nobody => true,
        }
    }
}

/// An answer in its protocol's frame.
pub struct Framed {
    /// Status and headers, and the body of an answer that is whole.
    pub response: Response,
    /// The body of an answer that goes on for a while.
    pub stream: Option<StreamedBody>,
}

impl From<Response> for Framed {
    fn from(response: Response) -> Self {
        Self { response, stream: None }
    }
}

/// Answers a request to any of the services.
pub async fn answer(state: &Arc<State>, peer: Peer, raw: RawRequest, started: Instant) -> Framed {
    let request_id = id::uuid(&*state.entropy).to_string();
    let claim = sigv4::parse(&raw);
    let incoming = Incoming { raw, claim, ip: peer.ip, tls: peer.tls, request_id };
    let (service, framed) = match identify(state, &incoming) {
        Ok((target, body)) => (target.service.name, call(state, &incoming, target, body).await),
        Err(error) => (error.service.map_or("unknown", |service| service.name), incoming.refuse(&error).into()),
    };
    state.metrics.request(service, framed.response.status, started.elapsed());
    framed
}

/// Answers a request whose body is larger than the server takes: nothing of it is read.
pub fn answer_too_large(state: &State, peer: Peer, raw: RawRequest) -> Response {
    let request_id = id::uuid(&*state.entropy).to_string();
    let claim = sigv4::parse(&raw);
    let incoming = Incoming { raw, claim, ip: peer.ip, tls: peer.tls, request_id };
    let error = incoming.framed(WireError::too_large(state.max_body_bytes));
    let service = error.service.map_or("unknown", |service| service.name);
    state.metrics.request(service, error.status, Duration::ZERO);
    incoming.refuse(&error)
}

impl Incoming {
    fn scope_service(&self) -> Option<&str> {
        self.claim.as_ref().ok()?.as_ref().map(|claim| claim.service.as_str())
    }

    /// The error in the protocol that the request seems to speak, known without its body.
    fn framed(&self, error: WireError) -> WireError {
        match protocol::identify(&self.raw, api::SERVICES, self.scope_service(), b"") {
            Ok(target) => error.framed(target.protocol, Some(target.service)),
            Err(guess) => error.framed(guess.protocol, guess.service),
        }
    }

    fn refuse(&self, error: &WireError) -> Response {
        let query_mode = self.raw.query_mode();
        protocol::encode_error(error.protocol, error.service, &error.parts(), &self.request_id, query_mode)
    }
}

/// A request's body, as far as it may be read before the caller is verified.
enum Body {
    Plain(Bytes),
    /// It is not what its encoding says, and why; the caller can be verified all the same.
    Refused(WireError),
    /// Every chunk is signed: read only with the key that the claim is proved by.
    SignedChunks,
}

fn identify(state: &State, incoming: &Incoming) -> Result<(Target, Body), WireError> {
    let raw = &incoming.raw;
    let signed_chunks = matches!(&incoming.claim, Ok(Some(claim)) if claim.payload_hash.has_signed_chunks());
    let body = match signed_chunks {
        true => Body::SignedChunks,
        false => match wire::body::decode_content(&raw.headers, raw.body.clone(), state.max_body_bytes) {
            Ok(body) => Body::Plain(body),
            Err(error) => Body::Refused(incoming.framed(error)),
        },
    };
    let known: &[u8] = match &body {
        Body::Plain(bytes) => bytes,
        Body::SignedChunks | Body::Refused(_) => b"",
    };
    match (protocol::identify(raw, api::SERVICES, incoming.scope_service(), known), body) {
        (Ok(target), body) => Ok((target, body)),
        (Err(_), Body::Refused(error)) | (Err(error), _) => Err(error),
    }
}

/// Runs a call of a known operation and records it.
async fn call(state: &State, incoming: &Incoming, target: Target, body: Body) -> Framed {
    let (cx, done) = match authenticate::caller(state, incoming, &target) {
        Ok(caller) => {
            let standing = caller.standing();
            let cx = context(state, incoming, caller.principal, caller.region);
            let body = match body {
                Body::Plain(bytes) => Ok(bytes),
                Body::Refused(error) => Err(error),
                Body::SignedChunks => authenticate::signed_body(state, incoming, caller.chunks),
            };
            let body = body.and_then(|body| within_limit(state, &target, body));
            let done = match body.and_then(|body| protocol::decode_input(&target, &incoming.raw, &body)) {
                Ok(input) => run(state, &cx, &target, input, standing).await,
                Err(error) => Done { input: None, outcome: Err(service_error(&error)), standing },
            };
            (cx, done)
        }
        Err(refusal) => {
            let cx = context(state, incoming, refusal.claimed, refusal.region);
            (cx, Done { input: None, outcome: Err(refusal.error), standing: Standing::Nobody })
        }
    };
    // Of what nobody proved to have sent and what changed nothing, only so much enters the history.
    if done.is_strangers_junk() && !state.strangers.admit(Instant::now()) {
        state.metrics.event_suppressed();
        return frame(&target, incoming, done.outcome);
    }
    let outcome = match record(state, &cx, &target, &done).await {
        Ok(()) => done.outcome,
        Err(error) => Err(error),
    };
    frame(&target, incoming, outcome)
}

/// The body, when it is no larger than the operation takes.
fn within_limit(state: &State, target: &Target, body: Bytes) -> Result<Bytes, WireError> {
    match state.services[target.service.name].body_bytes_max(target.operation) {
        Some(limit) if body.len() > limit => Err(WireError::too_large(limit)),
        _ => Ok(body),
    }
}

fn context(state: &State, incoming: &Incoming, principal: Principal, region: Region) -> CallContext {
    let header = |name| incoming.raw.header(name).unwrap_or_default().to_owned();
    CallContext {
        principal,
        region,
        partition: state.region.partition(),
        now: state.clock.now(),
        request_id: incoming.request_id.clone(),
        source_ip: incoming.ip.clone(),
        user_agent: header("user-agent"),
        host: header("host"),
        tls: incoming.tls.clone(),
    }
}

async fn run(state: &State, cx: &CallContext, target: &Target, input: Value, standing: Standing) -> Done {
    let service = &*state.services[target.service.name];
    match admit(state, cx, service, target.operation, &input, standing) {
        Ok(()) => {
            // Of calls without an event no one asks what they were given.
            let touched = own_resources::touched(target.service, target.operation, &input);
            let kept = state.recorder.records(cx, target.service, target.operation).then(|| input.clone());
            let done = Done { input: kept, outcome: service.answer(cx, target.operation, input).await, standing };
            if done.outcome.is_ok() {
                touched.iter().for_each(|touched| touched.tell(&state.config, cx, &state.region));
            }
            if standing == Standing::Link && done.is_strangers_junk() {
                // A flood of made-up tokens leaves room for the links that are followed.
                state.links.give_back();
            }
            done
        }
        Err(error) => Done { input: Some(input), outcome: Err(error), standing },
    }
}

/// Whether the call may run: the model's constraints, then permission, then room in the log.
fn admit(
    state: &State,
    cx: &CallContext,
    service: &dyn Service,
    operation: &'static schema::Operation,
    input: &Value,
    standing: Standing,
) -> Result<(), ServiceError> {
    if state.calls.is_closed() {
        return Err(ServiceError::unavailable("The server is stopping."));
    }
    // Before permission: policies are weighed over names of the lengths that the model allows.
    service.validate(operation, input)?;
    if standing == Standing::Proved {
        let authorization = service.authorization(cx, operation, Some(input));
        state.identity.authenticator().authorize(cx, &authorization)?;
    }
    if !cloudtrail::classify::read_only(service.schema(), operation) {
        // Nothing may be changed that could not be recorded. The refused call's own event is
        // the next attempt to write: once there is room it goes through and writes run again.
        state.store.writable().map_err(|error| no_room(&error))?;
    }
    // Of links' calls, which all leave an event when they succeed, only so many are taken.
    if standing == Standing::Link && !state.links.admit(Instant::now()) {
        return Err(ServiceError::common("ThrottlingException", "Throttling", 400, "Rate exceeded"));
    }
    Ok(())
}

async fn record(state: &State, cx: &CallContext, target: &Target, done: &Done) -> Result<(), ServiceError> {
    let finished = FinishedCall {
        cx,
        service: target.service,
        operation: target.operation,
        protocol: target.protocol,
        input: done.input.as_ref(),
        outcome: done.outcome.as_ref().map(|answer| &answer.output),
        completed: state.clock.now(),
    };
    match state.recorder.record(&finished).await {
        Ok(()) => {
            state.metrics.event();
            Ok(())
        }
        Err(error) => {
            state.metrics.event_failed();
            tracing::error!(error = &error as &dyn std::error::Error, "an audit event could not be stored");
            Err(unrecorded(&error))
        }
    }
}

/// What a client is told when nothing may be changed because it could not be recorded.
pub fn no_room(error: &store::StoreError) -> ServiceError {
    match error {
        store::StoreError::Full => {
            ServiceError::unavailable("No space is left on the server's disk; nothing was changed.")
        }
        _ => ServiceError::unavailable("The server cannot write its log; nothing was changed."),
    }
}

/// What a client is told when a call ran, or was refused, and its event could not be stored.
pub fn unrecorded(error: &store::StoreError) -> ServiceError {
    match error {
        store::StoreError::Full => {
            ServiceError::unavailable("No space is left on the server's disk; the call could not be recorded.")
        }
        _ => ServiceError::unavailable("The server cannot write its log; the call could not be recorded."),
    }
}

fn service_error(error: &WireError) -> ServiceError {
    ServiceError {
        name: error.name.clone(),
        code: error.code.clone(),
        message: error.message.clone(),
        status: error.status,
        receiver_fault: error.status >= 500,
        common: true,
        members: None,
    }
}

fn frame(target: &Target, incoming: &Incoming, outcome: Result<Answer, ServiceError>) -> Framed {
    match outcome {
        Ok(answer) => {
            let mut response = protocol::encode_output(target, &answer.output, &incoming.request_id);
            for (name, value) in answer.headers {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers.push((HeaderName::from_static(name), value));
                }
            }
            if let Some(raw) = answer.raw {
                replace_body(&mut response, raw.media_type, raw.bytes.into());
            }
            if let Some(stream) = &answer.stream {
                replace_body(&mut response, stream.media_type, Bytes::new());
            }
            Framed { response, stream: answer.stream }
        }
        Err(error) => {
            let parts = ErrorParts {
                name: &error.name,
                code: &error.code,
                message: error.message.as_deref(),
                status: error.status,
                receiver_fault: error.receiver_fault,
                common: error.common,
                members: error.members.as_deref(),
            };
            let query_mode = incoming.raw.query_mode();
            let service = Some(target.service);
            protocol::encode_error(target.protocol, service, &parts, &incoming.request_id, query_mode).into()
        }
    }
}

/// Puts a body that no protocol frames in place of the framed one.
fn replace_body(response: &mut Response, media_type: &'static str, body: Bytes) {
    response.headers.retain(|(name, _)| *name != http::header::CONTENT_TYPE && name.as_str() != "smithy-protocol");
    response.headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static(media_type)));
    response.body = body;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_body_takes_the_place_of_the_framed_one() {
        let header = |name: &'static str, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let mut response = Response {
            status: 200,
            headers: vec![
                header("x-amzn-requestid", "1"),
                header("content-type", "application/cbor"),
                header("smithy-protocol", "rpc-v2-cbor"),
            ],
            body: Bytes::from_static(b"\xbf\xff"),
        };
        replace_body(&mut response, "image/png", Bytes::from_static(b"png"));
        assert_eq!(response.headers, [header("x-amzn-requestid", "1"), header("content-type", "image/png")]);
        assert_eq!(response.body, b"png".as_slice());
    }
}
