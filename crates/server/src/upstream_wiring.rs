//! Buckets of an upstream, for the services that deliver to buckets: `--upstream s3=URL`.
//!
//! What may be put there is the upstream's to say, by the credentials of its URL: whom a bucket's policy names beside
//! them plays no part.

use std::sync::Arc;

use async_trait::async_trait;
use base::{Clock, Region, Scope, Timestamp};
use cloudtrail::ports::{KeyRange, LogReader, NewObject, PortError, Sender};
use identity::Authenticator;
use logs::BucketError;
use outbound::{BucketCallError, BucketPut, UpstreamBuckets, Upstreams};

use crate::config_wiring::{self, ConfigBuckets};
use crate::s3_wiring::ExportBuckets;
use crate::trail_wiring::TrailBuckets;

/// Where trails, AWS Config and exports of log events find their buckets.
pub struct DeliveryBuckets {
    /// Those of trails.
    pub trails: Arc<dyn cloudtrail::ports::Buckets>,
    /// Those of snapshots and histories of AWS Config.
    pub config: Arc<dyn config::ports::Buckets>,
    /// Those of exports.
    pub exports: Arc<dyn logs::Buckets>,
}

impl DeliveryBuckets {
    /// At the upstream that was named for S3, else with the server itself. An upstream for whatever nobody else
    /// serves does not count: the server serves S3.
    pub fn of(
        upstreams: &Upstreams,
        region: &Region,
        own: s3::Buckets,
        authenticator: Arc<Authenticator>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        match upstreams.is_named("s3") {
            true => {
                let buckets = Arc::new(BucketsUpstream(UpstreamBuckets::new(upstreams.clone(), region.clone())));
                Self { trails: buckets.clone(), config: buckets.clone(), exports: buckets }
            }
            false => Self {
                trails: Arc::new(TrailBuckets { buckets: own.clone(), authenticator: authenticator.clone() }),
                config: Arc::new(ConfigBuckets { buckets: own.clone(), authenticator, clock: clock.clone() }),
                exports: Arc::new(ExportBuckets(own)),
            },
        }
    }
}

/// Buckets of the upstream that serves S3.
struct BucketsUpstream(UpstreamBuckets);

#[async_trait]
impl cloudtrail::ports::Buckets for BucketsUpstream {
    async fn exists(&self, bucket: &str) -> Result<bool, PortError> {
        self.0.exists(bucket).await.map_err(of_trail)
    }

    async fn read_acl(&self, _: &Sender, bucket: &str) -> Result<(), PortError> {
        self.0.read_acl(bucket).await.map_err(of_trail)
    }

    async fn put(&self, _: &Sender, bucket: &str, object: &NewObject) -> Result<(), PortError> {
        let mut headers = vec![("content-type", object.content.content_type()), ("x-amz-acl", NewObject::ACL)];
        headers.extend(object.content.content_encoding().map(|encoding| ("content-encoding", encoding)));
        let (key, body) = (object.key.clone(), object.body.clone().into());
        let put = BucketPut { key, body, headers, metadata: object.metadata.clone() };
        self.0.put(bucket, put).await.map_err(of_trail)
    }

    async fn region(&self, bucket: &str) -> Result<Option<Region>, PortError> {
        self.0.region(bucket).await.map_err(of_trail)
    }

    async fn list_as(&self, _: &LogReader, range: KeyRange<'_>, _: Timestamp) -> Result<Vec<String>, PortError> {
        let KeyRange { bucket, prefix, after, count } = range;
        self.0.list(bucket, prefix, after, count).await.map_err(of_trail)
    }

    async fn get_as(
        &self,
        _: &LogReader,
        bucket: &str,
        key: &str,
        bytes_max: u64,
        _: Timestamp,
    ) -> Result<Vec<u8>, PortError> {
        self.0.get(bucket, key, bytes_max).await.map(Into::into).map_err(of_trail)
    }
}

#[async_trait]
impl config::ports::Buckets for BucketsUpstream {
    async fn exists(&self, bucket: &str) -> Result<bool, config::ports::PortError> {
        self.0.exists(bucket).await.map_err(of_config)
    }

    async fn put(
        &self,
        _: &config::ports::Sender,
        bucket: &str,
        object: &config::ports::NewObject,
    ) -> Result<(), config::ports::PortError> {
        config_wiring::refuse_kms(object)?;
        let (content_type, content_encoding) = config_wiring::content(object.content);
        let mut headers = vec![("x-amz-acl", config::ports::NewObject::ACL)];
        headers.extend(content_type.map(|content_type| ("content-type", content_type)));
        headers.extend(content_encoding.map(|encoding| ("content-encoding", encoding)));
        let (key, body) = (object.key.clone(), object.body.clone().into());
        let put = BucketPut { key, body, headers, metadata: Vec::new() };
        self.0.put(bucket, put).await.map_err(of_config)
    }

    async fn read(
        &self,
        _: &config::ports::Sender,
        bucket: &str,
        key: &str,
        bytes_max: u64,
    ) -> Result<Vec<u8>, config::ports::PortError> {
        self.0.get(bucket, key, bytes_max).await.map(Into::into).map_err(of_config)
    }
}

#[async_trait]
impl logs::Buckets for BucketsUpstream {
    async fn exists(&self, _: &Scope, bucket: &str) -> Result<bool, BucketError> {
        if !self.0.exists(bucket).await.map_err(of_export)? {
            return Ok(false);
        }
        self.0.read_acl(bucket).await.map_err(of_export).map(|()| true)
    }

    async fn put(&self, _: &Scope, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), BucketError> {
        let put = BucketPut {
            key: key.to_owned(),
            body: body.into(),
            headers: vec![("x-amz-acl", NewObject::ACL)],
            metadata: Vec::new(),
        };
        self.0.put(bucket, put).await.map_err(of_export)
    }
}

fn of_trail(error: BucketCallError) -> PortError {
    PortError { code: error.code, message: error.message }
}

fn of_config(error: BucketCallError) -> config::ports::PortError {
    config::ports::PortError { code: error.code, message: error.message }
}

fn of_export(error: BucketCallError) -> BucketError {
    BucketError { message: error.message, passing: error.passing }
}
