//! The body of a request on its way in: counted, and kept where the record of the call shows it.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use s3s::StdError;

/// Bytes of a body that are kept; a longer one is not shown.
const KEPT_BYTES_MAX: usize = 100 * 1024;

/// Bytes that are still taken in of a body that nobody wants.
const DRAINED_BYTES_MAX: u64 = 1 << 20;
/// How long that may take.
const DRAIN: Duration = Duration::from_secs(10);

/// What has arrived of a body.
pub(super) struct Arrived<B> {
    bytes: AtomicU64,
    kept: Mutex<Vec<u8>>,
    // The body, once it was given up before its end.
    rest: Mutex<Option<Pin<Box<B>>>>,
}

impl<B> Default for Arrived<B> {
    fn default() -> Self {
        Self { bytes: AtomicU64::new(0), kept: Mutex::default(), rest: Mutex::new(None) }
    }
}

impl<B: Body<Data = Bytes>> Arrived<B> {
    /// Takes in what is left of a short body, so that a client that is sending it reads the answer, and not that its
    /// connection was reset. The rest of a long one is left: the connection ends.
    ///
    /// Says whether all of it has arrived.
    pub(super) async fn drain(&self) -> bool {
        let rest = self.rest.lock().expect("no holder of this lock can panic").take();
        let Some(mut rest) = rest.filter(|rest| !rest.is_end_stream()) else { return true };
        if rest.size_hint().upper().is_none_or(|left| left > DRAINED_BYTES_MAX) {
            return false;
        }
        let all = async {
            loop {
                match rest.frame().await {
                    Some(Ok(frame)) => {
                        let bytes = frame.data_ref().map_or(0, Bytes::len);
                        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
                    }
                    Some(Err(_)) => return false,
                    None => return true,
                }
            }
        };
        // Whoever does not send it in time is not waited for.
        tokio::time::timeout(DRAIN, all).await.unwrap_or(false)
    }
}

impl<B> Arrived<B> {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The body, when it was to be kept and is short enough; else nothing.
    pub(super) fn kept(&self) -> Vec<u8> {
        let kept = self.kept.lock().expect("no holder of this lock can panic");
        if kept.len() as u64 == self.bytes() { kept.clone() } else { Vec::new() }
    }
}

/// A body that is looked at as it passes.
pub(super) struct Tee<B> {
    // Until it has ended.
    inner: Option<Pin<Box<B>>>,
    arrived: Arc<Arrived<B>>,
    keeps: bool,
}

impl<B> Tee<B> {
    pub(super) fn new(inner: B, arrived: Arc<Arrived<B>>, keeps: bool) -> Self {
        Self { inner: Some(Box::pin(inner)), arrived, keeps }
    }
}

impl<B> Drop for Tee<B> {
    fn drop(&mut self) {
        *self.arrived.rest.lock().expect("no holder of this lock can panic") = self.inner.take();
    }
}

impl<B> Body for Tee<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<StdError>,
{
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let frame = ready!(inner.as_mut().poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.inner = None;
        }
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.arrived.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
            if self.keeps {
                let mut kept = self.arrived.kept.lock().expect("no holder of this lock can panic");
                if kept.len() + data.len() <= KEPT_BYTES_MAX {
                    kept.extend_from_slice(data);
                }
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), |inner| inner.size_hint())
    }
}
