//! Requests and answers whose bodies pass by piece by piece, however long they are.
//!
//! There is no time for the whole: what is bounded is how long nothing moves.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::{Instant, Sleep};

use crate::client::{Failure, Resolver, SendError, Trust, check_fence, failure, pooled};
use crate::endpoint::Endpoint;
use crate::fence::Fence;

/// What goes wrong in the middle of a body.
pub type BodyError = Failure;

/// A request's body.
pub type RequestBody = UnsyncBoxBody<Bytes, BodyError>;

/// A body for a request.
pub fn request_body<B>(body: B) -> RequestBody
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// A request whose body passes by.
pub struct StreamRequest {
    /// Where it goes.
    pub endpoint: Endpoint,
    /// Its method.
    pub method: Method,
    /// Its headers, with the length where it is known. `Host` is set by the client.
    pub headers: HeaderMap,
    /// Its body. An error in it breaks the connection, so that the other side does not take the request for whole.
    pub body: RequestBody,
    /// How long the beginning of the answer may take once the body stands still or has gone.
    pub head_timeout: Duration,
    /// How long there may be nothing between two pieces of the answer.
    pub idle_timeout: Duration,
}

/// Sends such requests. Clones share their connections.
#[derive(Clone)]
pub struct StreamingClient {
    fence: Fence,
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Watched>,
}

impl StreamingClient {
    /// A client that believes these servers and reaches these addresses.
    pub fn new(trust: Trust, fence: Fence) -> Self {
        Self { fence, client: pooled(trust, fence) }
    }

    /// Sends a request and gives the answer as soon as its head is there, whatever its status. Redirects are not
    /// followed, and nothing is sent twice.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send(&self, request: StreamRequest) -> Result<Response<AnswerBody>, SendError> {
        let StreamRequest { endpoint, method, headers, body, head_timeout, idle_timeout } = request;
        check_fence(self.fence, &endpoint)?;
        let moved = Moved::now();
        let mut outgoing = Request::new(Watched { body, moved: moved.clone() });
        *outgoing.method_mut() = method;
        *outgoing.uri_mut() = endpoint.uri();
        *outgoing.headers_mut() = headers;
        if let Ok(host) = HeaderValue::from_str(&endpoint.authority) {
            outgoing.headers_mut().insert(HOST, host);
        }
        let mut answer = std::pin::pin!(self.client.request(outgoing));
        loop {
            let deadline = moved.last() + head_timeout;
            match tokio::time::timeout_at(deadline, &mut answer).await {
                Ok(Ok(answer)) => return Ok(answer.map(|body| AnswerBody::new(body, idle_timeout))),
                Ok(Err(error)) => return Err(moved.broken().map_or_else(|| failure(&error), SendError::Body)),
                // The body has moved meanwhile.
                Err(_) if moved.last() + head_timeout > deadline => {}
                Err(_) => return Err(moved.stood_still(head_timeout)),
            }
        }
    }
}

/// How a body goes: when it last moved, and whether it is what all wait for.
#[derive(Clone, Debug)]
struct Moved(Arc<Mutex<Movement>>);

#[derive(Debug)]
struct Movement {
    last: Instant,
    // The next piece was asked for and is not there.
    awaited: bool,
    broken: Option<String>,
}

impl Moved {
    fn now() -> Self {
        Self(Arc::new(Mutex::new(Movement { last: Instant::now(), awaited: false, broken: None })))
    }

    fn lock(&self) -> MutexGuard<'_, Movement> {
        self.0.lock().expect("no holder of this lock panics")
    }

    fn note(&self, polled: &Poll<Option<Result<Frame<Bytes>, BodyError>>>) {
        let mut movement = self.lock();
        movement.awaited = polled.is_pending();
        if polled.is_ready() {
            movement.last = Instant::now();
        }
        if let Poll::Ready(Some(Err(error))) = polled {
            movement.broken = Some(error.to_string());
        }
    }

    fn last(&self) -> Instant {
        self.lock().last
    }

    /// Why nothing moved for so long: the other side would take more where there is nothing to send, or does not
    /// answer.
    fn stood_still(&self, timeout: Duration) -> SendError {
        match self.lock().awaited {
            true => SendError::Body(format!("nothing of it came for {} s", timeout.as_secs())),
            false => SendError::TimedOut(timeout),
        }
    }

    /// What went wrong in the body, where that is so.
    fn broken(&self) -> Option<String> {
        self.lock().broken.clone()
    }
}

/// A request's body that tells when it moves.
struct Watched {
    body: RequestBody,
    moved: Moved,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.moved.note(&polled);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which fails when nothing comes for too long.
pub struct AnswerBody {
    body: Incoming,
    timeout: Duration,
    idle: Pin<Box<Sleep>>,
}

impl AnswerBody {
    #[expect(clippy::disallowed_methods, reason = "timeouts of connections go by the machine's clock")]
    fn new(body: Incoming, timeout: Duration) -> Self {
        Self { body, timeout, idle: Box::pin(tokio::time::sleep(timeout)) }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let next = Instant::now() + self.timeout;
                self.idle.as_mut().reset(next);
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => match self.idle.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(SendError::TimedOut(self.timeout).into()))),
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
mod tests;
