//! `GetBucketEncryption`, `PutBucketEncryption` and `DeleteBucketEncryption`
//!
//! Every object is encrypted with keys of the server's, whatever is configured, as at AWS. What can be said beside that
//! is the bucket key, which is kept and shown; it says something for keys of KMS alone, which there are none of.

use s3s::dto::{
    DeleteBucketEncryptionInput, DeleteBucketEncryptionOutput, GetBucketEncryptionInput, GetBucketEncryptionOutput,
    PutBucketEncryptionInput, PutBucketEncryptionOutput, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::{Operations, sse_s3};
use crate::description;
use crate::errors;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetBucketEncryptionInput>,
) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let by_default = ServerSideEncryptionByDefault { kms_master_key_id: None, sse_algorithm: sse_s3() };
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(by_default),
        bucket_key_enabled: Some(bucket.record.bucket_key_enabled),
    };
    let configuration = ServerSideEncryptionConfiguration { rules: vec![rule] };
    Ok(S3Response::new(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutBucketEncryptionInput>,
) -> S3Result<S3Response<PutBucketEncryptionOutput>> {
    let input = request.input;
    let [rule] = input.server_side_encryption_configuration.rules.as_slice() else {
        return Err(errors::error(S3ErrorCode::MalformedXML));
    };
    let by_default = rule.apply_server_side_encryption_by_default.as_ref();
    let algorithm = by_default.map_or(ServerSideEncryption::AES256, |default| default.sse_algorithm.as_str());
    description::check_encryption(algorithm)?;
    if by_default.is_some_and(|default| default.kms_master_key_id.is_some()) {
        let message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";
        return Err(errors::with(S3ErrorCode::InvalidArgument, message));
    }
    set(operations, &input.bucket, rule.bucket_key_enabled.unwrap_or_default()).await?;
    Ok(S3Response::new(PutBucketEncryptionOutput {}))
}

pub(super) async fn delete(
    operations: &Operations,
    request: S3Request<DeleteBucketEncryptionInput>,
) -> S3Result<S3Response<DeleteBucketEncryptionOutput>> {
    set(operations, &request.input.bucket, false).await?;
    Ok(S3Response::with_status(DeleteBucketEncryptionOutput {}, http::StatusCode::NO_CONTENT))
}

async fn set(operations: &Operations, bucket: &str, bucket_key_enabled: bool) -> S3Result<()> {
    let changed = operations.shared.change_bucket(bucket, |record| {
        record.bucket_key_enabled = bucket_key_enabled;
        Ok(())
    });
    changed.await
}
