//! Proving a claim.

use std::time::Duration;

use base::{Region, Timestamp};

use super::chunk::ChunkVerifier;
use super::key::{SigningKey, sha256_hex};
use super::{AuthError, Claim, PathStyle, PayloadHash, TERMINATOR, canonical};
use crate::request::RawRequest;

/// How far a request's time may be from ours, both ways.
pub const MAX_SKEW: Duration = Duration::from_secs(300);

/// What a signature is checked against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// How the path becomes canonical.
    pub path: PathStyle,
    /// The signing name that the scope must name; `None` accepts any.
    pub service: Option<&'a str>,
}

/// A proved claim.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Checks the chunks of a body whose chunks are signed one by one; give it to
    /// [`crate::body::decode_signed_content`].
    pub chunks: Option<ChunkVerifier>,
}

/// Proves that the request was signed with this key, for this service, lately, and that its
/// body is the one signed.
///
/// `now` is the machine's clock: signature freshness does not follow a simulated one.
///
/// # Errors
/// The first check that fails, in AWS's order: signed headers, time, scope, signature, body.
pub fn verify(
    request: &RawRequest,
    claim: &Claim,
    key: &SigningKey,
    now: Timestamp,
    rules: &Rules<'_>,
) -> Result<Verified, AuthError> {
    let verified = verify_head(request, claim, key, now, rules)?;
    // The hash that was given is signed by now; a body that differs from it was changed.
    match &claim.payload_hash {
        PayloadHash::Sha256(given) if !given.eq_ignore_ascii_case(&sha256_hex(&request.body)) => {
            Err(AuthError::PayloadHashMismatch)
        }
        _ => Ok(verified),
    }
}

/// The same of a request whose body is not there yet: what was said of the body is proved to have been said, and
/// holding the body against it is left to the caller. Of a claim that [says nothing](Claim::needs_body) the body must be
/// there all the same.
///
/// # Errors
/// The same.
pub fn verify_head(
    request: &RawRequest,
    claim: &Claim,
    key: &SigningKey,
    now: Timestamp,
    rules: &Rules<'_>,
) -> Result<Verified, AuthError> {
    check_signed_headers(request, claim)?;
    check_time(claim, now.truncate_to_secs())?;
    check_scope(claim, rules)?;
    let payload = payload_line(request, claim, rules)?;
    let canonical = canonical::request(request, &claim.signed_headers, &payload, rules.path);
    let string_to_sign = canonical::string_to_sign(claim.request_time, &claim.scope(), &canonical);
    if !key.verifies(string_to_sign.as_bytes(), &claim.signature) {
        return Err(AuthError::SignatureMismatch);
    }
    let signed_chunks = claim.payload_hash.has_signed_chunks();
    Ok(Verified { chunks: signed_chunks.then(|| ChunkVerifier::new(key.clone(), claim)) })
}

fn check_signed_headers(request: &RawRequest, claim: &Claim) -> Result<(), AuthError> {
    let signed = |name: &str| claim.signed_headers.iter().any(|at| at == name);
    if !signed("host") {
        return Err(AuthError::HeaderNotSigned("'Host' or ':authority'".to_owned()));
    }
    let unsigned = request.headers.keys().find(|name| name.as_str().starts_with("x-amz-") && !signed(name.as_str()));
    match unsigned {
        Some(name) => Err(AuthError::HeaderNotSigned(format!("'{name}'"))),
        None => Ok(()),
    }
}

fn check_time(claim: &Claim, now: Timestamp) -> Result<(), AuthError> {
    let life = claim.presigned.unwrap_or(MAX_SKEW);
    let (earliest, latest) = (now.minus(life), now.plus(MAX_SKEW));
    let at = claim.request_time;
    let (at_text, now_text) = match (earliest..=latest).contains(&at) {
        true => return Ok(()),
        false => (at.iso_basic(), now.iso_basic()),
    };
    if at < earliest {
        let (earliest, life) = (earliest.iso_basic(), in_words(life));
        let message = format!("Signature expired: {at_text} is now earlier than {earliest} ({now_text} - {life}.)");
        return Err(AuthError::SignatureExpired(message));
    }
    let (latest, skew) = (latest.iso_basic(), in_words(MAX_SKEW));
    let message = format!("Signature not yet current: {at_text} is still later than {latest} ({now_text} + {skew}.)");
    Err(AuthError::SignatureNotYetCurrent(message))
}

/// `5 min`, or seconds where minutes do not divide.
fn in_words(duration: Duration) -> String {
    match duration.as_secs() {
        secs if secs.is_multiple_of(60) => format!("{} min", secs / 60),
        secs => format!("{secs} sec"),
    }
}

fn check_scope(claim: &Claim, rules: &Rules<'_>) -> Result<(), AuthError> {
    let mut wrong = Vec::new();
    if claim.region.parse::<Region>().is_err() {
        wrong.push("Credential should be scoped to a valid region.".to_owned());
    }
    if let Some(service) = rules.service
        && claim.service != service
    {
        wrong.push(format!("Credential should be scoped to correct service: '{service}'."));
    }
    if claim.terminator != TERMINATOR {
        let given = &claim.terminator;
        wrong.push(format!("Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{given}'."));
    }
    let date = claim.request_time.basic_date();
    if claim.date != date {
        let (given, time) = (&claim.date, claim.request_time.iso_basic());
        wrong.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{given}' != '{date}', from '{time}'."
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(AuthError::WrongScope(wrong.join(" "))) }
}

/// The last line of the canonical request.
fn payload_line(request: &RawRequest, claim: &Claim, rules: &Rules<'_>) -> Result<String, AuthError> {
    Ok(match &claim.payload_hash {
        // Whoever presigns for S3 does not know the body yet.
        PayloadHash::Absent if claim.presigned.is_some() && rules.path == PathStyle::Verbatim => {
            "UNSIGNED-PAYLOAD".to_owned()
        }
        PayloadHash::Absent => sha256_hex(&request.body),
        PayloadHash::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
        PayloadHash::SignedChunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned(),
        PayloadHash::SignedChunksAndTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".to_owned(),
        PayloadHash::UnsignedChunksAndTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
        PayloadHash::Sha256(given) => {
            if given.len() != 64 || !given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(AuthError::InvalidPayloadHash);
            }
            given.clone()
        }
    })
}
