//! Digests: every hour a signed list of the log files that were delivered, each naming the one before it
//! (cloudtrail.md §6).
//!
//! A digest is decided on as a whole, signature included, in the transaction that takes the files it lists out of the
//! list of those that no digest has; only then is it put. A retry puts the same bytes under the same key: a digest
//! that was delivered is never rewritten.

mod document;
mod job;
mod keys;

#[cfg(test)]
pub(crate) use document::written as digest_written;
pub(crate) use document::{DigestDocument, LogFile, SHA256, signed_text};
pub use job::DeliverDigests;
pub(crate) use keys::{DigestKeyRecord, KeyRing, verified};

use base::{Region, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Transaction};

/// What a digest covers.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// The metadata that validation reads, by the exact names that the CLI wants (cloudtrail.md §6.4).
pub(crate) const SIGNATURE: &str = "signature";
pub(crate) const SIGNATURE_ALGORITHM: &str = "signature-algorithm";
pub(crate) const ALGORITHM: &str = "SHA256withRSA";

/// A chain of digests: of a session, for a region. The key is the session's and the region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChainRecord {
    pub(crate) region: Region,
    /// When the hour of the next digest begins, in whole seconds.
    pub(crate) start: Timestamp,
    /// The digest before it; none before the starting digest.
    pub(crate) previous: Option<Previous>,
    /// The next digest ends the chain.
    pub(crate) ending: bool,
}

impl Record for ChainRecord {
    const KIND: &'static str = "cloudtrail.digest_chain";
    const FORMAT: u32 = 1;
}

/// What a digest says of the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) hash: String,
    pub(crate) signature: String,
}

impl ChainRecord {
    /// A chain whose starting digest ends at this moment.
    pub(crate) fn begun(region: Region, now: Timestamp) -> Self {
        let start = now.truncate_to_secs().plus_millis(-HOUR_MS);
        Self { region, start, previous: None, ending: false }
    }

    /// When the hour of the next digest is over.
    pub(crate) fn hour_end(&self) -> Timestamp {
        self.start.plus_millis(HOUR_MS)
    }
}

/// A log file that was delivered and is in no digest yet. The key is its chain's, and the file's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveredFile {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) hash: String,
    pub(crate) oldest: Timestamp,
    pub(crate) newest: Timestamp,
    pub(crate) delivered: Timestamp,
}

impl Record for DeliveredFile {
    const KIND: &'static str = "cloudtrail.delivered_file";
    const FORMAT: u32 = 1;
}

/// A digest that was decided on and is still to be put. The key is its chain's, and when its hour ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingDigest {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The document, exactly as it was signed.
    pub(crate) text: String,
    pub(crate) signature: String,
    pub(crate) decided: Timestamp,
}

impl Record for PendingDigest {
    const KIND: &'static str = "cloudtrail.pending_digest";
    const FORMAT: u32 = 1;
}

/// The key of a session's chain for a region.
pub(crate) fn chain_key(session: &Key, region: &Region) -> Key {
    Key { name: format!("{}/{region}", session.name), ..session.clone() }
}

/// Lets the chains of a session end with their next digests: all of them, or all but that of one region.
pub(crate) fn end_chains(catalog: &Catalog, session: &Key, but: Option<&Region>, transaction: &mut Transaction) {
    let below = format!("{}/", session.name);
    for (name, chain) in catalog.list_prefix::<ChainRecord>(&session.account, session.region.as_ref(), &below) {
        if !chain.value.ending && but != Some(&chain.value.region) {
            let ending = ChainRecord { ending: true, ..(*chain.value).clone() };
            transaction.update(Key { name, ..session.clone() }, chain.version, &ending);
        }
    }
}

#[cfg(test)]
mod tests;
