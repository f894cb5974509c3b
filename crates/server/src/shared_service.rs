//! A service that is shared: of Systems Manager the server serves what is about inventory, and an upstream, where there
//! is one, all else.
//!
//! Whose a call is tells the name of its operation; of operations on tags the type of the resource, which is in the body.
//! What is told here by a head that is not understood yet is told again when the gateway has understood the call
//! ([`is_own`]), so that no spelling leads a call past the server that is its own.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value as Json};
use ssm::{Serves, Ssm};

/// The service, by its signing name, which is its name too.
const SERVICE: &str = "ssm";

/// What `X-Amz-Target` starts with.
const PREFIX: &str = "AmazonSSM.";

/// The resources whose tags are the server's own affair.
const HOSTS: &str = "ManagedInstance";

/// Whose a call of a shared service is, as far as its head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The server's own.
    Own,
    /// An upstream's, where there is one. So is what names nothing that can be told: whoever sends it on refuses it.
    Upstreams,
    /// The body tells.
    ToldByBody,
}

/// Whose a call is; `None` for services that are not shared.
pub fn share(signed_for: &str, headers: &HeaderMap) -> Option<Share> {
    if signed_for != SERVICE {
        return None;
    }
    let mut targets = headers.get_all("x-amz-target").iter();
    let (Some(target), None) = (targets.next(), targets.next()) else { return Some(Share::Upstreams) };
    let operation = target.to_str().ok().and_then(|target| target.strip_prefix(PREFIX));
    Some(match operation.map_or(Serves::None, Ssm::serves) {
        Serves::All => Share::Own,
        Serves::Hosts => Share::ToldByBody,
        Serves::None => Share::Upstreams,
    })
}

/// Whether the body of a call that [`Share::ToldByBody`] makes it the server's own. One that cannot be read does not.
pub fn is_own_by_body(headers: &HeaderMap, body: &Bytes, bytes_max: usize) -> bool {
    let Ok(body) = wire::body::decode_content(headers, body.clone(), bytes_max) else { return false };
    serde_json::from_slice::<Map<String, Json>>(&body).is_ok_and(|input| names_host(&input))
}

/// Whether a call that was understood is the server's own.
pub fn is_own(service: &str, operation: &str, input: &Map<String, Json>) -> bool {
    service == SERVICE
        && match Ssm::serves(operation) {
            Serves::All => true,
            Serves::Hosts => names_host(input),
            Serves::None => false,
        }
}

fn names_host(input: &Map<String, Json>) -> bool {
    input.get("ResourceType").and_then(Json::as_str) == Some(HOSTS)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn shared(targets: &[&'static str]) -> Option<Share> {
        let mut headers = HeaderMap::new();
        for target in targets {
            headers.append("x-amz-target", HeaderValue::from_static(target));
        }
        share("ssm", &headers)
    }

    #[test]
    fn a_head_tells_whose_a_call_is() {
        for (targets, expected) in [
            (&["AmazonSSM.PutInventory"][..], Share::Own),
            (&["AmazonSSM.RegisterManagedInstance"], Share::Own),
            (&["AmazonSSM.GetParameter"], Share::Upstreams),
            (&["AmazonSSM.AddTagsToResource"], Share::ToldByBody),
            (&["AmazonSSM.putinventory"], Share::Upstreams),
            (&["Other.PutInventory"], Share::Upstreams),
            (&["AmazonSSM.PutInventory", "AmazonSSM.GetParameter"], Share::Upstreams),
            (&[], Share::Upstreams),
        ] {
            assert_eq!(shared(targets), Some(expected), "{targets:?}");
        }
        assert_eq!(share("monitoring", &HeaderMap::new()), None);
    }

    #[test]
    fn what_is_understood_tells_it_again() {
        let input = |text: &str| serde_json::from_str::<Map<String, Json>>(text).unwrap();
        for (service, operation, text, expected) in [
            ("ssm", "PutInventory", "{}", true),
            ("ssm", "GetParameter", "{}", false),
            ("ssm", "AddTagsToResource", r#"{"ResourceType":"ManagedInstance"}"#, true),
            ("ssm", "AddTagsToResource", r#"{"ResourceType":"Parameter"}"#, false),
            ("ssm", "AddTagsToResource", "{}", false),
            ("ec2", "PutInventory", "{}", false),
        ] {
            assert_eq!(is_own(service, operation, &input(text)), expected, "{service} {operation} {text}");
        }
    }

    #[test]
    fn a_body_is_the_servers_own_when_it_names_a_host() {
        for (body, expected) in [
            (r#"{"ResourceType":"ManagedInstance","ResourceId":"mi-1"}"#, true),
            (r#"{"ResourceType":"Parameter"}"#, false),
            (r#"{"ResourceType":["ManagedInstance"]}"#, false),
            ("not JSON", false),
            ("", false),
        ] {
            assert_eq!(
                is_own_by_body(&HeaderMap::new(), &Bytes::from_static(body.as_bytes()), 1024),
                expected,
                "{body}"
            );
        }
    }
}
