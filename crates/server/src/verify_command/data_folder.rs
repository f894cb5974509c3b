//! The data folder of a server that is not running: objects are files, and their names and metadata records.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use base::{Clock as _, OsEntropy, Region, SimulatedClock, SystemClock};
use cloudtrail::verify::{ChainName, FoundObject, Listed, Newest, Objects, PublicKeys, at_rest};
use identity::MasterKey;
use identity::secrets::Keys;
use s3::BucketsAtRest;
use store::blobs::LocalBlobs;
use store::disk::RealDisk;
use store::{Store, StoreOptions};

use super::cloudtrail_client::DescribedTrail;
use super::source::Target;
use crate::run::Failure;
use crate::s3_wiring;

/// An open data folder.
pub(super) struct DataFolder {
    store: Store,
    buckets: Arc<BucketsAtRest>,
}

impl DataFolder {
    pub(super) async fn open(data: &Path, master_key: &Path) -> Result<Self, Failure> {
        if !data.join("catalog.db").is_file() {
            return Err(format!("{} is not the data folder of a server", data.display()).into());
        }
        let master = MasterKey::load_or_create(master_key, &OsEntropy, false)?;
        let clock = Arc::new(SimulatedClock::new(SystemClock.now()));
        let store = Store::open(StoreOptions::new(data, clock)).await?;
        let blobs = LocalBlobs::open(Arc::new(RealDisk), data.join(s3_wiring::FOLDER))?;
        let buckets = Arc::new(BucketsAtRest::new(
            store.catalog().clone(),
            Arc::new(blobs),
            Arc::new(OpenKeys(Keys::derive(&master))),
        ));
        Ok(Self { store, buckets })
    }

    /// All trails of all accounts.
    pub(super) fn trails(&self) -> Vec<DescribedTrail> {
        let known = at_rest::trails(self.store.catalog()).into_iter();
        let described = |trail: at_rest::KnownTrail| {
            let at_rest::KnownTrail { account, name, home, bucket, prefix, .. } = trail;
            DescribedTrail { account, name, home, bucket, prefix }
        };
        known.map(described).collect()
    }

    /// Refuses buckets that are not in this folder: nothing can be told of them.
    pub(super) fn check_buckets(&self, targets: &[Target]) -> Result<(), Failure> {
        match targets.iter().find(|target| self.buckets.region(&target.bucket).is_none()) {
            None => Ok(()),
            Some(Target { bucket, .. }) => Err(format!(
                "the bucket {bucket} is not in this folder: where it is another S3's, verify it there with --s3-endpoint"
            )
            .into()),
        }
    }

    /// The regions that a trail delivered digests of.
    pub(super) fn regions(&self, trail: &DescribedTrail) -> Vec<Region> {
        at_rest::regions(self.store.catalog(), &trail.account, &trail.home, &trail.name)
    }

    pub(super) fn public_keys(&self, region: &Region) -> PublicKeys {
        at_rest::public_keys(self.store.catalog(), region)
    }

    pub(super) fn newest(&self, name: &ChainName) -> Newest {
        at_rest::newest(self.store.catalog(), name)
    }

    pub(super) async fn close(self) -> Result<(), Failure> {
        Ok(self.store.close().await?)
    }
}

/// Opens the keys of objects' files.
struct OpenKeys(Keys);

impl s3::ports::Unseal for OpenKeys {
    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        self.0.open_other(sealed, name)
    }
}

#[async_trait]
impl Objects for DataFolder {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        let objects = self.buckets.list(bucket, prefix).into_iter();
        Ok(objects.map(|object| Listed { key: object.key, put: Some(object.modified) }).collect())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let (buckets, bucket, key) = (self.buckets.clone(), bucket.to_owned(), key.to_owned());
        let read = tokio::task::spawn_blocking(move || buckets.get(&bucket, &key)).await;
        let found = read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        Ok(found.map(|object| FoundObject { body: object.bytes.to_vec(), metadata: Some(object.metadata) }))
    }
}
