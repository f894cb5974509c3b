//! What clients say about an object they make, taken from their requests, and what is refused of it.

use std::collections::BTreeMap;

use base::Timestamp;
use http::HeaderMap;
use s3s::dto::{Metadata, ServerSideEncryption};
use s3s::{S3ErrorCode, S3Result};

use crate::errors;
use crate::record::{Description, Header, LockMode, Retention};
use crate::shared::{Bucket, Shared};
use crate::tags;
use crate::times;

/// Bytes that user metadata can have, names and values together.
const METADATA_BYTES_MAX: usize = 2048;

const HEADERS: [(Header, &str); 6] = [
    (Header::CacheControl, "cache-control"),
    (Header::ContentDisposition, "content-disposition"),
    (Header::ContentEncoding, "content-encoding"),
    (Header::ContentLanguage, "content-language"),
    (Header::ContentType, "content-type"),
    (Header::WebsiteRedirectLocation, "x-amz-website-redirect-location"),
];

/// Headers that ask for what is not built.
const UNSUPPORTED: [&str; 10] = [
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-write-offset-bytes",
    "x-amz-mfa",
];

const GRANTS: [&str; 5] = [
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];

/// The description in the headers of a request, with the user metadata that the adapter has read.
///
/// # Errors
/// `MetadataTooLarge`, `InvalidTag`, `InvalidArgument`.
pub(crate) fn of(headers: &HeaderMap, metadata: Option<Metadata>) -> S3Result<Description> {
    Ok(Description { headers: headers_of(headers)?, metadata: metadata_of(metadata)?, tags: tags_of(headers)? })
}

/// The headers that an object keeps.
///
/// # Errors
/// `InvalidArgument` for a date that is none.
pub(crate) fn headers_of(headers: &HeaderMap) -> S3Result<BTreeMap<Header, String>> {
    let mut kept = BTreeMap::new();
    for (header, name) in HEADERS {
        let Some(value) = text(headers, name) else { continue };
        let value = match header {
            Header::ContentEncoding => match without_chunking(value) {
                Some(value) => value,
                None => continue,
            },
            _ => value.to_owned(),
        };
        kept.insert(header, value);
    }
    if let Some(value) = text(headers, "expires") {
        let at = Timestamp::parse_http_date(value)
            .ok_or_else(|| errors::with(S3ErrorCode::InvalidArgument, "The Expires header is not an HTTP date."))?;
        kept.insert(Header::Expires, at.millis().to_string());
    }
    Ok(kept)
}

/// The tags in the header of a request.
///
/// # Errors
/// `InvalidTag`
pub(crate) fn tags_of(headers: &HeaderMap) -> S3Result<Vec<(String, String)>> {
    text(headers, "x-amz-tagging").map_or(Ok(Vec::new()), tags::of_header)
}

/// User metadata, names in lower case.
///
/// # Errors
/// `MetadataTooLarge`
pub(crate) fn metadata_of(metadata: Option<Metadata>) -> S3Result<BTreeMap<String, String>> {
    let metadata: BTreeMap<String, String> =
        metadata.unwrap_or_default().into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    match bytes > METADATA_BYTES_MAX {
        true => Err(errors::error(S3ErrorCode::MetadataTooLarge)),
        false => Ok(metadata),
    }
}

/// # Errors
/// `NotImplemented` for encryption by any key but the server's own.
pub(crate) fn check_encryption(algorithm: &str) -> S3Result<()> {
    match algorithm {
        ServerSideEncryption::AES256 => Ok(()),
        ServerSideEncryption::AWS_KMS | ServerSideEncryption::AWS_KMS_DSSE => {
            Err(errors::unsupported(&format!("server-side encryption with {algorithm}")))
        }
        _ => {
            let message = "The encryption request you specified is not valid. The valid value is AES256.";
            Err(errors::custom("InvalidEncryptionAlgorithmError", 400, message))
        }
    }
}

