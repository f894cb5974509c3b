//! Buckets for the rest of the server, without HTTP: what other services put and read.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{AccountId, Partition, Region};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use s3s::S3Error;
use store::catalog::Unread;

use crate::description::AskedLock;
use crate::errors;
use crate::files::Hashes;
use crate::listing::{self, Entry, Query, Start};
use crate::names::record_key;
use crate::objects::{VersionId, WriteCondition};
use crate::ops::put_object::{Target, store};
use crate::ports::{Asked, ServiceCaller};
use crate::record::{Algorithm, BucketRecord, Description, Header, ObjectRecord};
use crate::shared::{Bucket, Shared};
use crate::uploads::PUT_BYTES_MAX;

/// The server's buckets.
#[derive(Clone)]
pub struct Buckets {
    shared: Arc<Shared>,
    partition: Partition,
}

/// Why a bucket could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BucketsError {
    /// S3's code, such as `NoSuchBucket`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// Whether trying again later may help.
    pub passing: bool,
}

/// An object to put.
#[derive(Clone, Debug, Default)]
pub struct NewBody {
    /// Its bytes.
    pub bytes: Bytes,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// User metadata, names in lower case.
    pub metadata: BTreeMap<String, String>,
}

/// What a service wants to do to a bucket or a key of it.
#[derive(Clone, Copy, Debug)]
pub struct ServicePut<'a> {
    /// Who asks, and for what.
    pub caller: ServiceCaller<'a>,
    /// Such as `s3:PutObject`.
    pub action: &'a str,
    /// The bucket.
    pub bucket: &'a str,
    /// The key; `None` for the bucket itself.
    pub key: Option<&'a str>,
    /// The canned ACL that comes with it, such as `bucket-owner-full-control`.
    pub acl: Option<&'a str>,
    /// The encryption that is asked for with it, such as `AES256`.
    pub encryption: Option<&'a str>,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnObject {
    /// Its key.
    pub key: String,
    /// Length in bytes.
    pub bytes: u64,
    /// The ETag without quotes.
    pub etag: String,
    /// When it was put.
    pub modified: base::Timestamp,
}

/// An object that was read whole.
#[derive(Clone, Debug)]
pub struct ObjectBytes {
    /// Its bytes.
    pub bytes: Bytes,
    /// `Content-Type`, `Content-Encoding` …
    pub headers: BTreeMap<Header, String>,
    /// User metadata.
    pub metadata: BTreeMap<String, String>,
}

impl Buckets {
    pub(crate) fn new(shared: Arc<Shared>, partition: Partition) -> Self {
        Self { shared, partition }
    }

    /// Who owns a bucket, and where it is; `None` where there is no such bucket.
    pub fn find(&self, bucket: &str) -> Option<(AccountId, Region)> {
        let found = self.shared.find_bucket(bucket)?;
        Some((found.record.owner.clone(), found.record.region.clone()))
    }

    /// What is set up of a bucket; `None` where there is no such bucket.
    pub fn record(&self, bucket: &str) -> Option<Arc<BucketRecord>> {
        self.shared.find_bucket(bucket).map(|found| found.record)
    }

    /// The buckets that an account has in a region, by name.
    pub fn of(&self, account: &AccountId, region: &Region) -> Vec<(String, Arc<BucketRecord>)> {
        let all = self.shared.catalog.list_prefix::<BucketRecord>(&record_key("").account, None, "");
        let all = all.into_iter().map(|(name, found)| (name, found.value));
        all.filter(|(_, record)| record.owner == *account && record.region == *region).collect()
    }

    /// Whether the bucket's policy lets a service do what it wants.
    ///
    /// # Errors
    /// `NoSuchBucket`
    pub fn service_may(&self, wanted: &ServicePut<'_>) -> Result<bool, BucketsError> {
        let bucket = self.bucket(wanted.bucket)?;
        let Some(policy) = &bucket.record.policy else { return Ok(false) };
        let resource = match wanted.key {
            Some(key) => format!("{}/{key}", bucket.arn(self.partition)),
            None => bucket.arn(self.partition),
        };
        let acl = wanted.acl.map(|acl| ("s3:x-amz-acl".to_owned(), vec![acl.to_owned()]));
        let encryption = |value: &str| ("s3:x-amz-server-side-encryption".to_owned(), vec![value.to_owned()]);
        let conditions: Vec<_> = acl.into_iter().chain(wanted.encryption.map(encryption)).collect();
        let asked = Asked { action: wanted.action, resource: &resource, conditions: &conditions };
        Ok(self.shared.policies.service_may(policy, &wanted.caller, &asked, self.shared.clock.now()))
    }

