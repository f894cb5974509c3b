//! Parsers of formats of AWS: flow logs of VPC in the default format, public query logs of Route 53, and standard
//! access logs of CloudFront.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Event, Step};

/// A format.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    Vpc,
    Route53,
    Cloudfront,
}

const VPC: [&str; 14] = [
    "version",
    "accountId",
    "interfaceId",
    "srcAddr",
    "dstAddr",
    "srcPort",
    "dstPort",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "logStatus",
];

const ROUTE_53: [&str; 10] = [
    "version",
    "queryTimestamp",
    "hostZoneId",
    "queryName",
    "queryType",
    "responseCode",
    "protocol",
    "edgeLocation",
    "resolverIp",
    "ednsClientSubnet",
];

/// The fields of CloudFront's access logs, in their order.
pub const CLOUDFRONT_FIELDS: [&str; 33] = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
];

impl Step for Format {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let (what, names): (&str, &[&str]) = match self {
            Self::Vpc => ("VPC flow log in the default format", &VPC),
            Self::Route53 => ("Route 53 query log", &ROUTE_53),
            Self::Cloudfront => ("CloudFront access log", &CLOUDFRONT_FIELDS),
        };
        let words: Vec<&str> = event.message.split_whitespace().collect();
        if words.len() != names.len() {
            return Err(format!("The log event is no {what}."));
        }
        for (name, word) in names.iter().zip(words) {
            let value = match self {
                // An account's number is no number: it may begin with zeros.
                Self::Vpc if *name == "accountId" => Value::from(word),
                Self::Cloudfront => number(word).unwrap_or_else(|| Value::from(decoded(word))),
                _ => number(word).unwrap_or_else(|| Value::from(word)),
            };
            event.root.insert((*name).to_owned(), value);
        }
        Ok(())
    }
}

/// The number that a word is, whole or with a fraction.
fn number(word: &str) -> Option<Value> {
    if !word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    match word.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => word.parse::<f64>().ok().map(Value::from),
    }
}

/// A field of CloudFront, which encodes some twice.
fn decoded(word: &str) -> String {
    let once = percent_decode_str(word).decode_utf8_lossy().into_owned();
    percent_decode_str(&once).decode_utf8_lossy().into_owned()
}
