//! Verification of a trail's log files by its digests, from the objects alone (cloudtrail.md §6.7).
//!
//! It goes through the digests of a range of time from the newest to the oldest, as `aws cloudtrail validate-logs`
//! does, and checks what that does and more: that each digest names the one before it by the right hash and the
//! signature that is really there, and that log files are such.

mod report;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use base::{AccountId, Region, Timestamp};

use crate::delivery::{gunzipped, sha256_hex, under_prefix};
use crate::digests::{
    ALGORITHM, DigestDocument, HOUR_MS, LogFile, SIGNATURE, SIGNATURE_ALGORITHM, signed_text, verified,
};

pub use report::{Finding, Gap, Problem, Report, Subject};

/// An object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundObject {
    /// Its bytes, as they are stored.
    pub body: Vec<u8>,
    /// User metadata, by names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
}

/// Where objects are read from.
#[async_trait]
pub trait Objects: Send + Sync {
    /// All keys of a bucket that start with a prefix.
    ///
    /// # Errors
    /// What happened.
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, String>;

    /// An object; `None` when it is not there.
    ///
    /// # Errors
    /// What happened.
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String>;
}

/// What is to be verified.
#[derive(Clone, Debug)]
pub struct Request {
    /// The trail's account.
    pub account: AccountId,
    /// The trail's name.
    pub trail: String,
    /// Its home region.
    pub home: Region,
    /// The region whose events are to be verified.
    pub region: Region,
    /// The bucket that the trail delivers to now.
    pub bucket: String,
    /// The prefix that it delivers under.
    pub prefix: Option<String>,
    /// Digests whose hour ends in this range are verified, both ends included.
    pub from: Timestamp,
    /// The range's end.
    pub to: Timestamp,
}

/// The public keys of the region, as ListPublicKeys gives them: PKCS#1 DER by fingerprint.
pub type PublicKeys = BTreeMap<String, Vec<u8>>;

/// A digest that could be read, with what came with it.
struct Read {
    document: DigestDocument,
    text: Vec<u8>,
    signature: Option<String>,
    algorithm: Option<String>,
}

/// What the digest after says of the one before it.
struct Claim {
    hash: Option<String>,
    signature: Option<String>,
}

/// Verifies a trail.
///
/// # Errors
/// Objects could not be read; damage is no error but a finding.
pub async fn verify(objects: &dyn Objects, keys: &PublicKeys, request: &Request) -> Result<Report, String> {
    let mut report = Report::default();
    let listed = listed(objects, request).await?;
    // Digests still to be looked at, by the end of their hour, and then by where they are.
    let mut waiting: BTreeSet<(Timestamp, String, String)> =
        listed.into_iter().map(|(end, key)| (end, request.bucket.clone(), key)).collect();
    let mut claims: BTreeMap<(String, String), Claim> = BTreeMap::new();
    // When the chain that was looked at last begins.
    let mut begins: Option<Timestamp> = None;
    while let Some((end, bucket, key)) = waiting.pop_last() {
        let claim = claims.remove(&(bucket.clone(), key.clone()));
        let found = objects.get(&bucket, &key).await?;
        let (read, problem) = judge(found, &bucket, &key, keys, claim.as_ref());
        report.add(Subject::Digest, &bucket, &key, problem.clone());
        let Some(read) = read else { continue };
        let document = &read.document;
        if let Some(begins) = begins.take()
            && claim.is_none()
            && end < begins
        {
            report.gaps.push(Gap { from: end, to: begins });
        }
        // What a digest that was not signed like this says of others counts for nothing.
        let is_signed = !matches!(problem, Some(Problem::Signature | Problem::NoKey(_) | Problem::Format));
        if !is_signed {
            continue;
        }
        for file in &document.log_files {
            let problem = judge_log(objects, file).await?;
            report.add(Subject::LogFile, &file.bucket, &file.object, problem);
        }
        match (&document.previous_bucket, &document.previous_object) {
            (Some(previous_bucket), Some(previous_object)) => {
                let place = (previous_bucket.clone(), previous_object.clone());
                let end = Timestamp::parse_iso(&document.digest_start_time).unwrap_or(Timestamp::MIN);
                if end >= request.from {
                    waiting.insert((end, place.0.clone(), place.1.clone()));
                    let (hash, signature) = (document.previous_hash.clone(), document.previous_signature.clone());
                    claims.insert(place, Claim { hash, signature });
                }
            }
            _ => begins = Timestamp::parse_iso(&document.digest_start_time),
        }
    }
    Ok(report)
}

