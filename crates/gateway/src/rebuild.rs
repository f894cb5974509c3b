//! The request as it is sent on: made of what was understood, and of nothing else.
//!
//! A header that no list here names is not sent on: not one that some servers take for another method or another path,
//! and none that belongs to a connection. What a signature holds is left to whoever signs anew.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use wire::percent;

use crate::copy_source::CopySource;
use crate::identify::{Asked, Call};
use crate::tables::Dialect;

/// A request to sign and send.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    /// The method.
    pub method: Method,
    /// Path and query string.
    pub target: String,
    /// The headers, without the host's, lengths and a signature.
    pub headers: HeaderMap,
    /// The body where it is a form, written anew; else the caller's own is sent.
    pub body: Option<Vec<u8>>,
}

/// What a copy is made of.
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");

/// Headers that are sent on as they came.
const SENT_ON: &[&str] = &[
    "accept",
    "cache-control",
    "content-disposition",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "smithy-protocol",
    "user-agent",
];

/// Headers that begin like this are sent on too, but for those below.
const PREFIXES: &[&str] = &["amz-sdk-", "x-amz-", "x-amzn-"];

/// Those that a signature makes anew, that frame a body which is taken out of its frame, or that trace connections.
const LEFT_OUT: &[&str] = &[
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-region-set",
    "x-amz-security-token",
    "x-amz-target",
    "x-amz-te",
    "x-amz-trailer",
    "x-amzn-trace-id",
];

/// The request of a call. `asked` is what the call was understood from.
///
/// # Errors
/// The name of a header that stands twice.
pub fn rebuild(call: &Call, asked: &Asked<'_>) -> Result<Rebuilt, HeaderName> {
    let mut headers = HeaderMap::new();
    for name in asked.headers.keys().filter(|name| is_sent_on(call, name.as_str())) {
        let mut values = asked.headers.get_all(name).iter();
        let value = values.next().cloned();
        if values.next().is_some() {
            return Err(name.clone());
        }
        headers.extend(value.map(|value| (name.clone(), value)));
    }
    if let Some(encoding) = content_encoding(asked.headers) {
        headers.insert(http::header::CONTENT_ENCODING, encoding);
    }
    // A copy's source is an identity too: what was permitted is what is sent, in the one spelling.
    if call.service.name == "s3"
        && let Some(source) = headers.get_mut(COPY_SOURCE)
    {
        let read = source.to_str().ok().and_then(CopySource::read);
        let written = read.and_then(|read| HeaderValue::try_from(read.written()).ok());
        *source = written.ok_or(COPY_SOURCE)?;
    }
    // The operation is the one that was understood, not the one that was written.
    if call.dialect == Dialect::Json
        && let Some(prefix) = call.service.target
        && let Ok(target) = HeaderValue::try_from(format!("{prefix}.{}", call.operation))
    {
        headers.insert("x-amz-target", target);
    }
    let method = call.method.clone();
    let rebuilt = match call.dialect {
        Dialect::Json => Rebuilt { method, target: "/".to_owned(), headers, body: None },
        Dialect::Cbor => {
            let service = call.service.target.unwrap_or_default();
            let target = format!("/service/{service}/operation/{}", call.operation);
            Rebuilt { method, target, headers, body: None }
        }
        Dialect::Query | Dialect::Ec2 => form(call, headers),
        Dialect::RestJson | Dialect::RestXml => Rebuilt {
            method,
            target: with_query(&call.path.encoded(), &encoded(&call.parameters)),
            headers,
            body: None,
        },
    };
    Ok(rebuilt)
}

/// Whether a header of this name is sent on.
pub(crate) fn is_sent_on(call: &Call, name: &str) -> bool {
    let is_rest = matches!(call.dialect, Dialect::RestJson | Dialect::RestXml);
    // What tells operations in one dialect is not sent on in another.
    let is_others_mark = name == "smithy-protocol" && call.dialect != Dialect::Cbor;
    let listed = SENT_ON.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let is_member = is_rest && call.service.header_member(name).is_some() && !is_of_connection(name);
    (listed || is_member) && !LEFT_OUT.contains(&name) && !is_others_mark
}

/// Headers that are another's even where a model has a member for them.
fn is_of_connection(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.contains(&name)
}

/// The body's own encodings, without the framing that is taken off.
fn content_encoding(headers: &HeaderMap) -> Option<HeaderValue> {
    let all: Vec<&str> = headers
        .get_all(http::header::CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    if all.is_empty() { None } else { HeaderValue::try_from(all.join(", ")).ok() }
}

/// `Action`, `Version` and the parameters: where the caller had them, in the URL or in a form.
fn form(call: &Call, mut headers: HeaderMap) -> Rebuilt {
    let mut pairs = vec![("Action".to_owned(), call.operation.clone())];
    pairs.extend(call.version.iter().map(|version| ("Version".to_owned(), version.clone())));
    pairs.extend(call.parameters.iter().cloned());
    let text = encoded(&pairs);
    let path = call.path.encoded();
    if call.method == Method::GET {
        return Rebuilt { method: Method::GET, target: with_query(&path, &text), headers, body: None };
    }
    let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
    headers.insert(http::header::CONTENT_TYPE, form);
    // It was of the form as it was written.
    headers.remove("content-md5");
    headers.remove(http::header::CONTENT_ENCODING);
    Rebuilt { method: Method::POST, target: path, headers, body: Some(text.into_bytes()) }
}

fn encoded(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        percent::encode_into(&mut out, name.as_bytes());
        out.push('=');
        percent::encode_into(&mut out, value.as_bytes());
    }
    out
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests;
