//! S3: buckets and objects over the store's catalog and files.
//!
//! The wire is the `s3s` crate's: it tells requests apart, verifies their signatures, and reads and writes their forms.
//! What S3 is, is here: records in the catalog (`record`), bytes in files (`files`), one transaction a change
//! (`objects`), permission asked before an operation sees its input (`authorization`), one note a request (`face`).

mod at_rest;
mod authorization;
mod buckets;
mod call;
mod checksum;
mod description;
mod errors;
mod face;
mod files;
mod intake;
mod listing;
mod lock;
mod names;
mod objects;
mod ops;
pub mod ports;
pub mod record;
mod shared;
mod tags;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod tests;
mod times;
mod uploads;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use base::{AccountId, Clock, Entropy, Region};
use s3s::config::{S3Config, StaticConfigProvider};
use store::blobs::Blobs;
use store::catalog::Catalog;

pub use at_rest::BucketsAtRest;
pub use buckets::{AnObject, Buckets, BucketsError, NewBody, ObjectBytes, ServicePut};
pub use face::{AnswerBody, bucket_in_host, looks_like_s3};

use files::Files;
use ports::{CallLog, Credentials, Policies, Seal};
use record::{ObjectRecord, OlderVersionRecord, PartRecord};
use shared::{Shared, SharedParts};

/// The id of an account as S3's answers have it.
pub fn canonical_id(account: &AccountId) -> String {
    ops::canonical_id(account)
}

/// Bytes that a request's XML can have: a list of 10,000 parts fits.
const XML_BYTES_MAX: usize = 4 << 20;

/// What S3 is made of.
pub struct Parts {
    /// The records.
    pub catalog: Arc<Catalog>,
    /// The files of objects; nothing else is in there.
    pub blobs: Arc<dyn Blobs>,
    /// Seals the keys that the files are encrypted with.
    pub seal: Arc<dyn Seal>,
    /// Who is who.
    pub credentials: Arc<dyn Credentials>,
    /// Who may do what.
    pub policies: Arc<dyn Policies>,
    /// Takes note of every request.
    pub log: Arc<dyn CallLog>,
    /// The region of requests that name none; its partition is the server's.
    pub region: Region,
    /// Time, of which locks are judged by.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// A running S3.
#[derive(Clone)]
pub struct S3 {
    shared: Arc<Shared>,
    region: Region,
    config: Arc<StaticConfigProvider>,
}

impl S3 {
    /// Opens it, and removes the files that a crash left behind. Blocks.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(parts: Parts) -> io::Result<Self> {
        let Parts { catalog, blobs, seal, credentials, policies, log, region, clock, entropy } = parts;
        let files = Arc::new(Files::new(blobs, entropy.clone(), seal));
        let removed = files.remove_orphans(&named(&catalog))?;
        if removed > 0 {
            tracing::info!(files = removed, "removed files that no object names");
        }
        let parts = SharedParts { catalog, files, credentials, policies, log, clock, entropy };
        let mut config = S3Config::default();
        config.xml_max_body_size = XML_BYTES_MAX;
        let config = Arc::new(StaticConfigProvider::new(Arc::new(config)));
        Ok(Self { shared: Arc::new(Shared::new(parts)), region, config })
    }

    /// Buckets for the rest of the server.
    pub fn buckets(&self) -> Buckets {
        Buckets::new(self.shared.clone(), self.region.partition())
    }
}

/// All files that records name.
fn named(catalog: &Catalog) -> HashSet<String> {
    let mut named = HashSet::new();
    let mut add = |version: &record::Version| {
        let pieces = version.content.iter().flat_map(|content| &content.pieces);
        named.extend(pieces.map(|piece| piece.id.clone()));
    };
    catalog.for_each(|_, ObjectRecord(version)| add(version));
    catalog.for_each(|_, OlderVersionRecord(version)| add(version));
    catalog.for_each(|_, part: &PartRecord| named.extend(part.piece.iter().map(|piece| piece.id.clone())));
    named
}
