//! Signing requests: for upstreams, tests and benchmarks.

use std::time::Duration;

use base::Timestamp;
use http::{HeaderName, HeaderValue, Uri};

use super::key::{SigningKey, hex, sha256_hex};
use super::{ALGORITHM, PathStyle, TERMINATOR, canonical};
use crate::percent;
use crate::request::RawRequest;

/// Headers that proxies and clients change on the way, so that nobody signs them.
const NEVER_SIGNED: [&str; 6] =
    ["authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"];

/// What to sign with.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

/// Whether the body is part of the signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayloadSigning {
    /// The body's hash is signed, without a header of its own.
    #[default]
    Signed,
    /// The body's hash is signed and sent in `X-Amz-Content-Sha256`, as S3 demands.
    SignedWithHeader,
    /// The body is not covered: `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// The body is elsewhere and has this SHA-256, which is signed and sent in `X-Amz-Content-Sha256`.
    Hashed([u8; 32]),
}

/// Signs the request in place: sets `X-Amz-Date`, `X-Amz-Security-Token`,
/// `X-Amz-Content-Sha256` where asked, and `Authorization`. Every header present is signed
/// except the ones that change on the way; `Host` must be set, or the URI absolute.
///
/// # Errors
/// When a credential holds characters that no header may have.
pub fn sign(
    request: &mut RawRequest,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: Timestamp,
    style: PathStyle,
    payload: PayloadSigning,
) -> Result<(), http::Error> {
    request.headers.remove("authorization");
    set(request, "x-amz-date", &at.iso_basic())?;
    match &credentials.session_token {
        Some(token) => set(request, "x-amz-security-token", token)?,
        None => drop(request.headers.remove("x-amz-security-token")),
    }
    let hash = match payload {
        PayloadSigning::Signed | PayloadSigning::SignedWithHeader => sha256_hex(&request.body),
        PayloadSigning::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
        PayloadSigning::Hashed(hash) => hex(&hash),
    };
    if payload == PayloadSigning::Signed {
        request.headers.remove("x-amz-content-sha256");
    } else {
        set(request, "x-amz-content-sha256", &hash)?;
    }
    let signed = signable_headers(request);
    let scope = scope(at, region, service);
    let canonical = canonical::request(request, &signed, &hash, style);
    let signature = SigningKey::derive(&credentials.secret_access_key, &at.basic_date(), region, service)
        .sign(canonical::string_to_sign(at, &scope, &canonical).as_bytes());
    let (key, signed) = (&credentials.access_key_id, signed.join(";"));
    let value = format!("{ALGORITHM} Credential={key}/{scope}, SignedHeaders={signed}, Signature={signature}");
    set(request, "authorization", &value)
}

/// Presigns the request in place, valid for `expires` from `at`: all goes into the query.
/// The body is not covered for S3 ([`PathStyle::Verbatim`]), for all others its hash is.
///
/// # Errors
/// When the longer query makes the URI invalid, as one over 64 KiB is.
pub fn presign(
    request: &mut RawRequest,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: Timestamp,
    expires: Duration,
    style: PathStyle,
) -> Result<(), http::Error> {
    let signed = signable_headers(request);
    let scope = scope(at, region, service);
    let credential = format!("{}/{scope}", credentials.access_key_id);
    let mut query = request.uri.query().unwrap_or_default().to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        percent::encode_into(&mut query, value.as_bytes());
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &credential);
    add("X-Amz-Date", &at.iso_basic());
    add("X-Amz-Expires", &expires.as_secs().to_string());
    add("X-Amz-SignedHeaders", &signed.join(";"));
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token);
    }
    request.uri = with_query(&request.uri, &query)?;
    let hash = match style {
        PathStyle::Verbatim => "UNSIGNED-PAYLOAD".to_owned(),
        PathStyle::Normalised => sha256_hex(&request.body),
    };
    let canonical = canonical::request(request, &signed, &hash, style);
    let signature = SigningKey::derive(&credentials.secret_access_key, &at.basic_date(), region, service)
        .sign(canonical::string_to_sign(at, &scope, &canonical).as_bytes());
    request.uri = with_query(&request.uri, &format!("{query}&X-Amz-Signature={signature}"))?;
    Ok(())
}

fn scope(at: Timestamp, region: &str, service: &str) -> String {
    format!("{}/{region}/{service}/{TERMINATOR}", at.basic_date())
}

fn signable_headers(request: &RawRequest) -> Vec<String> {
    let mut names: Vec<String> = request
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .filter(|name| !NEVER_SIGNED.contains(&name.as_str()))
        .collect();
    if !names.iter().any(|name| name == "host") {
        names.push("host".to_owned());
    }
    names.sort();
    names
}

fn with_query(uri: &Uri, query: &str) -> Result<Uri, http::Error> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{}?{query}", uri.path()).parse().map_err(http::Error::from)?);
    Uri::from_parts(parts).map_err(http::Error::from)
}

fn set(request: &mut RawRequest, name: &'static str, value: &str) -> Result<(), http::Error> {
    request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
    Ok(())
}
