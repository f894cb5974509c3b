//! `GetObjectAttributes`

use s3s::dto::{
    Checksum, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectAttributesParts, ObjectPart, StorageClass,
};
use s3s::{S3Request, S3Response, S3Result};

use super::{Operations, checksum_type, etag, length, set_checksum, shown_version};
use crate::errors;
use crate::objects::VersionId;
use crate::record::Content;
use crate::times;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = request.input;
    if input.sse_customer_algorithm.is_some() {
        return Err(errors::unsupported("encryption with keys of the client"));
    }
    let bucket = operations.bucket(&input.bucket)?;
    let id = VersionId::parse(input.version_id.as_deref());
    let found = operations.shared.find_object(&bucket, &input.key, &id)?;
    let version = found.version();
    let content = version.content.as_ref().expect("what was found is an object");
    operations.note_bytes(content.bytes);
    let wants = |name: &str| {
        input.object_attributes.iter().any(|asked| asked.as_str().split(',').any(|one| one.trim() == name))
    };
    Ok(S3Response::new(GetObjectAttributesOutput {
        checksum: content.checksum.as_ref().filter(|_| wants("Checksum")).map(|checksum| {
            let mut shown = Checksum { checksum_type: Some(checksum_type(checksum.over)), ..Checksum::default() };
            // Here a composite value stands without the number of parts (documented).
            let value = checksum.value.split('-').next().unwrap_or_default().to_owned();
            set_checksum!(shown, checksum.algorithm, value);
            shown
        }),
        e_tag: wants("ETag").then(|| etag(&content.etag)),
        last_modified: Some(times::shown(version.modified)),
        object_parts: (wants("ObjectParts") && !content.parts.is_empty())
            .then(|| parts(content, input.max_parts, input.part_number_marker)),
        object_size: wants("ObjectSize").then(|| length(content.bytes)),
        storage_class: wants("StorageClass").then(|| StorageClass::from_static(StorageClass::STANDARD)),
        version_id: shown_version(&bucket.record, version),
        ..GetObjectAttributesOutput::default()
    }))
}

fn parts(content: &Content, max_parts: Option<i32>, marker: Option<i32>) -> GetObjectAttributesParts {
    let max_parts = max_parts.unwrap_or(1000).clamp(0, 1000);
    let limit = usize::try_from(max_parts).expect("it is small");
    let after = marker.unwrap_or(0);
    let left: Vec<_> = content.parts.iter().filter(|part| i32::from(part.number) > after).collect();
    let shown = left.iter().take(limit).map(|part| {
        let mut shown = ObjectPart {
            part_number: Some(i32::from(part.number)),
            size: Some(length(part.bytes)),
            ..ObjectPart::default()
        };
        if let (Some(value), Some(checksum)) = (&part.checksum, &content.checksum) {
            set_checksum!(shown, checksum.algorithm, value.clone());
        }
        shown
    });
    // Parts are listed only where they have checksums (documented).
    let listed: Option<Vec<ObjectPart>> =
        content.parts.iter().any(|part| part.checksum.is_some()).then(|| shown.collect());
    GetObjectAttributesParts {
        is_truncated: Some(left.len() > limit),
        max_parts: Some(max_parts),
        next_part_number_marker: left.iter().take(limit).next_back().map(|part| i32::from(part.number)),
        part_number_marker: Some(after),
        parts: listed,
        total_parts_count: i32::try_from(content.parts.len()).ok(),
    }
}
