//! A small HTTP endpoint that keeps the payloads it was sent.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct Receiver {
    url: String,
    status: Arc<AtomicU16>,
    got: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let receiver = Self { url, status: Arc::new(AtomicU16::new(200)), got: Arc::default() };
        let (status, got) = (receiver.status.clone(), receiver.got.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, status.clone(), got.clone()));
            }
        });
        receiver
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Answers with this status from now on.
    pub(super) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The data messages that came since it was last asked.
    pub(super) fn take(&self) -> Vec<Value> {
        let mut got = std::mem::take(&mut *self.got.lock().unwrap());
        got.retain(|payload| payload["messageType"] == "DATA_MESSAGE");
        got
    }
}

async fn serve(mut stream: TcpStream, status: Arc<AtomicU16>, got: Arc<Mutex<Vec<Value>>>) {
    let mut bytes = Vec::new();
    loop {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let whole = end + 4 + length.trim().parse::<usize>().unwrap();
        if bytes.len() < whole {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        }
        got.lock().unwrap().push(serde_json::from_reader(GzDecoder::new(&bytes[end + 4..whole])).unwrap());
        bytes.drain(..whole);
        let status = status.load(Ordering::SeqCst);
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}
