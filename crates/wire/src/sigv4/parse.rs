//! Reading the claim: the `Authorization` header and the presigned query.

use std::collections::HashMap;
use std::time::Duration;

use base::Timestamp;

use super::{ALGORITHM, AuthError, Claim, PayloadHash};
use crate::percent;
use crate::request::RawRequest;

/// The longest life of a presigned request, in seconds: seven days.
const EXPIRES_SECS_MAX: u64 = 604_800;

/// Reads who claims to have signed the request; `None` when it carries no AWS signature.
///
/// # Errors
/// [`AuthError::IncompleteSignature`] when a part is missing or malformed, with AWS's list of
/// what is missing; [`AuthError::SignedTwice`] when header and query both claim.
pub fn parse(request: &RawRequest) -> Result<Option<Claim>, AuthError> {
    let query: HashMap<_, _> = percent::pairs(request.uri.query().unwrap_or_default().as_bytes()).collect();
    let header = request.headers.get("authorization").map(|value| String::from_utf8_lossy(value.as_bytes()));
    let header = header.filter(|text| text.trim_start().starts_with("AWS4-"));
    match (header, query.contains_key("X-Amz-Algorithm")) {
        (None, false) => Ok(None),
        (Some(_), true) => Err(AuthError::SignedTwice),
        (Some(header), false) => from_header(request, header.trim()).map(Some),
        (None, true) => from_query(request, &|name| query.get(name).map(|value| value.as_ref())).map(Some),
    }
}

fn incomplete(message: impl Into<String>) -> AuthError {
    AuthError::IncompleteSignature(message.into())
}

fn from_header(request: &RawRequest, header: &str) -> Result<Claim, AuthError> {
    let (algorithm, rest) = header.split_once(char::is_whitespace).unwrap_or((header, ""));
    check_algorithm(algorithm)?;
    let mut parts: Vec<(&str, &str)> = Vec::with_capacity(3);
    for part in rest.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| {
            let why = "not a valid key=value pair (missing equal-sign) in Authorization header";
            incomplete(format!("'{part}' {why}: '{header}'"))
        })?;
        parts.push((key, value));
    }
    // Of one that is there twice the last counts.
    let part = |name: &str| parts.iter().rfind(|(key, _)| *key == name).map_or("", |(_, value)| *value);
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let mut missing = String::new();
    for name in ["Credential", "Signature", "SignedHeaders"] {
        if part(name).is_empty() {
            missing += &format!("Authorization header requires '{name}' parameter. ");
        }
    }
    let (Some(date), true) = (date, missing.is_empty()) else {
        if date.is_none() {
            missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        }
        // Newer AWS answers name the algorithm only, so that no credential is repeated.
        return Err(incomplete(format!("{missing}Authorization={algorithm}")));
    };
    let request_time = parse_date(date)?;
    let payload_hash = request.header("x-amz-content-sha256").map_or(PayloadHash::Absent, PayloadHash::parse);
    let session_token = request.header("x-amz-security-token").map(str::to_owned);
    let claim = Claim { request_time, payload_hash, session_token, ..credential(part("Credential"))? };
    Ok(with_signature(claim, part("SignedHeaders"), part("Signature")))
}

fn from_query<'a>(request: &RawRequest, query: &dyn Fn(&str) -> Option<&'a str>) -> Result<Claim, AuthError> {
    let mut missing = String::new();
    let mut get = |name: &str| {
        let value = query(name).filter(|value| !value.is_empty());
        if value.is_none() {
            missing += &format!("AWS query-string parameters must include '{name}'. ");
        }
        value.unwrap_or_default()
    };
    let algorithm = get("X-Amz-Algorithm");
    let credential_text = get("X-Amz-Credential");
    let signature = get("X-Amz-Signature");
    let signed_headers = get("X-Amz-SignedHeaders");
    let date = get("X-Amz-Date");
    if !missing.is_empty() {
        return Err(incomplete(format!("{missing}Re-examine the query-string parameters.")));
    }
    check_algorithm(algorithm)?;
    let request_time = parse_date(date)?;
    let expires = expires(query("X-Amz-Expires"))?;
    let hash = query("X-Amz-Content-Sha256").or_else(|| request.header("x-amz-content-sha256"));
    let claim = Claim {
        request_time,
        session_token: query("X-Amz-Security-Token").map(str::to_owned),
        presigned: Some(expires),
        payload_hash: hash.map_or(PayloadHash::Absent, PayloadHash::parse),
        ..credential(credential_text)?
    };
    Ok(with_signature(claim, signed_headers, signature))
}

fn check_algorithm(algorithm: &str) -> Result<(), AuthError> {
    if algorithm == ALGORITHM {
        return Ok(());
    }
    Err(incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")))
}

/// Without `X-Amz-Expires` a presigned request lives as long as a header signature.
fn expires(text: Option<&str>) -> Result<Duration, AuthError> {
    let Some(text) = text else { return Ok(super::MAX_SKEW) };
    let secs: u64 = match text.parse() {
        Ok(secs) => secs,
        Err(_) if text.starts_with('-') => return Err(incomplete("X-Amz-Expires must be non-negative")),
        Err(_) => return Err(incomplete("X-Amz-Expires should be a number")),
    };
    if secs > EXPIRES_SECS_MAX {
        let limit = format!("must be less than {EXPIRES_SECS_MAX} seconds");
        return Err(incomplete(format!(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires {limit}"
        )));
    }
    Ok(Duration::from_secs(secs))
}

/// `X-Amz-Date` in ISO 8601 basic form, or an HTTP date from the `Date` header.
fn parse_date(text: &str) -> Result<Timestamp, AuthError> {
    let bytes = text.as_bytes();
    let basic = bytes.len() == 16
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes[..8].iter().chain(&bytes[9..15]).all(u8::is_ascii_digit);
    let parsed = if basic { Timestamp::parse_iso(text) } else { Timestamp::parse_http_date(text) };
    parsed.ok_or_else(|| {
        let hint = "See http://en.wikipedia.org/wiki/ISO_8601";
        incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{text}'. {hint}"))
    })
}

fn credential(text: &str) -> Result<Claim, AuthError> {
    let parts: Vec<&str> = text.split('/').collect();
    let [access_key_id, date, region, service, terminator] = parts[..] else {
        let rule = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,";
        return Err(incomplete(format!("{rule} got '{text}'")));
    };
    Ok(Claim {
        access_key_id: access_key_id.to_owned(),
        date: date.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        terminator: terminator.to_owned(),
        signed_headers: Vec::new(),
        signature: String::new(),
        request_time: Timestamp::default(),
        session_token: None,
        presigned: None,
        payload_hash: PayloadHash::Absent,
    })
}

fn with_signature(claim: Claim, signed_headers: &str, signature: &str) -> Claim {
    let signed_headers =
        signed_headers.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
    Claim { signed_headers, signature: signature.to_owned(), ..claim }
}
