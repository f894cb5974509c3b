//! The way of a request: identify, verify, decode, authorize, validate, run, frame, record.
//!
//! The audit event is this pipeline's product, not any operation's: every call whose
//! operation is known leaves one, whatever came of it, and a write's event is on disk
//! before its answer leaves.

use std::sync::Arc;
use std::time::Instant;

use api::call::TlsSession;
use api::{CallContext, Principal, Service, ServiceError};
use base::{Region, id};
use bytes::Bytes;
use cloudtrail::FinishedCall;
use wire::protocol::{self, Target};
use wire::request::{RawRequest, Response};
use wire::value::{Struct, Value};
use wire::{ErrorParts, WireError, validate};

use crate::listener::Peer;
use crate::state::State;

mod authenticate;

use authenticate::Refusal;

/// A request and all that is known of its circumstances.
struct Incoming {
    raw: RawRequest,
    ip: String,
    tls: Option<TlsSession>,
    request_id: String,
}

/// A call that ran or was refused, before it is framed and recorded.
struct Done {
    input: Option<Value>,
    outcome: Result<Value, ServiceError>,
}

/// Answers a request to any of the services.
pub async fn answer(state: &Arc<State>, peer: Peer, raw: RawRequest, started: Instant) -> Response {
    let request_id = id::uuid(&*state.entropy).to_string();
    let incoming = Incoming { raw, ip: peer.ip, tls: peer.tls, request_id };
    let (service, response) = match identify(state, &incoming) {
        Ok((target, body)) => (target.service.name, call(state, &incoming, target, &body).await),
        Err(error) => (error.service.map_or("unknown", |service| service.name), refuse(&incoming, &error)),
    };
    state.metrics.request(service, response.status, started.elapsed());
    response
}

/// Answers a request whose body is larger than the server takes: nothing of it is read.
pub fn answer_too_large(state: &State, raw: &RawRequest) -> Response {
    let error = WireError::too_large(state.max_body_bytes);
    let (protocol, service) = protocol::guess(raw, api::SERVICES);
    let request_id = id::uuid(&*state.entropy).to_string();
    state.metrics.request(service.map_or("unknown", |service| service.name), error.status, Default::default());
    protocol::encode_error(protocol, service, &error.parts(), &request_id, raw.query_mode())
}

fn identify(state: &State, incoming: &Incoming) -> Result<(Target, Bytes), WireError> {
    let raw = &incoming.raw;
    let scope = wire::sigv4::parse(raw).ok().flatten();
    let scope_service = scope.as_ref().map(|claim| claim.service.as_str());
    let body = wire::body::decode_content(&raw.headers, raw.body.clone(), state.max_body_bytes).map_err(|error| {
        let (protocol, service) = protocol::guess(raw, api::SERVICES);
        error.framed(protocol, service)
    })?;
    let target = protocol::identify(raw, api::SERVICES, scope_service, &body)?;
    Ok((target, body))
}

fn refuse(incoming: &Incoming, error: &WireError) -> Response {
    let query_mode = incoming.raw.query_mode();
    protocol::encode_error(error.protocol, error.service, &error.parts(), &incoming.request_id, query_mode)
}

/// Runs a call of a known operation and records it.
async fn call(state: &State, incoming: &Incoming, target: Target, body: &Bytes) -> Response {
    let (cx, done) = match authenticate::principal(state, incoming, &target) {
        Ok((principal, region)) => {
            let cx = context(state, incoming, principal, region);
            let done = run(state, &cx, &target, &incoming.raw, body).await;
            (cx, done)
        }
        Err(Refusal { error, claimed, region }) => {
            let cx = context(state, incoming, claimed, region);
            (cx, Done { input: None, outcome: Err(error) })
        }
    };
    let outcome = match record(state, &cx, &target, &done).await {
        Ok(()) => done.outcome,
        Err(error) => Err(error),
    };
    frame(&target, incoming, outcome)
}

fn context(state: &State, incoming: &Incoming, principal: Principal, region: Region) -> CallContext {
    let header = |name| incoming.raw.header(name).unwrap_or_default().to_owned();
    CallContext {
        principal,
        region,
        now: state.clock.now(),
        request_id: incoming.request_id.clone(),
        source_ip: incoming.ip.clone(),
        user_agent: header("user-agent"),
        host: header("host"),
        tls: incoming.tls.clone(),
    }
}

async fn run(state: &State, cx: &CallContext, target: &Target, raw: &RawRequest, body: &Bytes) -> Done {
    let service = &*state.services[target.service.name];
    let input = match protocol::decode_input(target, raw, body) {
        Ok(input) => input,
        Err(error) => return Done { input: None, outcome: Err(service_error(&error)) },
    };
    let outcome = permitted(state, cx, service, target, &input).await;
    Done { input: Some(input), outcome }
}

async fn permitted(
    state: &State,
    cx: &CallContext,
    service: &dyn Service,
    target: &Target,
    input: &Value,
) -> Result<Value, ServiceError> {
    let operation = target.operation;
    if state.stopped() {
        return Err(ServiceError::unavailable("The server's log has stopped after a disk failure."));
    }
    let authorization = service.authorization(cx, operation, Some(input));
    state.identity.authorize(cx, service.schema(), &authorization)?;
    if let Some(shape) = operation.input {
        let violations = validate::validate(shape, input);
        if !violations.is_empty() {
            let paths: Vec<String> = violations.iter().map(|violation| violation.path.clone()).collect();
            return Err(service.validation_error(operation, &paths, validate::message(&violations)));
        }
    }
    // Nothing may be changed that could not be recorded: a full disk is found out first.
    if !cloudtrail::classify::read_only(service.schema(), operation) {
        state.store.writable().await.map_err(|error| unrecorded(&error))?;
    }
    service.call(cx, operation, input.clone()).await
}

async fn record(state: &State, cx: &CallContext, target: &Target, done: &Done) -> Result<(), ServiceError> {
    if matches!(cx.principal, Principal::Unknown { .. }) && !state.strangers.admit(Instant::now()) {
        state.metrics.event_suppressed();
        return Ok(());
    }
    let finished = FinishedCall {
        cx,
        service: target.service,
        operation: target.operation,
        protocol: target.protocol,
        input: done.input.as_ref(),
        outcome: done.outcome.as_ref(),
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

fn unrecorded(error: &store::StoreError) -> ServiceError {
    match error {
        store::StoreError::Full => {
            ServiceError::unavailable("No space is left on the server's disk; nothing was changed.")
        }
        _ => ServiceError::unavailable("The server cannot write its log."),
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

fn frame(target: &Target, incoming: &Incoming, outcome: Result<Value, ServiceError>) -> Response {
    match outcome {
        Ok(output) => protocol::encode_output(target, &output, &incoming.request_id),
        Err(error) => {
            let parts = ErrorParts {
                name: &error.name,
                code: &error.code,
                message: error.message.as_deref(),
                status: error.status,
                receiver_fault: error.receiver_fault,
                common: error.common,
                members: error.members.as_deref().map(|members: &Struct| members),
            };
            let query_mode = incoming.raw.query_mode();
            protocol::encode_error(target.protocol, Some(target.service), &parts, &incoming.request_id, query_mode)
        }
    }
}
