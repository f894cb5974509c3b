//! `GetBucketTagging`, `PutBucketTagging` and `DeleteBucketTagging`

use s3s::dto::{
    DeleteBucketTaggingInput, DeleteBucketTaggingOutput, GetBucketTaggingInput, GetBucketTaggingOutput,
    PutBucketTaggingInput, PutBucketTaggingOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use crate::errors;
use crate::tags::{self, BUCKET_TAGS_MAX};

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetBucketTaggingInput>,
) -> S3Result<S3Response<GetBucketTaggingOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    match bucket.record.tags.is_empty() {
        true => Err(errors::error(S3ErrorCode::NoSuchTagSet)),
        false => Ok(S3Response::new(GetBucketTaggingOutput { tag_set: tags::set(&bucket.record.tags) })),
    }
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutBucketTaggingInput>,
) -> S3Result<S3Response<PutBucketTaggingOutput>> {
    let input = request.input;
    let tags = tags::of_set(input.tagging.tag_set, BUCKET_TAGS_MAX)?;
    set(operations, &input.bucket, &tags).await?;
    Ok(S3Response::with_status(PutBucketTaggingOutput {}, http::StatusCode::NO_CONTENT))
}

pub(super) async fn delete(
    operations: &Operations,
    request: S3Request<DeleteBucketTaggingInput>,
) -> S3Result<S3Response<DeleteBucketTaggingOutput>> {
    set(operations, &request.input.bucket, &[]).await?;
    Ok(S3Response::with_status(DeleteBucketTaggingOutput {}, http::StatusCode::NO_CONTENT))
}

async fn set(operations: &Operations, bucket: &str, tags: &[(String, String)]) -> S3Result<()> {
    let changed = operations.shared.change_bucket(bucket, |record| {
        record.tags = tags.to_vec();
        Ok(())
    });
    changed.await
}
