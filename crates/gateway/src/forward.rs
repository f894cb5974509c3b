//! The request to an upstream: what was rebuilt, signed anew.

use base::Timestamp;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use http_body_util::Full;
use outbound::{RequestBody, Route, StreamRequest, request_body};
use wire::request::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::identify::Call;
use crate::rebuild::Rebuilt;

/// The body that is sent on.
pub enum Payload {
    /// It is in hand.
    Whole(Bytes),
    /// It passes by.
    Streamed {
        /// The body: [`crate::held::Proved`] where its hash was signed, [`crate::held::Unframed`] where it was framed.
        body: RequestBody,
        /// Its length, where that is known.
        bytes: Option<u64>,
        /// Its SHA-256, where that was signed.
        hash: Option<[u8; 32]>,
    },
}

/// The request cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the call cannot be put into a request to the upstream: {0}")]
pub struct Unsendable(#[from] http::Error);

/// The request of a call to its upstream, signed by `credentials` for the caller's region at this time, which the
/// upstream holds against its own clock.
///
/// # Errors
/// See [`Unsendable`].
pub fn forward(
    call: &Call,
    rebuilt: Rebuilt,
    route: &Route,
    credentials: &Credentials,
    region: &str,
    payload: Payload,
    at: Timestamp,
) -> Result<StreamRequest, Unsendable> {
    let bucket = call.labels.iter().find(|(name, _)| name == "Bucket").map(|(_, bucket)| bucket.as_str());
    let (endpoint, target) = route.placed(bucket.filter(|_| call.service.name == "s3"), rebuilt.target);
    let path = PathAndQuery::try_from(target).map_err(http::Error::from)?;
    let endpoint = endpoint.with_path(path);
    let is_s3 = call.service.signing_name == "s3";
    let (body, signing) = match &payload {
        Payload::Whole(bytes) if is_s3 => (bytes.clone(), PayloadSigning::SignedWithHeader),
        Payload::Whole(bytes) => (bytes.clone(), PayloadSigning::Signed),
        Payload::Streamed { hash: Some(hash), .. } => (Bytes::new(), PayloadSigning::Hashed(*hash)),
        Payload::Streamed { hash: None, .. } => (Bytes::new(), PayloadSigning::Unsigned),
    };
    let (method, mut headers) = (rebuilt.method, rebuilt.headers);
    headers.insert(HOST, HeaderValue::from_str(&endpoint.authority).map_err(http::Error::from)?);
    let mut request = RawRequest { method, uri: endpoint.uri(), headers, body };
    let style = if is_s3 { PathStyle::Verbatim } else { PathStyle::Normalised };
    sign(&mut request, credentials, region, call.service.signing_name, at, style, signing)?;
    let RawRequest { method, mut headers, .. } = request;
    let (body, bytes) = match payload {
        Payload::Whole(bytes) => {
            // Of these servers expect a length even where there is no body.
            let length = (!bytes.is_empty() || !matches!(method, Method::GET | Method::HEAD)).then_some(bytes.len());
            (request_body(Full::new(bytes)), length.map(|length| length as u64))
        }
        Payload::Streamed { body, bytes, .. } => (body, bytes),
    };
    headers.extend(bytes.map(|bytes| (CONTENT_LENGTH, HeaderValue::from(bytes))));
    let Route { head_timeout, idle_timeout, .. } = *route;
    Ok(StreamRequest { endpoint, method, headers, body, head_timeout, idle_timeout })
}

#[cfg(test)]
mod tests;
