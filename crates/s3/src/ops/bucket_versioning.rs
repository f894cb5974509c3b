//! `GetBucketVersioning` and `PutBucketVersioning`

use s3s::dto::{
    BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput, MFADelete, PutBucketVersioningInput,
    PutBucketVersioningOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use crate::errors;
use crate::record::Versioning;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let status = match bucket.record.versioning {
        Versioning::Off => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    Ok(S3Response::new(GetBucketVersioningOutput {
        status: status.map(BucketVersioningStatus::from_static),
        ..GetBucketVersioningOutput::default()
    }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<S3Response<PutBucketVersioningOutput>> {
    let input = request.input;
    let asked = input.versioning_configuration;
    if asked.mfa_delete.as_ref().map(MFADelete::as_str) == Some(MFADelete::ENABLED) || input.mfa.is_some() {
        return Err(errors::unsupported("MFA delete"));
    }
    let versioning = match asked.status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => return Err(errors::with(S3ErrorCode::IllegalVersioningConfigurationException, "The Versioning element must be specified")),
    };
    operations
        .shared
        .change_bucket(&input.bucket, |record| {
            if versioning == Versioning::Suspended && record.object_lock.is_some() {
                let message = "An Object Lock configuration is present on this bucket, so the versioning state cannot \
                               be changed.";
                return Err(errors::with(S3ErrorCode::InvalidBucketState, message));
            }
            record.versioning = versioning;
            Ok(())
        })
        .await?;
    Ok(S3Response::new(PutBucketVersioningOutput {}))
}
