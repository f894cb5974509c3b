//! Exchanges with S3: which requests are its, and their bodies, which are taken in as they come.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use s3::AnswerBody;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::listener::Peer;
use crate::state::State;
use crate::whole_call::WholeCall;

/// How long a client may send nothing in the middle of a body.
const IDLE: Duration = Duration::from_secs(60);
/// How long a body may go on once the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Whether a request is S3's: it is signed for it, or not at all and names a bucket.
pub fn takes(parts: &Parts) -> bool {
    if parts.uri.path().starts_with("/_trailwatch/") {
        return false;
    }
    let signed = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(signed) = signed {
        // Requests signed in the old way are S3's to refuse where they name a bucket.
        return signed.contains("/s3/aws4_request") || (signed.starts_with("AWS ") && s3::looks_like_s3(parts));
    }
    let query = parts.uri.query().unwrap_or_default();
    if query.contains("X-Amz-Credential=") {
        return query.contains("%2Fs3%2Faws4_request") || query.contains("/s3/aws4_request");
    }
    s3::looks_like_s3(parts)
}

/// Answers a request. `None` when answering it panicked.
pub async fn answer(state: &Arc<State>, peer: Peer, request: Request<Incoming>) -> Option<Response<AnswerBody>> {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    // HTTP/2 carries the host as a pseudo header; signatures are made over it as `host`.
    if !parts.headers.contains_key(header::HOST)
        && let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        parts.headers.insert(header::HOST, host);
    }
    let request = Request::from_parts(parts, Upload::new(body, &state.stopping));
    let (s3, peer) = (state.s3.clone(), s3::ports::Peer { ip: peer.ip, tls: peer.tls });
    // A client that hangs up must not stop a call half way: the call runs to its end, event included.
    let answered = WholeCall::new(&state.calls, async move { s3.answer(peer, request).await }).await;
    let response = answered.ok()?;
    state.metrics.request("s3", response.status().as_u16(), started.elapsed());
    Some(response)
}

/// A body that is given up when its client falls silent, or some time after the server is told to stop.
pub struct Upload {
    body: Either<Incoming, Full<Bytes>>,
    idle: Pin<Box<Sleep>>,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    is_last: bool,
}

impl Upload {
    /// A body that is given up a while after `stopping`.
    pub fn new(body: Incoming, stopping: &CancellationToken) -> Self {
        Self::of(Either::Left(body), stopping)
    }

    /// A body that was read already.
    pub fn read(body: Bytes, stopping: &CancellationToken) -> Self {
        Self::of(Either::Right(Full::new(body)), stopping)
    }

    fn of(body: Either<Incoming, Full<Bytes>>, stopping: &CancellationToken) -> Self {
        Self {
            body,
            idle: Box::pin(rest(IDLE)),
            stopping: Box::pin(stopping.clone().cancelled_owned()),
            is_last: false,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "timeouts of connections go by the machine's clock")]
fn rest(time: Duration) -> Sleep {
    tokio::time::sleep(time)
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.is_last && self.stopping.as_mut().poll(cx).is_ready() {
            self.is_last = true;
            self.idle = Box::pin(rest(GRACE));
        }
        let is_last = self.is_last;
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                if !is_last {
                    let next = self.idle.deadline().max(tokio::time::Instant::now() + IDLE);
                    self.idle.as_mut().reset(next);
                } else if self.idle.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
                }
                Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
            }
            Poll::Pending => match self.idle.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into()))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str, authorization: Option<&str>) -> Parts {
        let mut request = Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn requests_are_s3s_by_their_signature_or_by_naming_a_bucket_without_one() {
        let scope = |service: &str| {
            format!("AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host")
        };
        assert!(takes(&parts("/", Some(&scope("s3")))));
        assert!(!takes(&parts("/my-bucket/a", Some(&scope("monitoring")))));
        assert!(takes(&parts("/b/k?X-Amz-Credential=A%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", None)));
        assert!(!takes(&parts("/b/k?X-Amz-Credential=A%2F20260101%2Fus-east-1%2Fsts%2Faws4_request", None)));
        assert!(takes(&parts("/my-bucket/a", None)));
        assert!(takes(&parts("/my-bucket/a", Some("AWS x:y"))) && !takes(&parts("/", Some("AWS x:y"))));
        assert!(!takes(&parts("/_trailwatch/health", None)));
        assert!(!takes(&parts("/", None)));
    }
}
