//! One request: its circumstances, and what becomes known about it on its way.

use std::sync::{Arc, Mutex, MutexGuard};

use api::{CallContext, Principal};
use base::{AccountId, Partition, Region, Timestamp};
use http::HeaderMap;
use http::request::Parts;
use wire::RawRequest;
use wire::sigv4::{self, Claim};

use crate::names::{new_host_id, new_request_id};
use crate::ports::{Authentication, CallerStanding, Peer};
use crate::record::BucketRecord;
use crate::shared::Shared;

/// A request on its way.
pub(crate) struct Call {
    pub(crate) method: http::Method,
    pub(crate) uri: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Peer,
    pub(crate) request_id: String,
    pub(crate) host_id: String,
    /// When it was taken in.
    pub(crate) now: Timestamp,
    pub(crate) region: Region,
    pub(crate) partition: Partition,
    /// Who claims to have signed it; the adapter proves it.
    pub(crate) claim: Option<Claim>,
    /// Whether it has a header of S3's that its presigned URL does not cover.
    pub(crate) has_unsigned_header: bool,
    server_account: AccountId,
    known: Mutex<Known>,
}

/// What becomes known of a call.
#[derive(Default)]
pub(crate) struct Known {
    /// Whose key signed it.
    pub(crate) principal: Option<Principal>,
    /// Whether the signature holds.
    pub(crate) proved: bool,
    /// Whether permission was asked, so that a call without a signature counts as anonymous.
    pub(crate) judged: bool,
    /// The operation, by the adapter's name.
    pub(crate) operation: Option<&'static str>,
    pub(crate) bucket: Option<String>,
    pub(crate) bucket_record: Option<Arc<BucketRecord>>,
    pub(crate) key: Option<String>,
    /// Bytes of the object that it is about.
    pub(crate) object_bytes: Option<u64>,
    /// What it deleted of several keys.
    pub(crate) deleted: Vec<(String, Option<String>)>,
}

impl Call {
    pub(crate) fn new(shared: &Shared, home: &Region, peer: Peer, parts: &Parts) -> Self {
        let raw = RawRequest {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
            body: bytes::Bytes::new(),
        };
        let claim = sigv4::parse(&raw).ok().flatten();
        let presigned = claim.as_ref().filter(|claim| claim.presigned.is_some());
        let has_unsigned_header = presigned.is_some_and(|claim| says_more_than_signed(&raw.headers, claim));
        let mut headers = raw.headers;
        if presigned.is_some() {
            take_from_query(&parts.uri, &mut headers);
        }
        let claimed_region = claim.as_ref().and_then(|claim| claim.region.parse().ok());
        Self {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            headers,
            has_unsigned_header,
            peer,
            request_id: new_request_id(&*shared.entropy),
            host_id: new_host_id(&*shared.entropy),
            now: shared.clock.now(),
            region: claimed_region.unwrap_or_else(|| home.clone()),
            partition: home.partition(),
            claim,
            server_account: shared.credentials.server_account(),
            known: Mutex::default(),
        }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no holder of this lock can panic")
    }

    /// A header's value; the first when it is there several times.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        parameters(&self.uri).into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// All parameters of the query, decoded, in their order.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        parameters(&self.uri)
    }

    /// The circumstances as the policy engine and the audit trail see them.
    pub(crate) fn context(&self) -> CallContext {
        let known = self.known();
        let key = self.claim.as_ref().map(|claim| claim.access_key_id.clone());
        let unknown = || Principal::Unknown { account: self.server_account.clone(), access_key_id: key };
        CallContext {
            principal: known.principal.clone().unwrap_or_else(unknown),
            region: self.region.clone(),
            partition: self.partition,
            now: self.now,
            request_id: self.request_id.clone(),
            source_ip: self.peer.ip.clone(),
            user_agent: self.header("user-agent").unwrap_or_default().to_owned(),
            host: self.header("host").unwrap_or_default().to_owned(),
            tls: self.peer.tls.clone(),
        }
    }

    pub(crate) fn standing(&self) -> CallerStanding {
        let known = self.known();
        match (known.proved, self.claim.is_none() && known.judged) {
            (true, _) => CallerStanding::Proved,
            (false, true) => CallerStanding::Anonymous,
            (false, false) => CallerStanding::Claimed,
        }
    }

    pub(crate) fn authentication(&self) -> Authentication {
        match &self.claim {
            Some(claim) if claim.presigned.is_some() => Authentication::Query,
            Some(_) => Authentication::Header,
            None => Authentication::None,
        }
    }
}

fn parameters(uri: &http::Uri) -> Vec<(String, String)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// Whoever holds a presigned URL may not make it say more than was signed.
fn says_more_than_signed(headers: &HeaderMap, claim: &Claim) -> bool {
    let harmless = |name: &str| matches!(name, "x-amz-content-sha256" | "x-amz-user-agent" | "x-amz-date");
    headers.keys().map(http::HeaderName::as_str).any(|name| {
        name.starts_with("x-amz-") && !harmless(name) && !claim.signed_headers.iter().any(|signed| signed == name)
    })
}

/// What presigned URLs say in their query stands for headers, as SDKs write it there.
fn take_from_query(uri: &http::Uri, headers: &mut HeaderMap) {
    for (name, value) in parameters(uri) {
        let name = name.to_ascii_lowercase();
        let signature = ["algorithm", "credential", "date", "expires", "signedheaders", "signature", "security-token"];
        let is_header = name.strip_prefix("x-amz-").is_some_and(|rest| !signature.contains(&rest));
        if let (true, Ok(name), Ok(value)) =
            (is_header, http::HeaderName::try_from(name.as_str()), http::HeaderValue::from_str(&value))
            && !headers.contains_key(&name)
        {
            headers.insert(name, value);
        }
    }
}

pub(crate) fn decoded(text: &str) -> String {
    let plus = text.replace('+', " ");
    let bytes = percent_decoded(&plus);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits"));
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

/// A path with its escapes undone.
pub(crate) fn decoded_path(path: &str) -> String {
    String::from_utf8_lossy(&percent_decoded(path)).into_owned()
}
