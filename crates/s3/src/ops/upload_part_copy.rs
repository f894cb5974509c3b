//! `UploadPartCopy`

use std::ops::Range;

use s3s::dto::{CopyPartResult, UploadPartCopyInput, UploadPartCopyOutput};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::copy_object::{Source, open_source};
use super::upload_part::{part_number, store};
use super::{Operations, etag, set_checksum, shown_version, sse_s3};
use crate::description;
use crate::errors;
use crate::files::Hashes;
use crate::objects::ReadCondition;
use crate::times;
use crate::uploads::PUT_BYTES_MAX;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let shared = &operations.shared;
    description::refuse_unsupported(&request.headers)?;
    let input = request.input;
    let number = part_number(input.part_number)?;
    let bucket = operations.bucket(&input.bucket)?;
    let upload = shared.upload(&bucket, &input.key, &input.upload_id)?;
    let source = Source::of(&input.copy_source)?;
    let (from, mut readable) = open_source(operations, &source, input.expected_source_bucket_owner.as_deref())?;
    let condition = ReadCondition {
        matches: input.copy_source_if_match,
        none_matches: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since.as_ref().and_then(times::given),
        unmodified_since: input.copy_source_if_unmodified_since.as_ref().and_then(times::given),
    };
    condition.check_source(readable.version(), readable.content())?;
    let range = range(input.copy_source_range.as_deref(), readable.content().bytes)?;
    if range.end - range.start > PUT_BYTES_MAX {
        return Err(errors::error(S3ErrorCode::EntityTooLarge));
    }
    let algorithm = upload.found.value.algorithm;
    let pin = readable.pin.take().expect("it was just opened");
    let bytes = shared.files.read(&readable.content().pieces, range, pin).map_err(errors::unreadable)?;
    let received = shared.files.receive(bytes, PUT_BYTES_MAX, &Hashes(vec![algorithm])).await.map_err(errors::body)?;
    operations.note_bytes(received.bytes);
    let part = store(operations, &upload, number, received).await?;
    let mut result = CopyPartResult {
        e_tag: Some(etag(&part.etag)),
        last_modified: Some(times::shown(part.modified)),
        ..CopyPartResult::default()
    };
    set_checksum!(result, algorithm, part.checksum);
    Ok(S3Response::new(UploadPartCopyOutput {
        copy_part_result: Some(result),
        server_side_encryption: Some(sse_s3()),
        copy_source_version_id: shown_version(&from.record, readable.version()),
        ..UploadPartCopyOutput::default()
    }))
}

/// `bytes=FIRST-LAST`, both given and within the source.
fn range(asked: Option<&str>, bytes: u64) -> S3Result<Range<u64>> {
    let Some(asked) = asked else { return Ok(0..bytes) };
    let parsed = asked.strip_prefix("bytes=").and_then(|range| {
        let (first, last) = range.split_once('-')?;
        Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?))
    });
    let Some((first, last)) = parsed.filter(|(first, last)| first <= last) else {
        let message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last \
                       are the zero-based offsets of the first and last bytes to copy";
        return Err(errors::with(S3ErrorCode::InvalidArgument, message));
    };
    if last >= bytes {
        let message = format!("Range specified is not valid for source object of size: {bytes}");
        return Err(errors::with(S3ErrorCode::InvalidArgument, message));
    }
    Ok(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_both_its_ends_and_lies_in_the_source() {
        assert_eq!(range(None, 10).unwrap(), 0..10);
        assert_eq!(range(Some("bytes=0-9"), 10).unwrap(), 0..10);
        for bad in ["bytes=0-10", "bytes=5-4", "bytes=5-", "bytes=-5", "0-5", "bytes=a-b"] {
            assert!(range(Some(bad), 10).is_err(), "{bad}");
        }
    }
}
