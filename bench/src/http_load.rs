//! A small HTTP/1.1 load generator: the same bytes over and over on kept-alive connections.

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

/// Sends each request over and over on a connection of its own for about `time`, at least
/// once; every answer must have status 200.
pub async fn run(address: &str, requests: &[Vec<u8>], time: Duration) -> Result<Load, Failure> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    for request in requests {
        let (address, request) = (address.to_owned(), request.clone());
        tasks.push(tokio::spawn(async move { connection(&address, &request, started + time).await }));
    }
    let mut times_ms = Vec::new();
    for task in tasks {
        times_ms.extend(task.await??);
    }
    Ok(Load { per_second: times_ms.len() as f64 / started.elapsed().as_secs_f64(), times_ms })
}

async fn connection(address: &str, request: &[u8], until: Instant) -> Result<Vec<f64>, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut buffer, mut times) = (Vec::with_capacity(64 << 10), Vec::new());
    loop {
        let sent = Instant::now();
        stream.write_all(request).await?;
        answer(&mut stream, &mut buffer).await?;
        times.push(sent.elapsed().as_secs_f64() * 1000.0);
        if Instant::now() >= until {
            return Ok(times);
        }
    }
}

async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(), Failure> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head])?;
        if !text.starts_with("HTTP/1.1 200") {
            return Err(format!("unexpected answer: {}", String::from_utf8_lossy(buffer)).into());
        }
        let length =
            text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
        let length: usize = length.ok_or("no content-length")?.trim().parse()?;
        while buffer.len() < head + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                return Err("the answer was cut short".into());
            }
        }
        return Ok(());
    }
}