    /// Puts an object; it is durable when this resolves. Permission is the caller's to ask for.
    ///
    /// # Errors
    /// `NoSuchBucket`; those of the disk and of the catalog, which pass.
    pub async fn put(&self, bucket: &str, key: &str, body: NewBody) -> Result<String, BucketsError> {
        if key.is_empty() || key.len() > 1024 {
            return Err(failed(&errors::error(s3s::S3ErrorCode::KeyTooLongError)));
        }
        self.bucket(bucket)?;
        let headers = [(Header::ContentType, body.content_type), (Header::ContentEncoding, body.content_encoding)];
        let headers = headers.into_iter().filter_map(|(header, value)| Some((header, value?))).collect();
        let description = Description { headers, metadata: body.metadata, tags: Vec::new() };
        let bytes = stream::iter([Ok::<_, std::io::Error>(body.bytes)]);
        let hashes = Hashes(vec![Algorithm::Crc64Nvme]);
        let received = self.shared.files.receive(bytes, PUT_BYTES_MAX, &hashes).await;
        let received = received.map_err(|failure| failed(&errors::body(failure)))?;
        let target = Target { bucket, key, condition: WriteCondition::default() };
        let stored = store(&self.shared, target, received, None, description, AskedLock::default()).await;
        let version = stored.map_err(|error| failed(&error))?;
        Ok(version.content.map(|content| content.etag).unwrap_or_default())
    }

    /// An object, whole; `None` where there is none. For what the server itself wrote and knows to be small.
    ///
    /// # Errors
    /// `NoSuchBucket`; those of the disk, and `EntityTooLarge` for more than `bytes_max`.
    pub async fn get(&self, bucket: &str, key: &str, bytes_max: u64) -> Result<Option<ObjectBytes>, BucketsError> {
        let bucket = self.bucket(bucket)?;
        if self.shared.find_object(&bucket, key, &VersionId::Newest).is_err() {
            return Ok(None);
        }
        let Ok(mut readable) = self.shared.open(&bucket, key, &VersionId::Newest) else { return Ok(None) };
        let pin = readable.pin.take().expect("it was just opened");
        let content = readable.content();
        if content.bytes > bytes_max {
            return Err(failed(&errors::error(s3s::S3ErrorCode::EntityTooLarge)));
        }
        let read = self.shared.files.read(&content.pieces, 0..content.bytes, pin);
        let read = read.map_err(|error| failed(&errors::unreadable(error)))?;
        let bytes = collect(read).await.map_err(|error| BucketsError {
            code: "InternalError".to_owned(),
            message: error.to_string(),
            passing: true,
        })?;
        let Description { headers, metadata, .. } = content.description.clone();
        Ok(Some(ObjectBytes { bytes, headers, metadata }))
    }

    /// The objects whose keys start with `prefix` and sort after `after`, at most `count` of them.
    ///
    /// # Errors
    /// `NoSuchBucket`
    pub fn list(&self, bucket: &str, prefix: &str, after: &str, count: usize) -> Result<Vec<AnObject>, BucketsError> {
        let bucket = self.bucket(bucket)?;
        let start = if after.is_empty() { Start::First } else { Start::AfterKey(after.to_owned()) };
        let query = Query { bucket_id: &bucket.record.id, prefix, delimiter: None, start, limit: count };
        let rows = |from: &str, prefix: &str, count: usize| {
            self.shared.catalog.page::<ObjectRecord>(&record_key(from), prefix, count)
        };
        let page = listing::list(&query, rows, |_, found: Unread<ObjectRecord>| {
            let record = found.read().value;
            record.0.content.is_some().then_some(record)
        });
        let object = |entry: Entry<Arc<ObjectRecord>>| match entry {
            Entry::Key(key, record) => {
                let content = record.0.content.as_ref()?;
                Some(AnObject { key, bytes: content.bytes, etag: content.etag.clone(), modified: record.0.modified })
            }
            Entry::Group(_) => None,
        };
        Ok(page.entries.into_iter().filter_map(object).collect())
    }

    fn bucket(&self, name: &str) -> Result<Bucket, BucketsError> {
        self.shared.bucket(name).map_err(|error| failed(&error))
    }
}

async fn collect(read: impl Stream<Item = std::io::Result<Bytes>> + Send) -> std::io::Result<Bytes> {
    let mut read = std::pin::pin!(read);
    let mut all = Vec::new();
    while let Some(piece) = read.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all.into())
}

fn failed(error: &S3Error) -> BucketsError {
    let code = error.code().as_str().to_owned();
    let message = error.message().or_else(|| errors::usual_message(&code)).unwrap_or_default().to_owned();
    let passing = matches!(code.as_str(), "InternalError" | "ServiceUnavailable" | "OperationAborted");
    BucketsError { code, message, passing }
}
