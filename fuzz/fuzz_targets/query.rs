//! Query forms: the first byte chooses between the form in the body and in the query string.

#![no_main]

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use libfuzzer_sys::fuzz_target;
use wire::RawRequest;
use wire::protocol::Target;
use wire::schema::Protocol;

fuzz_target!(|data: &[u8]| {
    let Some((first, form)) = data.split_first() else { return };
    let mut request = RawRequest {
        method: Method::POST,
        uri: Uri::from_static("/"),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(form),
    };
    request.headers.insert("content-type", "application/x-www-form-urlencoded".parse().expect("a media type"));
    if first & 1 == 1 {
        let Ok(uri) = Uri::try_from([b"/?", form].concat()) else { return };
        request.uri = uri;
        request.body = Bytes::new();
    }
    let service = &fuzz::mini_schema::METRICS;
    let operation = service.operation("Echo").expect("the schema has it");
    fuzz::round_trip(&Target { service, operation, protocol: Protocol::Query }, &request);
    fuzz::the_whole_way(&request);
});
