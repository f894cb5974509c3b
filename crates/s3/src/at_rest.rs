//! Buckets of a server that is not running: read from its data folder, in which nothing is changed.

use std::io;
use std::sync::Arc;

use base::Region;
use store::blobs::Blobs;
use store::catalog::Catalog;

use crate::buckets::{AnObject, ObjectBytes};
use crate::files::{self, path};
use crate::names::{key_of, object_name, record_key};
use crate::ports::Unseal;
use crate::record::{BucketRecord, Content, Description, ObjectRecord};

/// The newest version of each object.
pub struct BucketsAtRest {
    catalog: Arc<Catalog>,
    blobs: Arc<dyn Blobs>,
    unseal: Arc<dyn Unseal>,
}

impl BucketsAtRest {
    /// The buckets of this catalog, whose objects' bytes are in these files, encrypted with keys that `unseal` opens.
    pub fn new(catalog: Arc<Catalog>, blobs: Arc<dyn Blobs>, unseal: Arc<dyn Unseal>) -> Self {
        Self { catalog, blobs, unseal }
    }

    /// Where a bucket is; `None` where there is no such bucket.
    pub fn region(&self, bucket: &str) -> Option<Region> {
        Some(self.bucket(bucket)?.region.clone())
    }

    /// The objects whose keys start with `prefix`, in the order of their keys; none where there is no such bucket.
    pub fn list(&self, bucket: &str, prefix: &str) -> Vec<AnObject> {
        let Some(bucket) = self.bucket(bucket) else { return Vec::new() };
        let rows =
            self.catalog.list_prefix::<ObjectRecord>(&record_key("").account, None, &object_name(&bucket.id, prefix));
        let object = |(name, found): (String, store::catalog::Versioned<ObjectRecord>)| {
            let version = &found.value.0;
            let Content { bytes, etag, .. } = version.content.as_ref()?;
            Some(AnObject { key: key_of(&name), bytes: *bytes, etag: etag.clone(), modified: version.modified })
        };
        rows.into_iter().filter_map(object).collect()
    }

    /// An object, whole; `None` where there is none, or its bytes are gone. Blocks.
    ///
    /// # Errors
    /// The disk's; `InvalidData` where the key of a file cannot be opened.
    pub fn get(&self, bucket: &str, key: &str) -> io::Result<Option<ObjectBytes>> {
        let Some(bucket) = self.bucket(bucket) else { return Ok(None) };
        let record = self.catalog.get::<ObjectRecord>(&record_key(object_name(&bucket.id, key)));
        let Some(content) = record.and_then(|record| record.value.0.content.clone()) else { return Ok(None) };
        let mut bytes = Vec::new();
        for piece in &content.pieces {
            let blob = match self.blobs.open(&path(&piece.id)) {
                Ok(blob) => blob,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            bytes.extend(files::at_rest(&*blob, piece, &*self.unseal)?);
        }
        let Description { headers, metadata, .. } = content.description;
        Ok(Some(ObjectBytes { bytes: bytes.into(), headers, metadata }))
    }

    fn bucket(&self, name: &str) -> Option<Arc<BucketRecord>> {
        Some(self.catalog.get::<BucketRecord>(&record_key(name))?.value)
    }
}