/// # Errors
/// `NotImplemented` for encryption with keys of others, for storage classes and for what else is not built;
/// `AccessControlListNotSupported` for ACLs that would share an object.
pub(crate) fn refuse_unsupported(headers: &HeaderMap) -> S3Result<()> {
    if let Some(name) = UNSUPPORTED.into_iter().find(|name| headers.contains_key(*name)) {
        return Err(errors::unsupported(name));
    }
    if let Some(algorithm) = text(headers, "x-amz-server-side-encryption") {
        check_encryption(algorithm)?;
    }
    match text(headers, "x-amz-storage-class") {
        None | Some("STANDARD") => {}
        Some(class) => return Err(errors::unsupported(&format!("the storage class {class}"))),
    }
    refuse_acls(headers)
}

/// # Errors
/// `AccessControlListNotSupported` unless the ACL leaves everything to the owner.
pub(crate) fn refuse_acls(headers: &HeaderMap) -> S3Result<()> {
    let shares = match text(headers, "x-amz-acl") {
        None | Some("private" | "bucket-owner-full-control") => false,
        Some(_) => true,
    };
    match shares || GRANTS.into_iter().any(|name| headers.contains_key(name)) {
        true => Err(errors::error(S3ErrorCode::AccessControlListNotSupported)),
        false => Ok(()),
    }
}

/// The lock that a new object is asked to have.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AskedLock {
    pub(crate) retention: Option<Retention>,
    pub(crate) legal_hold: bool,
}

/// The lock in the headers of a request.
///
/// # Errors
/// `InvalidRequest` where the bucket has no object lock; `InvalidArgument` for what is no lock.
pub(crate) fn lock_of(shared: &Shared, bucket: &Bucket, headers: &HeaderMap) -> S3Result<AskedLock> {
    let mode = text(headers, "x-amz-object-lock-mode");
    let until = text(headers, "x-amz-object-lock-retain-until-date");
    let hold = text(headers, "x-amz-object-lock-legal-hold");
    if mode.is_none() && until.is_none() && hold.is_none() {
        return Ok(AskedLock::default());
    }
    if bucket.record.object_lock.is_none() {
        return Err(errors::with(S3ErrorCode::InvalidRequest, "Bucket is missing Object Lock Configuration"));
    }
    let retention = match (mode, until) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            let mode = lock_mode(mode)?;
            let invalid = || errors::with(S3ErrorCode::InvalidArgument, "The retain until date is not a date.");
            let until = Timestamp::parse_iso(until).ok_or_else(invalid)?;
            Some(times::retention(mode, until, shared.clock.now())?)
        }
        _ => {
            let message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
            return Err(errors::with(S3ErrorCode::InvalidArgument, message));
        }
    };
    let legal_hold = match hold {
        None | Some("OFF") => false,
        Some("ON") => true,
        Some(_) => {
            return Err(errors::with(S3ErrorCode::InvalidArgument, "Legal Hold must be either of 'ON' or 'OFF'"));
        }
    };
    Ok(AskedLock { retention, legal_hold })
}

/// # Errors
/// `InvalidArgument`
pub(crate) fn lock_mode(text: &str) -> S3Result<LockMode> {
    match text {
        "GOVERNANCE" => Ok(LockMode::Governance),
        "COMPLIANCE" => Ok(LockMode::Compliance),
        _ => Err(errors::with(S3ErrorCode::InvalidArgument, "Unknown wormMode directive.")),
    }
}

/// `aws-chunked` is how the body came, not how the object is encoded.
fn without_chunking(value: &str) -> Option<String> {
    let codings = value.split(',').map(str::trim).filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked"));
    let codings: Vec<&str> = codings.filter(|coding| !coding.is_empty()).collect();
    (!codings.is_empty()).then(|| codings.join(","))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunking_of_a_body_is_not_the_objects_encoding() {
        let table = [("aws-chunked", None), ("aws-chunked,gzip", Some("gzip")), ("gzip, aws-chunked", Some("gzip"))];
        for (given, expected) in table {
            assert_eq!(without_chunking(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn metadata_has_names_in_lower_case_and_a_bound() {
        let of = |name: &str, value: String| metadata_of(Some([(name.to_owned(), value)].into_iter().collect()));
        assert_eq!(of("Some-Name", "V".into()).unwrap()["some-name"], "V");
        assert_eq!(*of("n", "v".repeat(2048)).unwrap_err().code(), S3ErrorCode::MetadataTooLarge);
    }
}
