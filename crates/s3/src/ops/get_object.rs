//! `GetObject` and `HeadObject`

use std::ops::Range;

use base::Timestamp;
use s3s::dto::{self, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, StreamingBlob};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::{Operations, checksum_type, etag, length, set_checksum, shown_version, sse_s3};
use crate::authorization::{Target, may};
use crate::errors;
use crate::objects::{ReadCondition, VersionId};
use crate::record::{Content, Header, LockMode, Version};
use crate::shared::Bucket;
use crate::times;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let input = request.input;
    if input.sse_customer_algorithm.is_some() {
        return Err(errors::unsupported("encryption with keys of the client"));
    }
    let shared = &operations.shared;
    let bucket = operations.bucket(&input.bucket)?;
    let id = VersionId::parse(input.version_id.as_deref());
    let mut readable =
        shared.open(&bucket, &input.key, &id).map_err(|error| hide_absence(operations, &bucket, error))?;
    let condition = ReadCondition {
        matches: input.if_match,
        none_matches: input.if_none_match,
        modified_since: input.if_modified_since.as_ref().and_then(times::given),
        unmodified_since: input.if_unmodified_since.as_ref().and_then(times::given),
    };
    condition.check(readable.version(), readable.content())?;
    operations.note_bytes(readable.content().bytes);
    let asked = Asked { range: input.range, part: input.part_number };
    let chosen = choose(readable.content(), &asked)?;
    let pin = readable.pin.take().expect("it was just opened");
    let body = shared.files.read(&readable.content().pieces, chosen.range.clone(), pin).map_err(errors::unreadable)?;
    let head = head_of(&bucket, readable.version(), readable.content(), &chosen, input.checksum_mode.is_some());
    let tags = readable.content().description.tags.len();
    let output = GetObjectOutput {
        body: Some(StreamingBlob::wrap(body)),
        tag_count: (tags > 0).then(|| i32::try_from(tags).unwrap_or(i32::MAX)),
        accept_ranges: head.accept_ranges,
        cache_control: head.cache_control,
        checksum_crc32: head.checksum_crc32,
        checksum_crc32c: head.checksum_crc32c,
        checksum_crc64nvme: head.checksum_crc64nvme,
        checksum_sha1: head.checksum_sha1,
        checksum_sha256: head.checksum_sha256,
        checksum_type: head.checksum_type,
        content_disposition: head.content_disposition,
        content_encoding: head.content_encoding,
        content_language: head.content_language,
        content_length: head.content_length,
        content_range: head.content_range,
        content_type: head.content_type,
        e_tag: head.e_tag,
        expires: head.expires,
        last_modified: head.last_modified,
        metadata: head.metadata,
        object_lock_legal_hold_status: head.object_lock_legal_hold_status,
        object_lock_mode: head.object_lock_mode,
        object_lock_retain_until_date: head.object_lock_retain_until_date,
        parts_count: head.parts_count,
        server_side_encryption: head.server_side_encryption,
        version_id: head.version_id,
        website_redirect_location: head.website_redirect_location,
        ..GetObjectOutput::default()
    };
    Ok(respond(output, &chosen))
}

/// `HeadObject`
pub(super) async fn head(
    operations: &Operations,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = request.input;
    if input.sse_customer_algorithm.is_some() {
        return Err(errors::unsupported("encryption with keys of the client"));
    }
    let bucket = operations.bucket(&input.bucket)?;
    let id = VersionId::parse(input.version_id.as_deref());
    let found = operations.shared.find_object(&bucket, &input.key, &id);
    let found = found.map_err(|error| hide_absence(operations, &bucket, error))?;
    let version = found.version();
    let content = version.content.as_ref().expect("what was found is an object");
    let condition = ReadCondition {
        matches: input.if_match,
        none_matches: input.if_none_match,
        modified_since: input.if_modified_since.as_ref().and_then(times::given),
        unmodified_since: input.if_unmodified_since.as_ref().and_then(times::given),
    };
    condition.check(version, content)?;
    operations.note_bytes(content.bytes);
    let chosen = choose(content, &Asked { range: input.range, part: input.part_number })?;
    let output = head_of(&bucket, version, content, &chosen, input.checksum_mode.is_some());
    Ok(respond(output, &chosen))
}

/// Who may not list a bucket is not told what is not in it.
fn hide_absence(operations: &Operations, bucket: &Bucket, error: S3Error) -> S3Error {
    let absent = matches!(error.code(), S3ErrorCode::NoSuchKey);
    let Operations { shared, call } = operations;
    match absent && may(shared, call, "s3:ListBucket", Target::In(bucket, None)).is_err() {
        true => errors::error(S3ErrorCode::AccessDenied),
        false => error,
    }
}

