//! `ListParts`

use s3s::dto::{Initiator, ListPartsInput, ListPartsOutput, Part, StorageClass};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::{Operations, checksum_algorithm, checksum_type, etag, length, owner, set_checksum};
use crate::errors;
use crate::times;

/// Parts that a page can have.
const PARTS_MAX: i32 = 1000;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let shared = &operations.shared;
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    let upload = shared.upload(&bucket, &input.key, &input.upload_id)?;
    let record = &upload.found.value;
    let max_parts = input.max_parts.unwrap_or(PARTS_MAX).min(PARTS_MAX);
    let invalid = || errors::with(S3ErrorCode::InvalidArgument, "Argument max-parts must be an integer between 0 and 2147483647");
    let limit = usize::try_from(max_parts).map_err(|_| invalid())?;
    let after = input.part_number_marker.unwrap_or(0);
    let mut all = shared.parts(&upload.id);
    all.retain(|part| i32::from(part.number) > after);
    let truncated = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| truncated).map(|part| i32::from(part.number));
    let parts = all.into_iter().map(|part| {
        let mut shown = Part {
            e_tag: Some(etag(&part.found.value.etag)),
            last_modified: Some(times::shown(part.found.value.modified)),
            part_number: Some(i32::from(part.number)),
            size: Some(length(part.found.value.bytes)),
            ..Part::default()
        };
        if record.asked_for_checksum {
            set_checksum!(shown, record.algorithm, part.found.value.checksum.clone());
        }
        shown
    });
    Ok(S3Response::new(ListPartsOutput {
        parts: Some(parts.collect()),
        bucket: Some(input.bucket),
        checksum_algorithm: record.asked_for_checksum.then(|| checksum_algorithm(record.algorithm)),
        checksum_type: record.asked_for_checksum.then(|| checksum_type(record.checksum_over)),
        initiator: Some(Initiator { display_name: None, id: Some(record.initiator.clone()) }),
        is_truncated: Some(truncated),
        key: Some(input.key),
        max_parts: Some(max_parts),
        next_part_number_marker: next,
        owner: Some(owner(&bucket.record.owner)),
        part_number_marker: Some(after),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(upload.id),
        ..ListPartsOutput::default()
    }))
}
