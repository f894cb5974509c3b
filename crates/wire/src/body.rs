//! Undoing what was done to a body on the way: aws-chunked framing and compression.
//!
//! The signature covers the body as sent, so this comes beside signature checks, not
//! before them. Chunk signatures need the proved seed: see [`decode_signed_content`].

mod aws_chunked;
mod checksum;
mod chunk_stream;

use std::io::Read;

use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;

use crate::error::{WireError, WireErrorKind};
use crate::schema::Protocol;
use crate::sigv4::{AuthError, ChunkVerifier, PayloadHash};

pub use chunk_stream::ChunkStream;

/// The body as its sender had it: aws-chunked framing removed, then `Content-Encoding`
/// (`gzip`, `deflate`, `identity`; `amz-1.0` means nothing and is passed over) undone.
/// `limit` bounds the result in bytes.
///
/// # Errors
/// 413 when the result is larger than `limit`; `MalformedHttpRequestException` 400 when the
/// body is not what its encoding says (cloudwatch.md §1.1); a signature error when the
/// chunks are signed, because nothing here can check them.
pub fn decode_content(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, WireError> {
    decode(headers, body, limit, None)
}

/// Like [`decode_content`] for a body whose chunks are signed, checking each with the
/// verifier that [`crate::sigv4::verify`] returned.
///
/// # Errors
/// As [`decode_content`], and a signature mismatch (403) at the first chunk that is not as signed.
pub fn decode_signed_content(
    headers: &HeaderMap,
    body: Bytes,
    limit: usize,
    chunks: &mut ChunkVerifier,
) -> Result<Bytes, WireError> {
    decode(headers, body, limit, Some(chunks))
}

fn decode(
    headers: &HeaderMap,
    body: Bytes,
    limit: usize,
    chunks: Option<&mut ChunkVerifier>,
) -> Result<Bytes, WireError> {
    let encodings = content_encodings(headers)?;
    let payload = headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()).map(PayloadHash::parse);
    let chunked = encodings.iter().any(|encoding| encoding == "aws-chunked")
        || payload.as_ref().is_some_and(PayloadHash::is_chunked)
        || chunks.is_some();
    let mut body = body;
    if chunked {
        body = aws_chunked::decode(headers, &body, payload.as_ref(), limit, chunks)?;
    }
    // Each coding is one pass over all bytes: more than one is never sent by a client of ours.
    if encodings.iter().filter(|encoding| *encoding != "aws-chunked").count() > 1 {
        return Err(WireError::undecodable("Only one Content-Encoding is supported"));
    }
    // The last coding applied stands last; aws-chunked is always the outermost, wherever it stands.
    for encoding in encodings.iter().rev() {
        body = match encoding.as_str() {
            "gzip" | "x-gzip" => expand(MultiGzDecoder::new(&body[..]), limit)?,
            "deflate" => inflate(&body, limit)?,
            _ => body,
        };
    }
    if body.len() > limit { Err(WireError::too_large(limit)) } else { Ok(body) }
}

fn content_encodings(headers: &HeaderMap) -> Result<Vec<String>, WireError> {
    let mut encodings = Vec::new();
    for value in headers.get_all("content-encoding") {
        let value = value.to_str().map_err(|_| WireError::undecodable("Unreadable Content-Encoding"))?;
        for encoding in value.split(',').map(|encoding| encoding.trim().to_ascii_lowercase()) {
            match encoding.as_str() {
                "" | "identity" | "amz-1.0" => {}
                "gzip" | "x-gzip" | "deflate" | "aws-chunked" => encodings.push(encoding),
                other => return Err(WireError::undecodable(&format!("Unsupported Content-Encoding: {other}"))),
            }
        }
    }
    Ok(encodings)
}

/// HTTP means zlib by `deflate`; some clients send the bare stream. A zlib header is told
/// by its check bits.
fn inflate(body: &Bytes, limit: usize) -> Result<Bytes, WireError> {
    let zlib = matches!(body[..], [head, flags, ..]
        if head & 0x0f == 8 && (u16::from(head) << 8 | u16::from(flags)).is_multiple_of(31));
    if zlib { expand(ZlibDecoder::new(&body[..]), limit) } else { expand(DeflateDecoder::new(&body[..]), limit) }
}

fn expand(decoder: impl Read, limit: usize) -> Result<Bytes, WireError> {
    let mut out = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(bound)
        .read_to_end(&mut out)
        .map_err(|_| WireError::undecodable("The request body could not be decompressed"))?;
    if out.len() > limit {
        return Err(WireError::too_large(limit));
    }
    Ok(Bytes::from(out))
}

/// A chunk or trailer that is not as signed.
fn badly_signed(error: &AuthError) -> WireError {
    WireError::new(WireErrorKind::Integrity, Protocol::Query, error.name(), error.code(), error.status())
        .with_message(error.message())
}

#[cfg(test)]
mod tests;
