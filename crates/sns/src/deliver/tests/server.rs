//! A small HTTP server that keeps what it was sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// What is answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    // The status from the second time on that the same body comes.
    then: u16,
    body: String,
}

impl Answer {
    pub fn new(status: u16, body: &str) -> Self {
        Self { status, then: status, body: body.to_owned() }
    }

    pub fn once_else(status: u16, then: u16, body: &str) -> Self {
        Self { status, then, body: body.to_owned() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub head: String,
    pub body: String,
}

/// What decides the answer to a body.
type Answers = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

pub(super) struct Server {
    address: String,
    got: Arc<Mutex<Vec<Request>>>,
    arrived: Arc<Notify>,
    connected: Arc<Notify>,
    released: Arc<Semaphore>,
}

impl Server {
    pub async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::serving(Some(Arc::new(answer))).await
    }

    /// Answers 200 to everything, when it is [released](Self::release).
    pub async fn holding() -> Self {
        Self::serving(None).await
    }

    /// Lets the answers go.
    pub fn release(&self) {
        self.released.add_permits(1_000);
    }

    /// Takes connections, and never answers.
    pub async fn hanging() -> Self {
        Self::serving(None).await
    }

    async fn serving(answer: Option<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            got: Arc::default(),
            arrived: Arc::default(),
            connected: Arc::default(),
            released: Arc::new(Semaphore::new(0)),
        };
        let (got, arrived, connected) = (server.got.clone(), server.arrived.clone(), server.connected.clone());
        let released = server.released.clone();
        let seen: Arc<Mutex<HashSet<String>>> = Arc::default();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connected.notify_one();
                let (got, arrived, answer, seen) = (got.clone(), arrived.clone(), answer.clone(), seen.clone());
                let released = released.clone();
                tokio::spawn(async move {
                    match answer {
                        Some(answer) => serve(stream, &got, &arrived, &*answer, &seen).await,
                        None => {
                            let _permit = released.acquire().await.unwrap();
                            serve(stream, &got, &arrived, &|_| Answer::new(200, ""), &seen).await;
                        }
                    }
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    pub async fn connected(&self) {
        self.connected.notified().await;
    }

    pub fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }

    /// The only request.
    pub fn one(&self) -> Request {
        let got = self.got.lock().unwrap();
        assert_eq!(got.len(), 1, "{got:?}");
        got[0].clone()
    }

    pub fn heads(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|request| request.head.clone()).collect()
    }

    pub fn json(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        got.iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    got: &Mutex<Vec<Request>>,
    arrived: &Notify,
    answer: &(dyn Fn(&str) -> Answer + Send + Sync),
    seen: &Mutex<HashSet<String>>,
) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let complete = text.split_once("\r\n\r\n").and_then(|(head, body)| {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap_or(0);
            (body.len() >= length).then(|| (head.to_owned(), body[..length].to_owned()))
        });
        let Some((head, body)) = complete else {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        bytes.clear();
        let answer = answer(&body);
        let is_first = seen.lock().unwrap().insert(body.clone());
        got.lock().unwrap().push(Request { head, body });
        arrived.notify_one();
        let (status, length) = (if is_first { answer.status } else { answer.then }, answer.body.len());
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{}", answer.body);
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}