struct Asked {
    range: Option<dto::Range>,
    part: Option<i32>,
}

/// What of an object is sent.
struct Chosen {
    range: Range<u64>,
    /// Whether that is said (206).
    partial: bool,
    parts_count: Option<i32>,
}

fn choose(content: &Content, asked: &Asked) -> S3Result<Chosen> {
    let whole = 0..content.bytes;
    let parts_count = i32::try_from(content.parts.len()).ok().filter(|count| *count > 0);
    match (&asked.range, asked.part) {
        (None, None) => Ok(Chosen { range: whole, partial: false, parts_count: None }),
        (Some(_), Some(_)) => Err(errors::with(
            S3ErrorCode::InvalidRequest,
            "Cannot specify both Range header and partNumber query parameter",
        )),
        (Some(range), None) => match range.check(content.bytes) {
            Ok(range) => Ok(Chosen { range, partial: true, parts_count: None }),
            Err(_) => Err(unsatisfiable(S3ErrorCode::InvalidRange, content)),
        },
        (None, Some(1)) if content.parts.is_empty() => Ok(Chosen { range: whole, partial: true, parts_count: None }),
        (None, Some(number)) => {
            let mut start = 0;
            for part in &content.parts {
                if i32::from(part.number) == number {
                    return Ok(Chosen { range: start..start + part.bytes, partial: true, parts_count });
                }
                start += part.bytes;
            }
            Err(errors::custom("InvalidPartNumber", 416, "The requested partnumber is not satisfiable"))
        }
    }
}

fn unsatisfiable(code: S3ErrorCode, content: &Content) -> S3Error {
    let mut error = errors::error(code);
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = http::HeaderValue::from_str(&format!("bytes */{}", content.bytes)) {
        headers.insert(http::header::CONTENT_RANGE, value);
    }
    error.set_headers(headers);
    error
}

fn respond<T>(output: T, chosen: &Chosen) -> S3Response<T> {
    match chosen.partial {
        true => S3Response::with_status(output, http::StatusCode::PARTIAL_CONTENT),
        false => S3Response::new(output),
    }
}

fn head_of(
    bucket: &Bucket,
    version: &Version,
    content: &Content,
    chosen: &Chosen,
    with_checksum: bool,
) -> HeadObjectOutput {
    let header = |header| content.description.headers.get(&header).cloned();
    let expires = header(Header::Expires).and_then(|millis| Some(Timestamp::from_millis(millis.parse().ok()?)));
    let Range { start, end } = chosen.range;
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: header(Header::CacheControl),
        content_disposition: header(Header::ContentDisposition),
        content_encoding: header(Header::ContentEncoding),
        content_language: header(Header::ContentLanguage),
        content_length: Some(length(end - start)),
        content_range: (chosen.partial && end > start).then(|| format!("bytes {start}-{}/{}", end - 1, content.bytes)),
        content_type: Some(header(Header::ContentType).unwrap_or_else(|| "binary/octet-stream".to_owned())),
        e_tag: Some(etag(&content.etag)),
        expires: expires.map(times::shown),
        last_modified: Some(times::shown(version.modified)),
        metadata: Some(content.description.metadata.clone().into_iter().collect()),
        object_lock_legal_hold_status: content
            .legal_hold
            .then(|| dto::ObjectLockLegalHoldStatus::from_static(dto::ObjectLockLegalHoldStatus::ON)),
        object_lock_mode: content.retention.map(|retention| {
            dto::ObjectLockMode::from_static(match retention.mode {
                LockMode::Governance => dto::ObjectLockMode::GOVERNANCE,
                LockMode::Compliance => dto::ObjectLockMode::COMPLIANCE,
            })
        }),
        object_lock_retain_until_date: content.retention.map(|retention| times::shown(retention.until)),
        parts_count: chosen.parts_count,
        server_side_encryption: content.is_encrypted().then(sse_s3),
        version_id: shown_version(&bucket.record, version),
        website_redirect_location: header(Header::WebsiteRedirectLocation),
        ..HeadObjectOutput::default()
    };
    // Over a part of the object the checksum of the whole says nothing.
    let is_whole = end - start == content.bytes;
    if let Some(checksum) = content.checksum.as_ref().filter(|_| with_checksum && is_whole) {
        output.checksum_type = Some(checksum_type(checksum.over));
        set_checksum!(output, checksum.algorithm, checksum.value.clone());
    }
    output
}
