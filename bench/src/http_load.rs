//! A small HTTP/1.1 load generator on kept-alive connections. Every answer must be a success.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// What a load came to.
pub struct Load {
    /// Answers a second over all connections.
    pub per_second: f64,
    /// Time of each request in milliseconds.
    pub times_ms: Vec<f64>,
}

/// Sends each request over and over on a connection of its own for about `time`, at least once.
pub async fn run(address: &str, requests: &[Vec<u8>], time: Duration) -> Result<Load, Failure> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    for request in requests {
        let (address, request) = (address.to_owned(), request.clone());
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut times_ms = Vec::new();
            while times_ms.is_empty() || started.elapsed() < time {
                times_ms.push(connection.timed(&request).await?);
            }
            Ok(times_ms)
        }));
    }
    finish(started, tasks).await
}

/// Sends each list of requests, one after the other, on a connection of its own.
pub async fn run_through(address: &str, lists: Vec<Vec<Vec<u8>>>) -> Result<Load, Failure> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    for requests in lists {
        let address = address.to_owned();
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut times_ms = Vec::with_capacity(requests.len());
            for request in requests {
                times_ms.push(connection.timed(&request).await?);
            }
            Ok(times_ms)
        }));
    }
    finish(started, tasks).await
}

/// Sends one request, and gives the body of its answer.
pub async fn call(address: &str, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut body = Vec::new();
    connection.exchange(request, |piece| body.extend_from_slice(piece)).await?;
    Ok(body)
}

async fn finish(
    started: Instant,
    tasks: Vec<tokio::task::JoinHandle<Result<Vec<f64>, Failure>>>,
) -> Result<Load, Failure> {
    let mut times_ms = Vec::new();
    for task in tasks {
        times_ms.extend(task.await??);
    }
    Ok(Load { per_second: times_ms.len() as f64 / started.elapsed().as_secs_f64(), times_ms })
}

/// A connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 << 10) })
    }

    /// Milliseconds from the request to the end of its answer.
    async fn timed(&mut self, request: &[u8]) -> Result<f64, Failure> {
        let sent = Instant::now();
        self.exchange(request, |_| {}).await?;
        Ok(sent.elapsed().as_secs_f64() * 1000.0)
    }

    /// Sends a request and hands over the body of its answer as it comes.
    pub async fn exchange(&mut self, request: &[u8], take: impl FnMut(&[u8])) -> Result<(), Failure> {
        self.stream.write_all(request).await?;
        self.answer(take).await
    }

    /// Sends a head, and as its body so many bytes of a piece that is sent again and again.
    pub async fn exchange_long(&mut self, head: &[u8], piece: &[u8], bytes: u64) -> Result<(), Failure> {
        self.stream.write_all(head).await?;
        let mut left = bytes;
        while left > 0 {
            let length = left.min(piece.len() as u64);
            self.stream.write_all(&piece[..length as usize]).await?;
            left -= length;
        }
        self.answer(|_| {}).await
    }

    async fn answer(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), Failure> {
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            if let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break head;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        if !text.starts_with("HTTP/1.1 2") {
            return Err(format!("unexpected answer: {}", String::from_utf8_lossy(&self.buffer)).into());
        }
        let has_body = !text.starts_with("HTTP/1.1 204");
        let length =
            text.lines().find_map(|line| Some(line.to_ascii_lowercase().strip_prefix("content-length:")?.to_owned()));
        let mut left: usize = match length {
            Some(length) => length.trim().parse()?,
            None if has_body => return Err("no content-length".into()),
            None => 0,
        };
        let mut at = head + 4;
        loop {
            let piece = &self.buffer[at..];
            left = left.checked_sub(piece.len()).ok_or("the answer is longer than it says")?;
            take(piece);
            if left == 0 {
                return Ok(());
            }
            self.buffer.clear();
            at = 0;
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), Failure> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}
