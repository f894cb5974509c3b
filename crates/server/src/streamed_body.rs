//! Bodies that come piece by piece, for as long as the answer goes on.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A body whose pieces are sent as they come. It ends when their sender is gone and when the server stops; when
/// the client is gone it is dropped, which the sender notices.
pub struct Streamed {
    pieces: mpsc::Receiver<Bytes>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Streamed {
    /// A body of these pieces.
    pub fn new(pieces: mpsc::Receiver<Bytes>, stopping: CancellationToken) -> Self {
        Self { pieces, stopped: Box::pin(stopping.cancelled_owned()) }
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        Poll::Ready(ready!(self.pieces.poll_recv(cx)).map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn the_pieces_come_in_order_until_their_sender_is_gone() {
        let (sender, pieces) = mpsc::channel(2);
        sender.try_send(Bytes::from_static(b"one ")).unwrap();
        sender.try_send(Bytes::from_static(b"two")).unwrap();
        drop(sender);
        let body = Streamed::new(pieces, CancellationToken::new());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "one two");
    }

    #[tokio::test]
    async fn a_server_that_stops_ends_its_bodies() {
        let (_sender, pieces) = mpsc::channel(1);
        let stopping = CancellationToken::new();
        let body = tokio::spawn(Streamed::new(pieces, stopping.clone()).collect());
        stopping.cancel();
        assert_eq!(body.await.unwrap().unwrap().to_bytes(), "");
    }
}
