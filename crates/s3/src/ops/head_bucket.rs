//! `HeadBucket` and `GetBucketLocation`

use s3s::dto::{
    BucketLocationConstraint, GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use super::Operations;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let bucket_region = Some(bucket.record.region.to_string());
    Ok(S3Response::new(HeadBucketOutput { bucket_region, ..HeadBucketOutput::default() }))
}

/// `GetBucketLocation`
pub(super) async fn location(
    operations: &Operations,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    // The oldest region has no name here (documented).
    let region = Some(bucket.record.region.to_string()).filter(|region| region != "us-east-1");
    Ok(S3Response::new(GetBucketLocationOutput { location_constraint: region.map(BucketLocationConstraint::from) }))
}
