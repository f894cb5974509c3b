//! A small server for tests: it keeps what it was sent and answers what it was told to.

use std::sync::{Arc, Mutex};

use base::{SimulatedClock, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{HttpClient, Trust};
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
    Upstreams::new(all, HttpClient::new(Trust::Roots(rustls::RootCertStore::empty()), Fence::Open), clock)
}
