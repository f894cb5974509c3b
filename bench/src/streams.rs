//! Many long bodies at the same time, made as they go, half of them put and half got.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Method;
use ring::digest::{Context, SHA256};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use wire::sigv4::PayloadSigning;

use crate::Failure;
use crate::http_load::Connection;
use crate::signed;
use crate::upstream::{self, piece};

/// What passed.
#[derive(Default)]
pub struct Passed {
    /// Streams to the server.
    pub puts: usize,
    /// Those of them whose hash is signed.
    pub signed_puts: usize,
    /// Streams from the server.
    pub gets: usize,
    /// Bytes of all puts.
    pub put_bytes: u64,
    /// Bytes of both directions by the time that it took.
    pub megabytes_per_second: f64,
}

/// So many streams of so many bytes, on a connection each. One put of five has a signed hash.
pub async fn run(address: &str, streams: usize, bytes: u64) -> Result<Passed, Failure> {
    let piece = piece();
    let hash = hash(&piece, bytes)?;
    let begin = Arc::new(Barrier::new(streams));
    let mut passed = Passed::default();
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for number in 0..streams {
        let (address, piece, begin) = (address.to_owned(), piece.clone(), begin.clone());
        if number % 2 == 0 {
            passed.gets += 1;
            tasks.spawn(async move {
                let request = signed::s3(&address, Method::GET, &upstream::path(bytes), b"");
                let mut connection = Connection::open(&address).await?;
                begin.wait().await;
                get(&mut connection, &request, bytes).await
            });
            continue;
        }
        let payload = match passed.puts.is_multiple_of(5) {
            true => PayloadSigning::Hashed(hash),
            false => PayloadSigning::Unsigned,
        };
        passed.signed_puts += usize::from(matches!(payload, PayloadSigning::Hashed(_)));
        passed.puts += 1;
        passed.put_bytes += bytes;
        tasks.spawn(async move {
            let head = signed::s3_head(&address, Method::PUT, &format!("/bench/stream-{number}"), payload, bytes);
            let mut connection = Connection::open(&address).await?;
            begin.wait().await;
            connection.exchange_long(&head, &piece, bytes).await
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    passed.megabytes_per_second = (streams as u64 * bytes) as f64 / 1e6 / started.elapsed().as_secs_f64();
    Ok(passed)
}

async fn get(connection: &mut Connection, request: &[u8], bytes: u64) -> Result<(), Failure> {
    let mut got = 0;
    connection.exchange(request, |piece| got += piece.len() as u64).await?;
    if got == bytes { Ok(()) } else { Err(format!("{got} bytes came instead of {bytes}").into()) }
}

/// The SHA-256 of so many bytes, made of a piece.
fn hash(piece: &Bytes, bytes: u64) -> Result<[u8; 32], Failure> {
    let mut context = Context::new(&SHA256);
    let mut left = bytes;
    while left > 0 {
        let length = left.min(piece.len() as u64);
        context.update(&piece[..length as usize]);
        left -= length;
    }
    Ok(context.finish().as_ref().try_into()?)
}
