//! Event streams: the frames that an answer consists of when it goes on for a while (logs.md LT-2, LT-3).
//!
//! A frame is its length and the length of its headers (both 32-bit, big-endian), a CRC-32 of those, the
//! headers, the payload, and a CRC-32 of all before.

use bytes::{BufMut, Bytes, BytesMut};
use flate2::Crc;

use crate::json;
use crate::schema::Protocol;
use crate::value::Struct;

/// The media type of a stream.
pub const MEDIA_TYPE: &str = "application/vnd.amazon.eventstream";

/// Headers whose values are texts are the only kind that services send.
const TEXT: u8 = 7;

/// The frame that a stream over an RPC protocol must begin with (logs.md LT-3).
pub fn initial_response(protocol: Protocol) -> Bytes {
    frame(
        &[
            (":message-type", "event"),
            (":event-type", "initial-response"),
            (":content-type", json::media_type(protocol)),
        ],
        b"{}",
    )
}

/// An event of the stream: a member of its union, by name, as JSON.
pub fn event(name: &str, value: &Struct) -> Bytes {
    let headers = [(":message-type", "event"), (":event-type", name), (":content-type", "application/json")];
    frame(&headers, &json::encode(value))
}

/// The exception that ends a stream.
pub fn exception(name: &str, message: &str) -> Bytes {
    let headers = [(":message-type", "exception"), (":exception-type", name), (":content-type", "application/json")];
    let payload = serde_json::json!({ "message": message }).to_string();
    frame(&headers, payload.as_bytes())
}

fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let header_bytes: usize = headers.iter().map(|(name, value)| 4 + name.len() + value.len()).sum();
    let total = 16 + header_bytes + payload.len();
    let mut frame = BytesMut::with_capacity(total);
    frame.put_u32(u32::try_from(total).expect("no event is as large as 4 GiB"));
    frame.put_u32(u32::try_from(header_bytes).expect("headers are short"));
    frame.put_u32(crc(&frame));
    for (name, value) in headers {
        frame.put_u8(u8::try_from(name.len()).expect("names of headers are short"));
        frame.put_slice(name.as_bytes());
        frame.put_u8(TEXT);
        frame.put_u16(u16::try_from(value.len()).expect("values of headers are short"));
        frame.put_slice(value.as_bytes());
    }
    frame.put_slice(payload);
    frame.put_u32(crc(&frame));
    frame.freeze()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes are those that botocore's own decoder is tested with: an empty message and one with a header.
    #[test]
    fn frames_are_laid_out_as_documented() {
        assert_eq!(
            frame(&[], b""),
            [0, 0, 0, 0x10, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff].as_slice()
        );
        let framed = frame(&[("content-type", "application/json")], b"{'foo':'bar'}");
        assert_eq!(framed.len(), 0x3d);
        assert_eq!(framed[..12], [0, 0, 0, 0x3d, 0, 0, 0, 0x20, 0x07, 0xfd, 0x83, 0x96]);
        assert_eq!(framed[12..29], *b"\x0ccontent-type\x07\0\x10a");
        assert_eq!(framed[0x39..], [0x8d, 0x9c, 0x08, 0xb1]);
    }

    #[test]
    fn a_stream_begins_with_its_initial_response() {
        let framed = initial_response(Protocol::Json11);
        let text = String::from_utf8_lossy(&framed);
        assert!(text.contains(":event-type\u{7}\0\u{10}initial-response"));
        assert!(text.contains("application/x-amz-json-1.1{}"));
    }
}
