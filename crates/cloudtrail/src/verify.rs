//! Verification of a trail's log files by its digests, from the objects alone (cloudtrail.md §6.7).
//!
//! It goes through the digests of a range of time from the newest to the oldest, as `aws cloudtrail validate-logs`
//! does, and checks what that does and more: that each digest names the one before it by the right hash and the
//! signature that is really there, that log files are such and hold events of the times they are said to, and that
//! there are no log files but those that digests list.

pub mod at_rest;
mod chain;
mod find;
mod names;
mod report;
#[cfg(test)]
pub(crate) mod tests;
mod unlisted;

use std::collections::BTreeMap;

use async_trait::async_trait;
use base::{AccountId, Region, Timestamp};

pub use find::{FoundChain, bucket_of, find_chains};
pub use report::{Finding, Gap, Problem, Report, Standing, Subject};

use chain::Walk;

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was put, where that is known.
    pub put: Option<Timestamp>,
}

/// An object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundObject {
    /// Its bytes, as they are stored.
    pub body: Vec<u8>,
    /// User metadata, by names without `x-amz-meta-`; `None` where only the bytes were kept.
    pub metadata: Option<BTreeMap<String, String>>,
}

/// Where objects are read from.
#[async_trait]
pub trait Objects: Send + Sync {
    /// All objects of a bucket whose keys start with a prefix, in the order of their keys; none where there is no such
    /// bucket.
    ///
    /// # Errors
    /// What happened.
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String>;

    /// What follows the prefix up to the next `/`, once each.
    ///
    /// # Errors
    /// What happened.
    async fn folders(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, String> {
        let below = |object: Listed| object.key.strip_prefix(prefix)?.split_once('/').map(|(name, _)| name.to_owned());
        let mut names: Vec<String> = self.list(bucket, prefix).await?.into_iter().filter_map(below).collect();
        names.dedup();
        Ok(names)
    }

    /// An object; `None` when it is not there.
    ///
    /// # Errors
    /// What happened.
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String>;
}

/// The digests of a trail for the events of a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChainName {
    /// The account of the events.
    pub account: AccountId,
    /// The trail's name.
    pub trail: String,
    /// Its home region.
    pub home: Region,
    /// The region of the events.
    pub region: Region,
}

/// What is to be verified.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose digests.
    pub name: ChainName,
    /// The bucket that the trail delivers to now.
    pub bucket: String,
    /// What keys start with: `[prefix/]AWSLogs/[o-ORGANIZATION/]ACCOUNT/`.
    pub root: String,
    /// Digests whose hour ends in this range are verified, both ends included.
    pub from: Timestamp,
    /// The range's end.
    pub to: Timestamp,
    /// What is known of the newest digest from elsewhere.
    pub newest: Newest,
}

/// What the trail itself knows of its newest digest. Whoever cuts off the end of a chain leaves nothing in the bucket
/// that tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Newest {
    /// Nothing.
    #[default]
    Unknown,
    /// When it was delivered (`LatestDigestDeliveryTime`).
    Delivered(Timestamp),
    /// Which one it is.
    Is(NewestDigest),
}

/// A chain's newest digest, as the server that made it remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestDigest {
    /// When its hour ended.
    pub end: Timestamp,
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// SHA-256 of its document, in hexadecimal.
    pub hash: String,
    /// Its signature, in hexadecimal.
    pub signature: String,
}

/// The public keys of the region, as ListPublicKeys gives them: PKCS#1 DER by fingerprint.
pub type PublicKeys = BTreeMap<String, Vec<u8>>;

/// Verifies a trail.
///
/// # Errors
/// Objects could not be read; damage is no error but a finding.
pub async fn verify(objects: &dyn Objects, keys: &PublicKeys, request: &Request) -> Result<Report, String> {
    let mut walk = Walk::new(objects, keys, request);
    walk.digests().await?;
    walk.backfill_digests().await?;
    unlisted::look(&mut walk).await?;
    Ok(walk.report)
}
