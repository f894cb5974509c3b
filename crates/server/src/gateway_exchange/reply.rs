//! The answer of an upstream on its way to the caller. Its end waits for the event of the call.

use api::ServiceError;
use bytes::Bytes;
use gateway::held::{BodyError, Ended, Held, Passed, Witnessed};
use gateway::{Call, Dialect, Refusal, classify};
use http::response::Parts;
use http::{HeaderMap, Method, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Either, Full};
use outbound::AnswerBody as UpstreamBody;

use super::event::Witness;
use super::{Exchange, Unsent};
use crate::exchange::AnswerBody;
use crate::metrics::UpstreamOutcome;

/// How much of an answer is kept for errors, ids and what records tell of it.
const KEPT_BYTES_MAX: usize = 256 << 10;

/// The same of an answer that was only read, and that no record tells of.
const KEPT_OF_READ_BYTES_MAX: usize = 8 << 10;

/// An answer that passes by.
pub type GatewayBody = Witnessed<UpstreamBody>;

/// Headers that belong to a connection.
const OF_CONNECTION: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Passes an answer on. One that is short is read, recorded, and answered with, or with the error that it could not be
/// recorded; the end of a longer one is what cannot be had before it is recorded.
pub(super) async fn reply(
    exchange: Exchange,
    call: Call,
    witness: Witness,
    response: Response<UpstreamBody>,
) -> Response<AnswerBody> {
    let (mut parts, body) = response.into_parts();
    to_pass_on(&mut parts);
    let has_none = body.is_end_stream() || exchange.raw.method == Method::HEAD;
    let is_short = has_none || body.size_hint().upper().is_some_and(|bytes| bytes <= KEPT_BYTES_MAX as u64);
    if !is_short {
        // Of what is only read nothing is recorded: an id may be in the beginning.
        let is_only_read = classify::read_only(&call) && parts.status.is_success();
        let keep_bytes_max = if is_only_read { KEPT_OF_READ_BYTES_MAX } else { KEPT_BYTES_MAX };
        let (status, headers) = (parts.status, parts.headers.clone());
        let finish = move |passed: Passed| async move {
            let recorded = witness.answered(status, &headers, &passed).await;
            recorded.map_err(|error| BodyError::from(error.message.unwrap_or_default()))
        };
        let holds = if body.size_hint().exact().is_some() { Held::LastPiece } else { Held::End };
        let body = Witnessed::new(body, holds, keep_bytes_max, finish);
        return Response::from_parts(parts, Either::Right(Either::Right(Either::Right(body))));
    }
    let read = if has_none { Ok(Bytes::new()) } else { body.collect().await.map(|whole| whole.to_bytes()) };
    let bytes = match read {
        Ok(bytes) => bytes,
        // Nothing of it has reached the caller: the call is one without an answer.
        Err(error) => {
            witness.count_at_upstream(UpstreamOutcome::NoAnswer, 0);
            let error = super::unavailable(&format!("its answer broke off: {error}"));
            return exchange.refused(Unsent { error, known: Some(Box::new(witness)), dialect: call.dialect }).await;
        }
    };
    let passed = Passed { bytes: bytes.len() as u64, kept: bytes.to_vec(), ended: Ended::Whole };
    match witness.answered(parts.status, &parts.headers, &passed).await {
        Ok(()) => Response::from_parts(parts, Either::Left(Full::new(bytes))),
        Err(error) => refusal(&exchange.request_id, call.dialect, &error),
    }
}

/// Takes off what is of the connection to the upstream, and where a redirect leads: past the gateway.
fn to_pass_on(parts: &mut Parts) {
    let named: Vec<String> = all(&parts.headers, header::CONNECTION.as_str());
    let is_of_connection = |name: &str| OF_CONNECTION.contains(&name) || named.iter().any(|found| found == name);
    let names: Vec<_> = parts.headers.keys().filter(|name| is_of_connection(name.as_str())).cloned().collect();
    for name in names {
        parts.headers.remove(name);
    }
    if parts.status.is_redirection() {
        parts.headers.remove(header::LOCATION);
    }
    parts.version = http::Version::default();
}

fn all(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

/// The code of an error in a dialect.
pub(super) fn code(dialect: Dialect, error: &ServiceError) -> &str {
    match (dialect, &*error.code) {
        (Dialect::Ec2, "AccessDenied") => "UnauthorizedOperation",
        (Dialect::Ec2 | Dialect::Query | Dialect::RestXml, code) => code,
        (Dialect::Json | Dialect::RestJson | Dialect::Cbor, _) => &error.name,
    }
}

/// An error of the gateway's own.
pub(super) fn refusal(request_id: &str, dialect: Dialect, error: &ServiceError) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = error.message.as_deref().unwrap_or_default();
    let told = Refusal { status, code: code(dialect, error), message, request_id };
    let gateway::Framed { status, headers, body } = gateway::refuse(dialect, told);
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
