//! A small server for tests: it keeps what it was sent and answers what it was told to.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use base::{SimulatedClock, Timestamp};
use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::client::{Failure, Trust};
use crate::fence::Fence;
use crate::upstream::Upstreams;

/// The requests that came in, in their order.
pub(crate) type Asked = Arc<Mutex<Vec<String>>>;

/// Answers one request with `reply`; gives the URL, with credentials, and what was asked.
pub(crate) async fn served(reply: &str) -> (String, Asked) {
    served_in_turn(&[reply]).await
}

/// Answers one request after the other, each on a connection of its own.
pub(crate) async fn served_in_turn(replies: &[&str]) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Asked::default();
    let (kept, replies) = (asked.clone(), replies.iter().map(|reply| (*reply).to_owned()).collect::<Vec<_>>());
    tokio::spawn(async move {
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = request(&mut stream).await;
            kept.lock().unwrap().push(request);
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    (format!("http://AKIDEXAMPLE:s3cret@{address}"), asked)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 65536];
    let mut length = 0;
    loop {
        length += stream.read(&mut bytes[length..]).await.unwrap();
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok();
        let expected = head.lines().find_map(length);
        if body.len() >= expected.unwrap_or(0) {
            return text;
        }
    }
}

/// Upstreams from their texts, at a fixed time.
pub(crate) fn upstreams(texts: &[String]) -> Upstreams {
    let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_700_000_000)));
    let all = texts.iter().map(|text| text.parse().unwrap()).collect();
    Upstreams::new(all, Trust::Roots(rustls::RootCertStore::empty()), Fence::Open, clock).unwrap()
}

/// A body of pieces that are sent as the test goes on; it ends when their sender is gone.
pub(crate) struct Pieces(mpsc::Receiver<Result<Bytes, Failure>>);

impl Pieces {
    pub(crate) fn new() -> (mpsc::Sender<Result<Bytes, Failure>>, Self) {
        let (sender, receiver) = mpsc::channel(1);
        (sender, Self(receiver))
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
