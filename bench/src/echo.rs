//! The limit that calls are held against: an axum server that hashes the body and echoes it.

use std::io::Write as _;

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use ring::digest::{SHA256, digest};

use crate::Failure;

/// Serves on a free port and prints `echo ready ADDR`.
pub async fn serve() -> Result<(), Failure> {
    let app = Router::new().fallback(any(echo));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    writeln!(out, "echo ready http://{}", listener.local_addr()?)?;
    out.flush()?;
    axum::serve(listener, app).await?;
    Ok(())
}

async fn echo(body: Bytes) -> ([(&'static str, String); 1], Bytes) {
    let hash = digest(&SHA256, &body);
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    ([("x-sha256", hex)], body)
}
