//! An upstream for the gateway that answers at once: what is put is read and thrown away, what is got is made up.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;

/// Bodies go out in pieces of so many bytes.
pub const PIECE_BYTES: usize = 64 << 10;

/// A server within this process, until the process ends.
pub struct Upstream {
    /// `127.0.0.1:PORT`
    pub address: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    received_bytes: AtomicU64,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Upstream {
    /// Serves on a free port.
    pub async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let counts = Arc::<Counts>::default();
        let piece = piece();
        let shared = counts.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if stream.set_nodelay(true).is_err() {
                    continue;
                }
                let (counts, piece) = (shared.clone(), piece.clone());
                let service = service_fn(move |request| answer(request, counts.clone(), piece.clone()));
                // A connection that breaks is seen by whoever called.
                tokio::spawn(
                    async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await },
                );
            }
        });
        Ok(Self { address, counts })
    }

    /// Bytes of all bodies that came so far.
    pub fn received_bytes(&self) -> u64 {
        self.counts.received_bytes.load(Ordering::Relaxed)
    }

    /// How many requests were under way at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.counts.most_at_once.load(Ordering::Relaxed)
    }
}

/// What generated bodies are made of, again and again.
pub fn piece() -> Bytes {
    crate::objects::content(0, PIECE_BYTES).into()
}

/// The path of an object that is made up of so many bytes.
pub fn path(bytes: u64) -> String {
    format!("/bench/bytes-{bytes}")
}

async fn answer(request: Request<Incoming>, counts: Arc<Counts>, piece: Bytes) -> Result<Response<MadeUp>, Infallible> {
    let under_way = UnderWay::new(counts.clone());
    let (parts, mut body) = request.into_parts();
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        counts.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
    let body = match parts.method {
        Method::GET => {
            let left = parts.uri.path().rsplit('-').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
            MadeUp { piece, left, _under_way: under_way }
        }
        Method::POST => MadeUp { piece: Bytes::from_static(b"{}"), left: 2, _under_way: under_way },
        _ => MadeUp { piece, left: 0, _under_way: under_way },
    };
    Ok(Response::new(body))
}

/// A body of one piece again and again.
struct MadeUp {
    piece: Bytes,
    left: u64,
    /// A request is under way until its answer is gone.
    _under_way: UnderWay,
}

impl Body for MadeUp {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.left.min(self.piece.len() as u64);
        if bytes == 0 {
            return Poll::Ready(None);
        }
        self.left -= bytes;
        Poll::Ready(Some(Ok(Frame::data(self.piece.slice(..bytes as usize)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

struct UnderWay(Arc<Counts>);

impl UnderWay {
    fn new(counts: Arc<Counts>) -> Self {
        let at_once = counts.at_once.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most_at_once.fetch_max(at_once, Ordering::Relaxed);
        Self(counts)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::Relaxed);
    }
}
