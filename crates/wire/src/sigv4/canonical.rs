//! The canonical request: the one text that both sides must arrive at.

use base::Timestamp;

use super::key::sha256_hex;
use super::{ALGORITHM, PathStyle};
use crate::percent;
use crate::request::RawRequest;

/// The canonical request for these signed headers (lower case, in the order they are
/// written) and this payload hash.
pub(crate) fn request(request: &RawRequest, signed: &[String], payload: &str, style: PathStyle) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b'\n');
    out.extend_from_slice(path(request.uri.path(), style).as_bytes());
    out.push(b'\n');
    out.extend_from_slice(query(request.uri.query().unwrap_or_default()).as_bytes());
    out.push(b'\n');
    for name in signed {
        header(&mut out, request, name);
    }
    out.push(b'\n');
    out.extend_from_slice(signed.join(";").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    out
}

/// The string that the key signs.
pub(crate) fn string_to_sign(at: Timestamp, scope: &str, canonical: &[u8]) -> String {
    format!("{ALGORITHM}\n{}\n{scope}\n{}", at.iso_basic(), sha256_hex(canonical))
}

fn path(raw: &str, style: PathStyle) -> String {
    let mut out = String::with_capacity(raw.len() + 8);
    match style {
        PathStyle::Normalised => percent::encode_path_into(&mut out, normalise(raw).as_bytes()),
        PathStyle::Verbatim => percent::encode_path_into(&mut out, &percent::decode(raw.as_bytes())),
    }
    if out.is_empty() {
        out.push('/');
    }
    out
}

/// Removes `.`, `..` and empty segments; a trailing slash stays.
fn normalise(raw: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut out = String::with_capacity(raw.len());
    for segment in &kept {
        out.push('/');
        out.push_str(segment);
    }
    let ends_open = raw.ends_with('/') || raw.ends_with("/.") || raw.ends_with("/..");
    if out.is_empty() || ends_open {
        out.push('/');
    }
    out
}

/// Pairs decoded, encoded in the one canonical way, sorted, without the signature itself.
fn query(raw: &str) -> String {
    let mut pairs: Vec<(String, String)> = percent::raw_pairs(raw.as_bytes())
        .map(|(key, value)| (recode(key), recode(value)))
        .filter(|(key, _)| key != "X-Amz-Signature")
        .collect();
    pairs.sort();
    let mut out = String::with_capacity(raw.len() + 16);
    for (key, value) in &pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(key);
        out.push('=');
        out.push_str(value);
    }
    out
}

fn recode(component: &[u8]) -> String {
    let mut out = String::with_capacity(component.len());
    percent::encode_into(&mut out, &percent::decode_component(component));
    out
}

/// `name:value\n`, several values joined by commas in the order they came, blanks trimmed
/// and folded. A signed header that is absent has an empty value, which then cannot match.
fn header(out: &mut Vec<u8>, request: &RawRequest, name: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let mut first = true;
    for value in request.headers.get_all(name) {
        if !first {
            out.push(b',');
        }
        first = false;
        fold(out, value.as_bytes());
    }
    // HTTP/2 has `:authority` in place of the header.
    if first
        && name == "host"
        && let Some(authority) = request.uri.authority()
    {
        out.extend_from_slice(authority.as_str().as_bytes());
    }
    out.push(b'\n');
}

fn fold(out: &mut Vec<u8>, value: &[u8]) {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}
