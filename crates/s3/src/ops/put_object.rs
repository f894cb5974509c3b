//! `PutObject`

use std::sync::Arc;

use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Response, S3Result};

use super::{Operations, checksum_type, etag, set_checksum, shown_version, sse_s3};
use crate::description::{self, AskedLock};
use crate::files::Received;
use crate::intake::{self, AskedChecksum, Intake};
use crate::objects::{NewObject, WriteCondition};
use crate::record::{Algorithm, Checksum, ChecksumOver, Content, Description, Version};
use crate::shared::Shared;

pub(super) async fn run(
    operations: &Operations,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let Operations { shared, .. } = operations;
    description::refuse_unsupported(&request.headers)?;
    let asked = intake::asked(&request.headers)?;
    let body = request.input.body.take();
    let input = request.input;
    let description = description::of(&request.headers, input.metadata)?;
    let bucket = operations.bucket(&input.bucket)?;
    let lock = description::lock_of(shared, &bucket, &request.headers)?;
    let condition = WriteCondition { matches: input.if_match, none_matches: input.if_none_match };
    // What is known to fail is not taken in first.
    condition.check(shared.newest(&bucket, &input.key).as_ref().map(|newest| &newest.value.0))?;
    let intake = Intake {
        body,
        headers: &request.headers,
        trailers: request.trailing_headers,
        content_length: input.content_length,
        asked: asked.as_ref(),
        also: asked.is_none().then_some(Algorithm::Crc64Nvme),
    };
    let received = intake.take(&shared.files).await?;
    operations.note_bytes(received.bytes);
    let target = Target { bucket: &input.bucket, key: &input.key, condition };
    let version = store(shared, target, received, asked.as_ref(), description, lock).await?;
    let content = version.content.as_ref().expect("an object was put");
    let mut output = PutObjectOutput {
        e_tag: Some(etag(&content.etag)),
        server_side_encryption: Some(sse_s3()),
        version_id: shown_version(&bucket.record, &version),
        ..PutObjectOutput::default()
    };
    if let Some(checksum) = &content.checksum {
        output.checksum_type = Some(checksum_type(checksum.over));
        set_checksum!(output, checksum.algorithm, checksum.value.clone());
    }
    Ok(S3Response::new(output))
}

/// Where an object goes.
pub(crate) struct Target<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) condition: WriteCondition,
}

/// Makes an object of what was received at once.
///
/// # Errors
/// Those of [`Shared::put`].
pub(crate) async fn store(
    shared: &Arc<Shared>,
    target: Target<'_>,
    mut received: Received,
    asked: Option<&AskedChecksum>,
    description: Description,
    lock: AskedLock,
) -> S3Result<Version> {
    let algorithm = asked.map_or(Algorithm::Crc64Nvme, |asked| asked.algorithm);
    let checksum = received.checksum(algorithm).map(|value| Checksum {
        algorithm,
        value: value.to_owned(),
        over: ChecksumOver::FullObject,
    });
    let content = Content {
        bytes: received.bytes,
        etag: received.etag(),
        pieces: Vec::new(),
        parts: Vec::new(),
        checksum,
        description,
        retention: lock.retention,
        legal_hold: lock.legal_hold,
    };
    let content = Content { pieces: received.claim().into_iter().collect(), ..content };
    let Target { bucket, key, condition } = target;
    shared.put(NewObject { bucket, key, content, condition }, |_| Ok(())).await
}
