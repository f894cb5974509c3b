//! Chunked and compressed bodies: the first byte chooses the headers. The result never
//! exceeds the limit, and signed chunks never pass unverified.

#![no_main]

use bytes::Bytes;
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use wire::body::decode_content;

const LIMIT: usize = 1 << 16;
const ENCODINGS: [&str; 6] = ["aws-chunked", "aws-chunked,gzip", "gzip", "deflate", "gzip,deflate,aws-chunked", ""];
const PAYLOADS: [&str; 4] =
    ["", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"];

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let choice = usize::from(*choice);
    let mut headers = HeaderMap::new();
    let encoding = ENCODINGS[choice % ENCODINGS.len()];
    headers.insert("content-encoding", encoding.parse().expect("a header value"));
    let payload = PAYLOADS[choice / ENCODINGS.len() % PAYLOADS.len()];
    if !payload.is_empty() {
        headers.insert("x-amz-content-sha256", payload.parse().expect("a header value"));
    }
    if let Ok(decoded) = decode_content(&headers, Bytes::copy_from_slice(body), LIMIT) {
        assert!(decoded.len() <= LIMIT);
        assert!(!payload.starts_with("STREAMING-AWS4"));
    }
});
