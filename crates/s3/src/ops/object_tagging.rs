//! `GetObjectTagging`, `PutObjectTagging` and `DeleteObjectTagging`

use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    PutObjectTaggingInput, PutObjectTaggingOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use super::{Operations, shown_version};
use crate::objects::VersionId;
use crate::tags::{self, OBJECT_TAGS_MAX};

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    let id = VersionId::parse(input.version_id.as_deref());
    let found = operations.shared.find_object(&bucket, &input.key, &id)?;
    let content = found.version().content.as_ref().expect("what was found is an object");
    Ok(S3Response::new(GetObjectTaggingOutput {
        tag_set: tags::set(&content.description.tags),
        version_id: shown_version(&bucket.record, found.version()),
    }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let input = request.input;
    let tags = tags::of_set(input.tagging.tag_set, OBJECT_TAGS_MAX)?;
    let version_id = set(operations, &input.bucket, &input.key, input.version_id.as_deref(), &tags).await?;
    Ok(S3Response::new(PutObjectTaggingOutput { version_id }))
}

pub(super) async fn delete(
    operations: &Operations,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let input = request.input;
    let version_id = set(operations, &input.bucket, &input.key, input.version_id.as_deref(), &[]).await?;
    let output = DeleteObjectTaggingOutput { version_id };
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

async fn set(
    operations: &Operations,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
    tags: &[(String, String)],
) -> S3Result<Option<String>> {
    let id = VersionId::parse(version_id);
    let altered = operations.shared.alter(bucket, key, &id, |_, content, _| {
        content.description.tags = tags.to_vec();
        Ok(())
    });
    let version = altered.await?;
    Ok(shown_version(&operations.bucket(bucket)?.record, &version))
}
