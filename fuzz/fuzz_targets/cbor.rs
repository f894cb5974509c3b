//! Bodies in CBOR: whatever decodes is encoded and must decode to the same again.

#![no_main]

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use libfuzzer_sys::fuzz_target;
use wire::RawRequest;
use wire::protocol::Target;
use wire::schema::Protocol;

fuzz_target!(|data: &[u8]| {
    let request = RawRequest {
        method: Method::POST,
        uri: Uri::from_static("/"),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(data),
    };
    let service = &fuzz::mini_schema::METRICS;
    let operation = service.operation("Echo").expect("the schema has it");
    fuzz::round_trip(&Target { service, operation, protocol: Protocol::RpcV2Cbor }, &request);
});