/// The keys of the trail's digests in the range, with the ends of their hours.
async fn listed(objects: &dyn Objects, request: &Request) -> Result<Vec<(Timestamp, String)>, String> {
    let Request { account, trail, home, region, .. } = request;
    let folder = format!("AWSLogs/{account}/CloudTrail-Digest/{region}/");
    let start = format!("{account}_CloudTrail-Digest_{region}_{trail}_{home}_");
    let keys = objects.keys(&request.bucket, &under_prefix(request.prefix.as_deref(), &folder)).await?;
    let ends = keys.into_iter().filter_map(|key| {
        let name = key.rsplit('/').next()?.strip_prefix(&start)?.strip_suffix(".json.gz")?;
        Some((time_of_name(name)?, key))
    });
    // A digest of the range lists files of the hour before its end.
    Ok(ends.filter(|(end, _)| *end >= request.from && *end <= request.to.plus_millis(HOUR_MS)).collect())
}

/// The time in a digest's name, `20260302T081218Z`.
fn time_of_name(name: &str) -> Option<Timestamp> {
    let is_time = name.len() == 16 && name.is_ascii();
    let (day, time) = name.split_once('T').filter(|_| is_time)?;
    let text = format!(
        "{}-{}-{}T{}:{}:{}",
        day.get(..4)?,
        day.get(4..6)?,
        day.get(6..)?,
        time.get(..2)?,
        time.get(2..4)?,
        time.get(4..)?
    );
    Timestamp::parse_iso(&text)
}

/// Reads a digest and says what is wrong with it. One that is damaged is read all the same as far as that goes.
fn judge(
    found: Option<FoundObject>,
    bucket: &str,
    key: &str,
    keys: &PublicKeys,
    claim: Option<&Claim>,
) -> (Option<Read>, Option<Problem>) {
    let Some(found) = found else { return (None, Some(Problem::NotFound)) };
    let Some(read) = read(found) else { return (None, Some(Problem::Format)) };
    let problem = problem_of(&read, bucket, key, keys, claim);
    (Some(read), problem)
}

fn read(found: FoundObject) -> Option<Read> {
    let text = gunzipped(&found.body)?;
    let document = serde_json::from_slice(&text).ok()?;
    let metadata = |name: &str| found.metadata.get(name).cloned();
    Some(Read { document, text, signature: metadata(SIGNATURE), algorithm: metadata(SIGNATURE_ALGORITHM) })
}

fn problem_of(read: &Read, bucket: &str, key: &str, keys: &PublicKeys, claim: Option<&Claim>) -> Option<Problem> {
    let Read { document, text, signature, algorithm } = read;
    if document.bucket != bucket || document.object != key {
        return Some(Problem::Moved);
    }
    let Some(public) = keys.get(&document.digest_public_key_fingerprint) else {
        return Some(Problem::NoKey(document.digest_public_key_fingerprint.clone()));
    };
    let signature = signature.as_deref().filter(|_| algorithm.as_deref() == Some(ALGORITHM));
    if !signature.is_some_and(|signature| verified(public, &signed_text(document, text), signature)) {
        return Some(Problem::Signature);
    }
    let claim = claim?;
    if claim.hash.as_ref() != Some(&sha256_hex(text)) {
        return Some(Problem::OtherHash);
    }
    if claim.signature.as_deref() != signature {
        return Some(Problem::OtherSignature);
    }
    None
}

async fn judge_log(objects: &dyn Objects, file: &LogFile) -> Result<Option<Problem>, String> {
    let Some(found) = objects.get(&file.bucket, &file.object).await? else { return Ok(Some(Problem::NotFound)) };
    let Some(content) = gunzipped(&found.body) else { return Ok(Some(Problem::Format)) };
    if file.hash_algorithm != "SHA-256" || sha256_hex(&content) != file.hash_value {
        return Ok(Some(Problem::Hash));
    }
    let is_log = serde_json::from_slice::<LogContent>(&content).is_ok();
    Ok((!is_log).then_some(Problem::Format))
}

/// What every log file is.
#[derive(serde::Deserialize)]
struct LogContent {
    #[serde(rename = "Records")]
    _records: Vec<serde::de::IgnoredAny>,
}
