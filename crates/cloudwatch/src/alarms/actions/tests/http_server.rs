//! A small server that keeps what it is asked and answers as a function says.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server on a port of its own.
pub(super) struct HttpServer {
    /// `http://127.0.0.1:PORT`.
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpServer {
    /// A server that answers each request, head and body, with a status and a body.
    pub(super) async fn start(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (asked.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(exchange(stream, kept.clone(), answer.clone()));
            }
        });
        Self { url, asked }
    }

    /// What was asked so far, head and body.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The bodies of what was asked.
    pub(super) fn bodies(&self) -> Vec<String> {
        self.asked().iter().map(|text| text.split_once("\r\n\r\n").unwrap().1.to_owned()).collect()
    }
}

async fn exchange(
    mut stream: TcpStream,
    kept: Arc<Mutex<Vec<String>>>,
    answer: Arc<impl Fn(&str) -> (u16, String) + Send + Sync + 'static>,
) {
    let mut bytes = Vec::new();
    let text = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break text;
        }
    };
    let (status, body) = answer(&text);
    kept.lock().unwrap().push(text);
    let length = body.len();
    let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(reply.as_bytes()).await.unwrap();
}
