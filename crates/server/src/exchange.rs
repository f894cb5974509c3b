//! One HTTP exchange: from hyper's request to an answer, around the pipeline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use wire::RawRequest;

use crate::alarm_pages;
use crate::gateway_exchange::{self, GatewayBody, Taken, Whose};
use crate::listener::Peer;
use crate::own_pages;
use crate::pipeline::{self, Framed};
use crate::resource_pages;
use crate::s3_exchange::{self, Upload};
use crate::shared_service;
use crate::sign_in_pages;
use crate::sql_pages;
use crate::state::State;
use crate::streamed_body::Streamed;
use crate::whole_call::WholeCall;

/// How long the body of a refused request is still taken in.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a client may take to send a request's body.
const BODY: Duration = Duration::from_secs(120);

/// The body of an answer: whole, piece by piece, S3's, or an upstream's.
pub type AnswerBody = Either<Full<Bytes>, Either<Streamed, Either<s3::AnswerBody, GatewayBody>>>;

/// Answers one request.
pub async fn answer(state: Arc<State>, peer: Peer, request: Request<Incoming>) -> Response<AnswerBody> {
    let (parts, body) = request.into_parts();
    match gateway_exchange::whose(&state, &parts) {
        Whose::Own => {}
        Whose::Upstreams(taken) => {
            let body = Upload::new(body, &state.stopping);
            return gateway_exchange::answer(&state, peer, parts, body, taken).await.unwrap_or_else(panicked);
        }
        Whose::ToldByBody(taken) => return told_by_body(state, peer, parts, body, taken).await,
    }
    if gateway_exchange::is_unsigned_for_upstream(&state, &parts) {
        return gateway_exchange::unsigned(&state);
    }
    if s3_exchange::takes(&parts) {
        // Objects are never held: their bodies are read as they come.
        return match s3_exchange::answer(&state, peer, Request::from_parts(parts, body)).await {
            Some(response) => response.map(|body| Either::Right(Either::Right(Either::Left(body)))),
            None => panicked(),
        };
    }
    let body = match read_body(body, state.max_body_bytes).await {
        Ok(body) => body,
        Err(unread) => return unread_answer(&state, peer, parts, &unread),
    };
    if parts.uri.path().starts_with(alarm_pages::PREFIX) {
        let (status, content_type, text) = alarm_pages::answer(&state, peer, &raw(parts, body)).await;
        return plain(status, content_type, text);
    }
    if parts.uri.path() == resource_pages::PATH {
        let (status, content_type, text) = resource_pages::answer(&state, peer, &raw(parts, body)).await;
        return plain(status, content_type, text);
    }
    if parts.uri.path() == sql_pages::PATH {
        let (status, content_type, text) = sql_pages::answer(&state, peer, &raw(parts, body)).await;
        return plain(status, content_type, text);
    }
    if parts.uri.path() == sign_in_pages::PATH {
        // A client that hangs up must not keep the attempt from being recorded.
        let (calls, sender) = (state.calls.clone(), state.clone());
        let attempt = async move { sign_in_pages::answer(&sender, peer, &raw(parts, body)).await };
        return match WholeCall::new(&calls, attempt).await {
            Ok((status, content_type, text)) => plain(status, content_type, text),
            Err(_) => panicked(),
        };
    }
    if parts.uri.path().starts_with("/_trailwatch/") {
        let (status, content_type, text) = own_pages::answer(&state, &parts.method, parts.uri.path(), &body).await;
        return plain(status, content_type, text);
    }
    if parts.method == Method::GET
        && let Some(certificate) = state.sns.certificate(parts.uri.path())
    {
        return plain(StatusCode::OK, "application/x-pem-file", certificate);
    }
    own_call(state, peer, parts, body).await
}

/// Answers a call of an operation that is shared with an upstream, once its body tells whose it is.
async fn told_by_body(
    state: Arc<State>,
    peer: Peer,
    parts: Parts,
    body: Incoming,
    taken: Taken,
) -> Response<AnswerBody> {
    let body = match read_body(body, state.max_body_bytes).await {
        Ok(body) => body,
        Err(unread) => return unread_answer(&state, peer, parts, &unread),
    };
    if shared_service::is_own_by_body(&parts.headers, &body, state.max_body_bytes) {
        return own_call(state, peer, parts, body).await;
    }
    let body = Upload::read(body, &state.stopping);
    gateway_exchange::answer(&state, peer, parts, body, taken).await.unwrap_or_else(panicked)
}

fn unread_answer(state: &State, peer: Peer, parts: Parts, unread: &Unread) -> Response<AnswerBody> {
    match unread {
        Unread::TooLarge => whole(pipeline::answer_too_large(state, peer, raw(parts, Bytes::new()))),
        Unread::Broken => {
            plain(StatusCode::BAD_REQUEST, "text/plain", "the request body did not arrive whole".to_owned())
        }
    }
}

/// Answers a call of a service that the server itself serves.
async fn own_call(state: Arc<State>, peer: Peer, parts: Parts, body: Bytes) -> Response<AnswerBody> {
    let started = Instant::now();
    // A client that hangs up must not stop a call half way: the call runs to its end, event included.
    let (calls, stopping) = (state.calls.clone(), state.stopping.clone());
    let call = async move { pipeline::answer(&state, peer, raw(parts, body), started).await };
    match WholeCall::new(&calls, call).await {
        Ok(Framed { response, stream: None }) => whole(response),
        Ok(Framed { response, stream: Some(stream) }) => {
            with_body(response, Either::Right(Either::Left(Streamed::new(stream.pieces, stopping))))
        }
        // What it was, the panic itself has said on standard error.
        Err(_) => panicked(),
    }
}

fn panicked() -> Response<AnswerBody> {
    tracing::error!("answering a request panicked");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "internal failure".to_owned())
}

enum Unread {
    TooLarge,
    Broken,
}

async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    // A length that is announced and too large is refused before anything is read.
    if body.size_hint().lower() > limit as u64 {
        tokio::spawn(drain(body, limit));
        return Err(Unread::TooLarge);
    }
    match tokio::time::timeout(BODY, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) | Err(_) => Err(Unread::Broken),
    }
}

/// Reads a refused body and throws it away, as far as is reasonable: a client that is still
/// sending would otherwise see a reset connection instead of the answer.
async fn drain(body: Incoming, limit: usize) {
    let mut body = Limited::new(body, limit.saturating_mul(8));
    let all = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(DRAIN, all).await;
}

fn raw(parts: Parts, body: Bytes) -> RawRequest {
    let mut headers = parts.headers;
    // HTTP/2 carries the host as a pseudo header; signatures are made over it as `host`.
    if !headers.contains_key(header::HOST)
        && let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.insert(header::HOST, host);
    }
    RawRequest { method: parts.method, uri: parts.uri, headers, body }
}

fn whole(mut answer: wire::Response) -> Response<AnswerBody> {
    let body = std::mem::take(&mut answer.body);
    with_body(answer, Either::Left(Full::new(body)))
}

fn with_body(answer: wire::Response, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(answer.headers);
    response
}

fn plain(status: StatusCode, content_type: &'static str, text: String) -> Response<AnswerBody> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(text))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
