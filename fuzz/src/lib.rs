//! What the fuzz targets share: the small schema of the wire's own tests, and requests built
//! from whatever bytes come.

// The schema's file speaks of `crate::schema`.
pub use wire::schema;

#[path = "../../crates/wire/src/mini_schema.rs"]
pub mod mini_schema;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use wire::RawRequest;
use wire::protocol::{Target, decode_input, encode_error, encode_output, identify};
use wire::schema::Protocol;

/// A request in the form of HTTP/1.1: a request line, header lines, an empty line, the body.
/// Lines that are none are passed over; `None` when there is no usable request line.
pub fn request(data: &[u8]) -> Option<RawRequest> {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut line = lines.next()?.splitn(2, |byte| *byte == b' ');
    let method = Method::from_bytes(line.next()?).ok()?;
    let uri = Uri::try_from(line.next()?).ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().and_then(|name| HeaderName::from_bytes(name).ok());
        let value = parts.next().and_then(|value| HeaderValue::from_bytes(value.trim_ascii()).ok());
        if let (Some(name), Some(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    Some(RawRequest { method, uri, headers, body: Bytes::copy_from_slice(body) })
}

/// Takes a request the whole way and holds what must hold of any: an input that decodes can
/// be validated and encoded, and in JSON and CBOR decodes to the same again.
pub fn the_whole_way(request: &RawRequest) {
    let target = match identify(request, &mini_schema::SERVICES, None, &request.body) {
        Ok(target) => target,
        Err(error) => {
            let answer = encode_error(error.protocol, error.service, &error.parts(), "id", request.query_mode());
            assert!((400..600).contains(&answer.status));
            return;
        }
    };
    round_trip(&target, request);
}

/// As [`the_whole_way`], for a target that is known.
pub fn round_trip(target: &Target, request: &RawRequest) {
    let input = match decode_input(target, request, &request.body) {
        Ok(input) => input,
        Err(error) => {
            assert_eq!(error.status, 400);
            return;
        }
    };
    if let Some(shape) = target.operation.input {
        let violations = wire::validate(shape, &input);
        assert_eq!(violations.is_empty(), wire::validate::message(&violations).is_empty());
    }
    let answer = encode_output(target, &input, "id");
    let again = match target.protocol {
        Protocol::Json10 | Protocol::Json11 | Protocol::RpcV2Cbor if target.operation.output.is_some() => {
            RawRequest { body: answer.body, ..request.clone() }
        }
        _ => return,
    };
    let decoded = decode_input(target, &again, &again.body).expect("what was encoded decodes");
    let encoded = encode_output(target, &decoded, "id");
    // Compared as bytes: a NaN is no value's equal, not even its own.
    assert_eq!(encoded.body, again.body);
}
