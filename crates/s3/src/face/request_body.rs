//! The body of a request on its way in: counted, and kept where the record of the call shows it.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use s3s::StdError;

/// Bytes of a body that are kept; a longer one is not shown.
const KEPT_BYTES_MAX: usize = 100 * 1024;

/// What has arrived of a body.
#[derive(Default)]
pub(super) struct Arrived {
    bytes: AtomicU64,
    kept: Mutex<Vec<u8>>,
}

impl Arrived {
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
    inner: Pin<Box<B>>,
    arrived: Arc<Arrived>,
    keeps: bool,
}

impl<B> Tee<B> {
    pub(super) fn new(inner: B, arrived: Arc<Arrived>, keeps: bool) -> Self {
        Self { inner: Box::pin(inner), arrived, keeps }
    }
}

impl<B> Body for Tee<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<StdError>,
{
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = ready!(self.inner.as_mut().poll_frame(cx));
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
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
