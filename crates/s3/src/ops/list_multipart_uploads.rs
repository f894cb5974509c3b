//! `ListMultipartUploads`

use s3s::dto::{
    CommonPrefix, Initiator, ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload, StorageClass,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::list_objects::{Encoding, KEYS_MAX};
use super::{Operations, checksum_algorithm, checksum_type, owner};
use crate::errors;
use crate::listing::group_of;
use crate::shared::Bucket;
use crate::times;
use crate::uploads::Upload;

enum Line {
    Group(String),
    Upload(Upload),
}

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = request.input;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let bucket = operations.bucket(&input.bucket)?;
    let max_uploads = input.max_uploads.unwrap_or(KEYS_MAX).min(KEYS_MAX);
    let limit = usize::try_from(max_uploads).ok().filter(|limit| *limit > 0).ok_or_else(|| {
        errors::with(S3ErrorCode::InvalidArgument, "Argument max-uploads must be an integer between 1 and 2147483647")
    })?;
    let mut lines = lines(operations.shared.uploads(&bucket), &input);
    let truncated = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| truncated).map(|line| match line {
        Line::Group(group) => (group.clone(), None),
        Line::Upload(upload) => (upload.key.clone(), Some(upload.id.clone())),
    });
    let (mut uploads, mut groups) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Group(group) => groups.push(CommonPrefix { prefix: Some(encoding.write(&group)) }),
            Line::Upload(upload) => uploads.push(shown(&upload, &bucket, encoding)),
        }
    }
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        common_prefixes: Some(groups),
        delimiter: input.delimiter.map(|delimiter| encoding.write(&delimiter)),
        encoding_type: input.encoding_type,
        is_truncated: Some(truncated),
        key_marker: Some(encoding.write(&input.key_marker.unwrap_or_default())),
        max_uploads: Some(max_uploads),
        next_key_marker: next.as_ref().map(|(key, _)| encoding.write(key)),
        next_upload_id_marker: next.and_then(|(_, id)| id),
        prefix: Some(encoding.write(&input.prefix.unwrap_or_default())),
        upload_id_marker: input.upload_id_marker,
        uploads: Some(uploads),
        ..ListMultipartUploadsOutput::default()
    }))
}

/// The lines after the markers: uploads by key and id, with what a delimiter groups.
fn lines(all: Vec<Upload>, input: &ListMultipartUploadsInput) -> Vec<Line> {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref();
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    let is_after = |upload: &Upload| match input.upload_id_marker.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => (upload.key.as_str(), upload.id.as_str()) > (key_marker, id),
        None => key_marker.is_empty() || upload.key.as_str() > key_marker,
    };
    let mut lines: Vec<Line> = Vec::new();
    for upload in all.into_iter().filter(|upload| upload.key.starts_with(prefix) && is_after(upload)) {
        match group_of(&upload.key, prefix, delimiter) {
            // The marker may be a group, which was listed.
            Some(group) if group == key_marker => {}
            Some(group) => {
                if !matches!(lines.last(), Some(Line::Group(last)) if *last == group) {
                    lines.push(Line::Group(group));
                }
            }
            None => lines.push(Line::Upload(upload)),
        }
    }
    lines
}

fn shown(upload: &Upload, bucket: &Bucket, encoding: Encoding) -> MultipartUpload {
    let record = &upload.found.value;
    MultipartUpload {
        checksum_algorithm: record.asked_for_checksum.then(|| checksum_algorithm(record.algorithm)),
        checksum_type: record.asked_for_checksum.then(|| checksum_type(record.checksum_over)),
        initiated: Some(times::shown(record.initiated)),
        initiator: Some(Initiator { display_name: None, id: Some(record.initiator.clone()) }),
        key: Some(encoding.write(&upload.key)),
        owner: Some(owner(&bucket.record.owner)),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(upload.id.clone()),
    }
}
