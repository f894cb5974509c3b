//! `CreateMultipartUpload`

use s3s::dto::{ChecksumType, CreateMultipartUploadInput, CreateMultipartUploadOutput};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};
use store::catalog::Transaction;

use super::{Operations, checksum_algorithm, checksum_type, sse_s3};
use crate::description;
use crate::errors;
use crate::intake::unknown_algorithm;
use crate::names::{many_prefix, new_version_id, record_key};
use crate::record::{Algorithm, ChecksumOver, UploadRecord};
use crate::shared::Shared;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let Operations { shared, call } = operations;
    description::refuse_unsupported(&request.headers)?;
    let input = request.input;
    let asked = match &input.checksum_algorithm {
        Some(name) => Some(Algorithm::parse(name.as_str()).ok_or_else(unknown_algorithm)?),
        None => None,
    };
    let over = over(asked, input.checksum_type.as_ref())?;
    let bucket = operations.bucket(&input.bucket)?;
    let lock = description::lock_of(shared, &bucket, &request.headers)?;
    let record = UploadRecord {
        initiated: shared.clock.now(),
        initiator: call.context().principal.arn(call.partition).map(|arn| arn.to_string()).unwrap_or_default(),
        algorithm: asked.unwrap_or(Algorithm::Crc64Nvme),
        asked_for_checksum: asked.is_some(),
        checksum_over: over,
        description: description::of(&request.headers, input.metadata)?,
        retention: lock.retention,
        legal_hold: lock.legal_hold,
    };
    let id = new_version_id(&*shared.entropy).replace(['.', '/'], "_") + &new_version_id(&*shared.entropy);
    let _open = shared.gate.read().await;
    shared
        .change(|| {
            let bucket = shared.bucket(&input.bucket)?;
            let mut transaction = Transaction::default();
            Shared::check_bucket(&mut transaction, &bucket);
            let name = format!("{}{id}", many_prefix(&bucket.record.id, &input.key));
            transaction.create(record_key(name), &record);
            Ok((transaction, ()))
        })
        .await?;
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        checksum_algorithm: asked.map(checksum_algorithm),
        checksum_type: asked.map(|_| checksum_type(over)),
        upload_id: Some(id),
        server_side_encryption: Some(sse_s3()),
        ..CreateMultipartUploadOutput::default()
    }))
}

/// What the checksum of the object will be over.
fn over(algorithm: Option<Algorithm>, asked: Option<&ChecksumType>) -> S3Result<ChecksumOver> {
    let refused = |over: &str, algorithm: Algorithm| {
        let name = algorithm.as_str().to_lowercase();
        let message = format!("The {over} checksum type cannot be used with the {name} checksum algorithm.");
        errors::with(S3ErrorCode::InvalidRequest, message)
    };
    match (algorithm, asked.map(ChecksumType::as_str)) {
        (None | Some(Algorithm::Crc64Nvme), None | Some(ChecksumType::FULL_OBJECT)) => Ok(ChecksumOver::FullObject),
        (None | Some(Algorithm::Crc64Nvme), Some(_)) => Err(refused("COMPOSITE", Algorithm::Crc64Nvme)),
        (Some(_), None | Some(ChecksumType::COMPOSITE)) => Ok(ChecksumOver::Composite),
        (Some(algorithm), Some(ChecksumType::FULL_OBJECT)) if algorithm.combines() => Ok(ChecksumOver::FullObject),
        (Some(algorithm), Some(ChecksumType::FULL_OBJECT)) => Err(refused("FULL_OBJECT", algorithm)),
        (Some(_), Some(_)) => {
            Err(errors::with(S3ErrorCode::InvalidRequest, "Value for x-amz-checksum-type header is invalid."))
        }
    }
}
