//! What the server's own pages share whose requests are signed.

use api::{CallContext, ServiceError};
use base::id;
use http::StatusCode;
use serde::de::DeserializeOwned;
use wire::RawRequest;

use crate::listener::Peer;
use crate::own_pages::{Page, failure};
use crate::pipeline;
use crate::state::State;

/// Who asks: the request is signed as a call of a service.
///
/// # Errors
/// The request does not prove who sent it.
pub fn caller(state: &State, peer: Peer, raw: &RawRequest, signing_name: &str) -> Result<CallContext, ServiceError> {
    let (principal, region) = pipeline::signer(state, raw, signing_name)?;
    let header = |name| raw.header(name).unwrap_or_default().to_owned();
    Ok(CallContext {
        principal,
        region,
        partition: state.region.partition(),
        now: state.clock.now(),
        request_id: id::uuid(&*state.entropy).to_string(),
        source_ip: peer.ip,
        user_agent: header("user-agent"),
        host: header("host"),
        tls: peer.tls,
    })
}

/// What is asked.
///
/// # Errors
/// The body is not of this form.
pub fn body<T: DeserializeOwned>(raw: &RawRequest, form: &str) -> Result<T, ServiceError> {
    serde_json::from_slice(&raw.body)
        .map_err(|error| ServiceError::validation(format!("the body must be {form}: {error}")))
}

/// An error as a page.
pub fn refusal(error: ServiceError) -> Page {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    failure(status, &error.message.unwrap_or_else(|| error.code.into_owned()))
}
