//! Buckets in the name of the host, and which unsigned requests are S3's.

use http::request::Parts;
use http::{HeaderMap, Method, Uri, header};
use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// `BUCKET.s3.REST`, whatever the rest is.
pub(super) struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        Ok(match bucket_in(host) {
            Some(bucket) => VirtualHost::new(host).with_bucket(bucket),
            None => VirtualHost::new(host),
        })
    }
}

/// The bucket in the name of a host.
pub fn bucket_in(host: &str) -> Option<&str> {
    let at = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    (at > 0).then(|| &host[..at])
}

/// Whether an unsigned request can only be meant for S3: it names a bucket and a key, or its host says so. The other
/// services are asked at `/`, by forms and targets.
pub fn looks_like_s3(parts: &Parts) -> bool {
    is_s3(&parts.method, &parts.uri, &parts.headers)
}

fn is_s3(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if bucket_in(host).is_some() || host.starts_with("s3.") {
        return true;
    }
    let path = uri.path();
    let bucket = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_bucket = s3s::path::check_bucket_name(bucket);
    let reads_or_writes =
        matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS);
    let by_other_protocols = headers.contains_key("x-amz-target") || headers.contains_key("smithy-protocol");
    is_bucket && !by_other_protocols && (reads_or_writes || (*method == Method::POST && uri.query().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_name_a_bucket() {
        let table = [
            ("b.s3.localhost:4566", Some("b")),
            ("a.b.s3.eu-west-1.amazonaws.com", Some("a.b")),
            ("b.s3-eu-west-1.amazonaws.com", Some("b")),
            ("s3.localhost", None),
            ("localhost:4566", None),
            (".s3.x", None),
        ];
        for (host, expected) in table {
            assert_eq!(bucket_in(host), expected, "{host}");
        }
    }

    #[test]
    fn unsigned_requests_of_paths_are_s3s() {
        let is = |method: Method, uri: &str, header: Option<&'static str>| {
            let headers = header.map(|name| (http::HeaderName::from_static(name), "x".parse().unwrap()));
            is_s3(&method, &uri.parse().unwrap(), &headers.into_iter().collect())
        };
        assert!(is(Method::GET, "/my-bucket/a", None));
        assert!(is(Method::GET, "/my-bucket?list-type=2", None));
        assert!(is(Method::PUT, "/my-bucket", None));
        assert!(!is(Method::GET, "/", None));
        assert!(!is(Method::POST, "/", None));
        assert!(!is(Method::GET, "/_trailwatch/health", None));
        assert!(!is(Method::POST, "/service/GraniteServiceVersion20100801/operation/PutMetricData", None));
        assert!(!is(Method::PUT, "/my-bucket", Some("x-amz-target")));
    }
}
