//! The body of an answer: whole, or as it is read; the note of the call is taken when it ends.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use s3s::StdError;

use crate::ports::FinishedCall;
use crate::shared::Shared;

/// The body of an answer.
pub struct AnswerBody {
    inner: s3s::Body,
    ending: Option<Ending>,
    bytes: u64,
}

/// What happens when a streamed answer has ended, or its client is gone.
pub(super) struct Ending {
    pub(super) shared: Arc<Shared>,
    pub(super) finished: FinishedCall,
}

impl AnswerBody {
    /// A body that is all there, and noted.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { inner: s3s::Body::from(bytes), ending: None, bytes: 0 }
    }

    /// A body that is read as it goes.
    pub(super) fn streamed(inner: s3s::Body, ending: Ending) -> Self {
        Self { inner, ending: Some(ending), bytes: 0 }
    }

    fn end(&mut self) {
        if let Some(Ending { shared, finished }) = self.ending.take() {
            let completed = shared.clock.now();
            shared.log.record_streamed(&FinishedCall { bytes_out: self.bytes, completed, ..finished });
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(_)) | None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.end();
    }
}
