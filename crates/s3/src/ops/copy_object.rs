//! `CopyObject`

use s3s::dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, MetadataDirective, TaggingDirective};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::put_object::{Target, store};
use super::{Operations, checksum_type, etag, set_checksum, shown_version, sse_s3};
use crate::authorization::{self, may};
use crate::description;
use crate::errors;
use crate::files::Hashes;
use crate::intake::{self, AskedChecksum};
use crate::objects::{ReadCondition, Readable, VersionId, WriteCondition};
use crate::record::{Algorithm, Description};
use crate::shared::Bucket;
use crate::times;
use crate::uploads::PUT_BYTES_MAX;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let Operations { shared, call } = operations;
    description::refuse_unsupported(&request.headers)?;
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    let lock = description::lock_of(shared, &bucket, &request.headers)?;
    let source = Source::of(&input.copy_source)?;
    let (from, mut readable) = open_source(operations, &source, input.expected_source_bucket_owner.as_deref())?;
    let condition = ReadCondition {
        matches: input.copy_source_if_match,
        none_matches: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since.as_ref().and_then(times::given),
        unmodified_since: input.copy_source_if_unmodified_since.as_ref().and_then(times::given),
    };
    condition.check_source(readable.version(), readable.content())?;
    let content = readable.content();
    if content.bytes > PUT_BYTES_MAX {
        let message =
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    let replaces = |directive: Option<&str>| directive == Some("REPLACE");
    let replaces_metadata = replaces(input.metadata_directive.as_ref().map(MetadataDirective::as_str));
    let replaces_tags = replaces(input.tagging_directive.as_ref().map(TaggingDirective::as_str));
    let is_itself = from.name == input.bucket && source.key == input.key && source.id == VersionId::Newest;
    if is_itself && !replaces_metadata && request.headers.get("x-amz-website-redirect-location").is_none() {
        let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                       the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    let before = &content.description;
    if !replaces_tags && !before.tags.is_empty() {
        may(shared, call, "s3:GetObjectTagging", authorization::Target::In(&from, Some(&source.key)))?;
        may(shared, call, "s3:PutObjectTagging", authorization::Target::In(&bucket, Some(&input.key)))?;
    }
    let description = Description {
        headers: match replaces_metadata {
            true => description::headers_of(&request.headers)?,
            false => before.headers.clone(),
        },
        metadata: match replaces_metadata {
            true => description::metadata_of(input.metadata)?,
            false => before.metadata.clone(),
        },
        tags: match replaces_tags {
            true => description::tags_of(&request.headers)?,
            false => before.tags.clone(),
        },
    };
    let asked = match intake::asked(&request.headers)? {
        Some(asked) => asked,
        None => AskedChecksum {
            algorithm: content.checksum.as_ref().map_or(Algorithm::Crc64Nvme, |checksum| checksum.algorithm),
            value: None,
        },
    };
    let pin = readable.pin.take().expect("it was just opened");
    let content = readable.content();
    let bytes = shared.files.read(&content.pieces, 0..content.bytes, pin).map_err(errors::unreadable)?;
    let received = shared.files.receive(bytes, PUT_BYTES_MAX, &Hashes(vec![asked.algorithm])).await;
    let received = received.map_err(errors::body)?;
    operations.note_bytes(received.bytes);
    let target = Target { bucket: &input.bucket, key: &input.key, condition: WriteCondition::default() };
    let version = store(shared, target, received, Some(&asked), description, lock).await?;
    let content = version.content.as_ref().expect("an object was put");
    let mut result = CopyObjectResult {
        e_tag: Some(etag(&content.etag)),
        last_modified: Some(times::shown(version.modified)),
        ..CopyObjectResult::default()
    };
    if let Some(checksum) = &content.checksum {
        result.checksum_type = Some(checksum_type(checksum.over));
        set_checksum!(result, checksum.algorithm, checksum.value.clone());
    }
    Ok(S3Response::new(CopyObjectOutput {
        copy_object_result: Some(result),
        server_side_encryption: Some(sse_s3()),
        copy_source_version_id: shown_version(&from.record, readable.version()),
        version_id: shown_version(&bucket.record, &version),
        ..CopyObjectOutput::default()
    }))
}

/// What is copied.
pub(super) struct Source {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) id: VersionId,
}

impl Source {
    /// # Errors
    /// `NotImplemented` for what is no key of a bucket.
    pub(super) fn of(source: &CopySource) -> S3Result<Self> {
        match source {
            CopySource::Bucket { bucket, key, version_id } => Ok(Self {
                bucket: bucket.to_string(),
                key: key.to_string(),
                id: VersionId::parse(version_id.as_deref()),
            }),
            _ => Err(errors::unsupported("copies from access points")),
        }
    }
}

/// The object that is copied, when the caller may read it.
///
/// # Errors
/// `NoSuchBucket`, `NoSuchKey`, `AccessDenied`.
pub(super) fn open_source(
    operations: &Operations,
    source: &Source,
    expected_owner: Option<&str>,
) -> S3Result<(Bucket, Readable)> {
    let Operations { shared, call } = operations;
    let bucket = operations.bucket(&source.bucket)?;
    if expected_owner.is_some_and(|owner| owner != bucket.record.owner.as_str()) {
        return Err(errors::error(S3ErrorCode::AccessDenied));
    }
    let action = match source.id {
        VersionId::Newest => "s3:GetObject",
        VersionId::Null | VersionId::Id(_) => "s3:GetObjectVersion",
    };
    may(shared, call, action, authorization::Target::In(&bucket, Some(&source.key)))?;
    let readable = shared.open(&bucket, &source.key, &source.id)?;
    Ok((bucket, readable))
}
