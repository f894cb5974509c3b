//! The document of a digest, its key and what is signed (cloudtrail.md §6.2 to §6.4).

use base::{AccountId, Region, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ALGORITHM, ChainRecord, DeliveredFile};
use crate::delivery::{sha256_hex, under_prefix};
use crate::trails::Trail;

/// Members in the order of real digests; all are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DigestDocument {
    pub(crate) aws_account_id: String,
    pub(crate) digest_start_time: String,
    pub(crate) digest_end_time: String,
    #[serde(rename = "digestS3Bucket")]
    pub(crate) bucket: String,
    #[serde(rename = "digestS3Object")]
    pub(crate) object: String,
    pub(crate) digest_public_key_fingerprint: String,
    pub(crate) digest_signature_algorithm: String,
    pub(crate) newest_event_time: Option<String>,
    pub(crate) oldest_event_time: Option<String>,
    #[serde(rename = "previousDigestS3Bucket")]
    pub(crate) previous_bucket: Option<String>,
    #[serde(rename = "previousDigestS3Object")]
    pub(crate) previous_object: Option<String>,
    #[serde(rename = "previousDigestHashValue")]
    pub(crate) previous_hash: Option<String>,
    #[serde(rename = "previousDigestHashAlgorithm")]
    pub(crate) previous_hash_algorithm: Option<String>,
    #[serde(rename = "previousDigestSignature")]
    pub(crate) previous_signature: Option<String>,
    pub(crate) log_files: Vec<LogFile>,
}

/// A log file as a digest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogFile {
    #[serde(rename = "s3Bucket")]
    pub(crate) bucket: String,
    #[serde(rename = "s3Object")]
    pub(crate) object: String,
    pub(crate) hash_value: String,
    pub(crate) hash_algorithm: String,
    pub(crate) newest_event_time: String,
    pub(crate) oldest_event_time: String,
}

/// The name of the only algorithm for hashes.
pub(crate) const SHA256: &str = "SHA-256";

/// The digest of a chain's next hour, which ends at `end`.
pub(super) fn document(
    trail: &Trail,
    chain: &ChainRecord,
    end: Timestamp,
    fingerprint: &str,
    files: &[DeliveredFile],
) -> DigestDocument {
    let previous = chain.previous.as_ref();
    let file = |file: &DeliveredFile| LogFile {
        bucket: file.bucket.clone(),
        object: file.key.clone(),
        hash_value: file.hash.clone(),
        hash_algorithm: SHA256.to_owned(),
        newest_event_time: file.newest.iso_secs(),
        oldest_event_time: file.oldest.iso_secs(),
    };
    DigestDocument {
        aws_account_id: trail.scope.account.to_string(),
        digest_start_time: chain.start.iso_secs(),
        digest_end_time: end.iso_secs(),
        bucket: trail.record.bucket.clone(),
        object: key(trail.record.prefix.as_deref(), trail, &chain.region, end),
        digest_public_key_fingerprint: fingerprint.to_owned(),
        digest_signature_algorithm: ALGORITHM.to_owned(),
        newest_event_time: files.iter().map(|file| file.newest).max().map(Timestamp::iso_secs),
        oldest_event_time: files.iter().map(|file| file.oldest).min().map(Timestamp::iso_secs),
        previous_bucket: previous.map(|previous| previous.bucket.clone()),
        previous_object: previous.map(|previous| previous.key.clone()),
        previous_hash: previous.map(|previous| previous.hash.clone()),
        previous_hash_algorithm: previous.map(|_| SHA256.to_owned()),
        previous_signature: previous.map(|previous| previous.signature.clone()),
        log_files: files.iter().map(file).collect(),
    }
}

/// The text of a document, as it is hashed, signed and stored.
pub(crate) fn written(document: &DigestDocument) -> String {
    serde_json::to_string(document).expect("a document of texts serializes to JSON")
}

/// What is signed of a digest whose text is given.
pub(crate) fn signed_text(document: &DigestDocument, text: &[u8]) -> String {
    let DigestDocument { digest_end_time, bucket, object, previous_signature, .. } = document;
    let previous = previous_signature.as_deref().unwrap_or("null");
    format!("{digest_end_time}\n{bucket}/{object}\n{}\n{previous}", sha256_hex(text))
}

fn key(prefix: Option<&str>, trail: &Trail, region: &Region, end: Timestamp) -> String {
    let (account, home, name): (&AccountId, &Region, &str) = (&trail.scope.account, &trail.scope.region, &trail.name);
    let (day, time) = (end.date().replace('-', "/"), end.iso_basic());
    let path = format!(
        "AWSLogs/{account}/CloudTrail-Digest/{region}/{day}/{account}_CloudTrail-Digest_{region}_{name}_{home}_{time}.json.gz"
    );
    under_prefix(prefix, &path)
}
