//! `UploadPart`

use s3s::dto::{UploadPartInput, UploadPartOutput};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};
use store::catalog::{Expect, Transaction};

use super::{Operations, etag, set_checksum, sse_s3};
use crate::description;
use crate::errors;
use crate::files::Received;
use crate::intake::{self, Intake};
use crate::names::record_key;
use crate::record::{PartRecord, UploadRecord};
use crate::uploads::{PARTS_MAX, Upload, part_name};

pub(super) async fn run(
    operations: &Operations,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let shared = &operations.shared;
    description::refuse_unsupported(&request.headers)?;
    let asked = intake::asked(&request.headers)?;
    let body = request.input.body.take();
    let input = request.input;
    let number = part_number(input.part_number)?;
    let bucket = operations.bucket(&input.bucket)?;
    let upload = shared.upload(&bucket, &input.key, &input.upload_id)?;
    let algorithm = upload.found.value.algorithm;
    if let Some(asked) =
        asked.as_ref().filter(|asked| upload.found.value.asked_for_checksum && asked.algorithm != algorithm)
    {
        let (expected, actual) = (algorithm.as_str().to_lowercase(), asked.algorithm.as_str().to_lowercase());
        let message = format!(
            "Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"
        );
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    let intake = Intake {
        body,
        headers: &request.headers,
        trailers: request.trailing_headers,
        content_length: input.content_length,
        asked: asked.as_ref(),
        also: Some(algorithm),
    };
    let received = intake.take(&shared.files).await?;
    operations.note_bytes(received.bytes);
    let shown = asked.and_then(|asked| Some((asked.algorithm, received.checksum(asked.algorithm)?.to_owned())));
    let part = store(operations, &upload, number, received).await?;
    let mut output = UploadPartOutput {
        e_tag: Some(etag(&part.etag)),
        server_side_encryption: Some(sse_s3()),
        ..UploadPartOutput::default()
    };
    match shown {
        Some((algorithm, value)) => set_checksum!(output, algorithm, value),
        None => set_checksum!(output, algorithm, part.checksum),
    }
    Ok(S3Response::new(output))
}

/// # Errors
/// `InvalidArgument`
pub(super) fn part_number(number: i32) -> S3Result<u16> {
    match number {
        1..=PARTS_MAX => Ok(u16::try_from(number).expect("it is at most 10,000")),
        _ => {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            Err(errors::with(S3ErrorCode::InvalidArgument, message))
        }
    }
}

/// Makes a part of an upload, in place of the one of this number.
///
/// # Errors
/// `NoSuchUpload` when the upload has ended meanwhile; those of the catalog.
pub(super) async fn store(
    operations: &Operations,
    upload: &Upload,
    number: u16,
    mut received: Received,
) -> S3Result<PartRecord> {
    let shared = &operations.shared;
    let algorithm = upload.found.value.algorithm;
    let part = PartRecord {
        bytes: received.bytes,
        etag: received.etag(),
        checksum: received.checksum(algorithm).unwrap_or_default().to_owned(),
        modified: shared.clock.now().truncate_to_secs(),
        piece: None,
    };
    let part = PartRecord { piece: received.claim(), ..part };
    let name = part_name(&upload.id, number);
    let _open = shared.gate.read().await;
    let _turn = shared.upload_turn(&upload.id).await;
    let replaced = shared
        .change(|| {
            if shared.catalog.get::<UploadRecord>(&record_key(upload.name.as_str())).is_none() {
                return Err(errors::error(S3ErrorCode::NoSuchUpload));
            }
            let mut transaction = Transaction::default();
            let there = Expect::Version(upload.found.version);
            transaction.check::<UploadRecord>(record_key(upload.name.as_str()), there);
            let before = shared.catalog.get::<PartRecord>(&record_key(name.as_str()));
            match &before {
                Some(before) => transaction.update(record_key(name.as_str()), before.version, &part),
                None => transaction.create(record_key(name.as_str()), &part),
            };
            Ok((transaction, before.and_then(|before| before.value.piece.clone())))
        })
        .await;
    match replaced {
        Ok(replaced) => {
            shared.files.retire(replaced.into_iter().collect());
            Ok(part)
        }
        Err(error) => {
            if matches!(error.code(), S3ErrorCode::NoSuchUpload) {
                // Nothing names the file, and nothing will.
                shared.files.retire(part.piece.into_iter().collect());
            }
            Err(error)
        }
    }
}
