//! Buckets of an upstream, for the services that deliver to buckets: `--upstream s3=URL`.
//!
//! What may be put there is the upstream's to say, by the credentials of its URL: whom a bucket's policy names beside
//! them plays no part.

use std::sync::Arc;

use async_trait::async_trait;
use base::{Region, Scope};
use cloudtrail::ports::{NewObject, PortError, Sender};
use logs::BucketError;
use outbound::{BucketCallError, BucketPut, UpstreamBuckets, Upstreams};

use crate::s3_wiring::ExportBuckets;
use crate::trail_wiring::TrailBuckets;

/// Where trails and exports of log events find their buckets.
pub struct DeliveryBuckets {
    /// Those of trails.
    pub trails: Arc<dyn cloudtrail::ports::Buckets>,
    /// Those of exports.
    pub exports: Arc<dyn logs::Buckets>,
}

impl DeliveryBuckets {
    /// At the upstream that was named for S3, else with the server itself. An upstream for whatever nobody else
    /// serves does not count: the server serves S3.
    pub fn of(upstreams: &Upstreams, region: &Region, own: s3::Buckets) -> Self {
        match upstreams.is_named("s3") {
            true => {
                let buckets = Arc::new(BucketsUpstream(UpstreamBuckets::new(upstreams.clone(), region.clone())));
                Self { trails: buckets.clone(), exports: buckets }
            }
            false => Self { trails: Arc::new(TrailBuckets(own.clone())), exports: Arc::new(ExportBuckets(own)) },
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
        let put = BucketPut {
            key: object.key.clone(),
            body: object.body.clone().into(),
            headers: vec![
                ("content-type", NewObject::CONTENT_TYPE),
                ("content-encoding", NewObject::CONTENT_ENCODING),
                ("x-amz-acl", NewObject::ACL),
            ],
            metadata: object.metadata.clone(),
        };
        self.0.put(bucket, put).await.map_err(of_trail)
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

fn of_export(error: BucketCallError) -> BucketError {
    BucketError { message: error.message, passing: error.passing }
}
