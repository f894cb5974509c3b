//! `DeleteObjects`: every key is judged and deleted by itself.

use futures_util::{StreamExt as _, stream};
use s3s::dto::{DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition, Error, ObjectIdentifier};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use super::delete_object::governance;
use crate::authorization::{Target, may};
use crate::errors;
use crate::objects::{VersionId, WriteCondition};
use crate::shared::Bucket;

/// Keys that one request can name.
const KEYS_MAX: usize = 1000;
/// Keys that are deleted at once, so that their commits share a sync.
const AT_ONCE: usize = 64;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let input = request.input;
    if input.mfa.is_some() {
        return Err(errors::unsupported("x-amz-mfa"));
    }
    let keys = input.delete.objects;
    if keys.is_empty() || keys.len() > KEYS_MAX {
        return Err(errors::error(S3ErrorCode::MalformedXML));
    }
    let bucket = operations.bucket(&input.bucket)?;
    let bypass = input.bypass_governance_retention;
    let outcomes: Vec<_> = stream::iter(keys.into_iter().map(|key| one(operations, &bucket, key, bypass)))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(one) => deleted.push(one),
            Err(one) => failed.push(one),
        }
    }
    operations.call.known().deleted =
        deleted.iter().map(|one| (one.key.clone().unwrap_or_default(), one.version_id.clone())).collect();
    let quiet = input.delete.quiet == Some(true);
    Ok(S3Response::new(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: Some(failed),
        ..DeleteObjectsOutput::default()
    }))
}

async fn one(
    operations: &Operations,
    bucket: &Bucket,
    asked: ObjectIdentifier,
    bypass: Option<bool>,
) -> Result<DeletedObject, Error> {
    let (key, version_id) = (asked.key.clone(), asked.version_id.clone());
    match try_one(operations, bucket, asked, bypass).await {
        Ok(deleted) => Ok(deleted),
        Err(error) => {
            let code = error.code().as_str().to_owned();
            let message = error.message().or_else(|| errors::usual_message(&code)).unwrap_or_default().to_owned();
            Err(Error { code: Some(code), key: Some(key), message: Some(message), version_id })
        }
    }
}

async fn try_one(
    operations: &Operations,
    bucket: &Bucket,
    asked: ObjectIdentifier,
    bypass: Option<bool>,
) -> S3Result<DeletedObject> {
    if asked.size.is_some() || asked.last_modified_time.is_some() {
        return Err(errors::unsupported("Size and LastModifiedTime of a key to delete"));
    }
    let Operations { shared, call } = operations;
    if asked.key.len() > 1024 {
        return Err(errors::error(S3ErrorCode::KeyTooLongError));
    }
    let action = if asked.version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    may(shared, call, action, Target::In(bucket, Some(&asked.key)))?;
    let governance = governance(operations, bucket, &asked.key, bypass)?;
    let id = VersionId::parse(asked.version_id.as_deref());
    let condition = WriteCondition { matches: asked.e_tag.map(ETagCondition::ETag), none_matches: None };
    let removed = shared.remove(&bucket.name, &asked.key, &id, governance, &condition).await?;
    Ok(DeletedObject {
        delete_marker: removed.delete_marker.then_some(true),
        delete_marker_version_id: removed.version_id.filter(|_| removed.delete_marker),
        key: Some(asked.key),
        version_id: asked.version_id,
    })
}
