//! Requests for upstreams: what is understood of one is what is understood of the one that is sent on.

#![no_main]

use gateway::{Asked, Service, identify, input, parameters, rebuild, resources};
use libfuzzer_sys::fuzz_target;

const PLACE: resources::Place<'_> = resources::Place { partition: "aws", region: "us-east-1", account: "111122223333" };

fuzz_target!(|data: &[u8]| {
    // The first two bytes choose the service.
    let Some((which, data)) = data.split_first_chunk() else { return };
    let Some(request) = fuzz::request(data) else { return };
    let services = Service::all();
    let signed_for = services[usize::from(u16::from_be_bytes(*which)) % services.len()].signing_name;
    let asked = Asked {
        method: &request.method,
        path: request.uri.path(),
        query: request.uri.query().unwrap_or_default(),
        headers: &request.headers,
        body: &request.body,
        signed_for,
        bucket_of_host: None,
    };
    let Ok(call) = identify(&asked) else { return };
    let Ok(read) = input::input(&call, &asked) else { return };
    assert!(!resources::wanted(&call, &read, PLACE).is_empty());
    let recorded = parameters::request(&call, &asked, read.clone());
    let Ok(rebuilt) = rebuild(&call, &asked) else { return };
    let (path, query) = rebuilt.target.split_once('?').unwrap_or((&rebuilt.target, ""));
    let body = rebuilt.body.as_deref().unwrap_or(&request.body);
    let sent = Asked { method: &rebuilt.method, path, query, headers: &rebuilt.headers, body, ..asked };
    let again = identify(&sent).expect("what is sent on is understood");
    assert_eq!((again.service.name, &again.operation), (call.service.name, &call.operation));
    assert_eq!((&again.labels, &again.parameters), (&call.labels, &call.parameters));
    let reread = input::input(&again, &sent).expect("what is sent on can be read");
    assert_eq!(resources::wanted(&again, &reread, PLACE), resources::wanted(&call, &read, PLACE));
    if call.service.name != "s3" {
        assert_eq!(parameters::request(&again, &sent, reread), recorded);
    }
});
