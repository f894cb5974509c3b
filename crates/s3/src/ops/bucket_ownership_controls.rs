//! `GetBucketOwnershipControls`, `PutBucketOwnershipControls` and `DeleteBucketOwnershipControls`

use s3s::dto::{
    DeleteBucketOwnershipControlsInput, DeleteBucketOwnershipControlsOutput, GetBucketOwnershipControlsInput,
    GetBucketOwnershipControlsOutput, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PutBucketOwnershipControlsInput, PutBucketOwnershipControlsOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use crate::errors;
use crate::record::Ownership;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetBucketOwnershipControlsInput>,
) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let ownership = bucket.record.ownership;
    let ownership = ownership.ok_or_else(|| errors::error(S3ErrorCode::OwnershipControlsNotFoundError))?;
    let name = match ownership {
        Ownership::BucketOwnerEnforced => ObjectOwnership::BUCKET_OWNER_ENFORCED,
        Ownership::BucketOwnerPreferred => ObjectOwnership::BUCKET_OWNER_PREFERRED,
    };
    let rules = vec![OwnershipControlsRule { object_ownership: ObjectOwnership::from_static(name) }];
    let ownership_controls = Some(OwnershipControls { rules });
    Ok(S3Response::new(GetBucketOwnershipControlsOutput { ownership_controls }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutBucketOwnershipControlsInput>,
) -> S3Result<S3Response<PutBucketOwnershipControlsOutput>> {
    let input = request.input;
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(errors::error(S3ErrorCode::MalformedXML));
    };
    let ownership = ownership(rule.object_ownership.as_str())?;
    set(operations, &input.bucket, Some(ownership)).await?;
    Ok(S3Response::new(PutBucketOwnershipControlsOutput {}))
}

pub(super) async fn delete(
    operations: &Operations,
    request: S3Request<DeleteBucketOwnershipControlsInput>,
) -> S3Result<S3Response<DeleteBucketOwnershipControlsOutput>> {
    set(operations, &request.input.bucket, None).await?;
    Ok(S3Response::with_status(DeleteBucketOwnershipControlsOutput {}, http::StatusCode::NO_CONTENT))
}

/// # Errors
/// `NotImplemented` for `ObjectWriter`: what is in a bucket is its owner's.
pub(super) fn ownership(name: &str) -> S3Result<Ownership> {
    match name {
        ObjectOwnership::BUCKET_OWNER_ENFORCED => Ok(Ownership::BucketOwnerEnforced),
        ObjectOwnership::BUCKET_OWNER_PREFERRED => Ok(Ownership::BucketOwnerPreferred),
        ObjectOwnership::OBJECT_WRITER => Err(errors::unsupported("the object ownership ObjectWriter")),
        _ => Err(errors::error(S3ErrorCode::MalformedXML)),
    }
}

async fn set(operations: &Operations, bucket: &str, ownership: Option<Ownership>) -> S3Result<()> {
    let changed = operations.shared.change_bucket(bucket, |record| {
        record.ownership = ownership;
        Ok(())
    });
    changed.await
}
