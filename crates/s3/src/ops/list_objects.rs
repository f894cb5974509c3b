//! `ListObjects` and `ListObjectsV2`

use std::sync::Arc;

use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};
use store::catalog::Unread;

use super::{Operations, checksum_algorithm, checksum_type, etag, length, owner};
use crate::errors;
use crate::listing::{self, Entry, Page, Query, Start, url_encoded};
use crate::names::record_key;
use crate::record::ObjectRecord;
use crate::shared::Bucket;
use crate::times;

/// Entries that a page can have.
pub(super) const KEYS_MAX: i32 = 1000;

/// `ListObjects`
pub(super) async fn v1(
    operations: &Operations,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = request.input;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let bucket = operations.bucket(&input.bucket)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let start = match input.marker.as_deref().filter(|marker| !marker.is_empty()) {
        Some(marker) => Start::after(marker, &prefix, delimiter),
        None => Start::First,
    };
    let page = page(operations, &bucket, &prefix, delimiter, start, limit(input.max_keys)?);
    let next = page.next.as_ref().map(|next| encoding.write(next.marker()));
    let (contents, common_prefixes) = lines(page.entries, &bucket, encoding, Owners::Shown);
    Ok(S3Response::new(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(encoding.write(&prefix)),
        marker: Some(encoding.write(&input.marker.unwrap_or_default())),
        max_keys: Some(input.max_keys.unwrap_or(KEYS_MAX).min(KEYS_MAX)),
        is_truncated: Some(page.next.is_some()),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: input.delimiter.map(|delimiter| encoding.write(&delimiter)),
        next_marker: next,
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    }))
}

/// `ListObjectsV2`
pub(super) async fn v2(
    operations: &Operations,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = request.input;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let bucket = operations.bucket(&input.bucket)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let start = match (&input.continuation_token, input.start_after.as_deref().filter(|after| !after.is_empty())) {
        (Some(token), _) => Start::of_token(token).ok_or_else(|| {
            errors::with(S3ErrorCode::InvalidArgument, "The continuation token provided is incorrect")
        })?,
        (None, Some(after)) => Start::after(after, &prefix, delimiter),
        (None, None) => Start::First,
    };
    let page = page(operations, &bucket, &prefix, delimiter, start, limit(input.max_keys)?);
    let owners = if input.fetch_owner == Some(true) { Owners::Shown } else { Owners::Left };
    let (contents, common_prefixes) = lines(page.entries, &bucket, encoding, owners);
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encoding.write(&prefix)),
        max_keys: Some(input.max_keys.unwrap_or(KEYS_MAX).min(KEYS_MAX)),
        key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_ref().map(Start::token),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: input.delimiter.map(|delimiter| encoding.write(&delimiter)),
        encoding_type: input.encoding_type,
        start_after: input.start_after.map(|after| encoding.write(&after)),
        ..ListObjectsV2Output::default()
    }))
}

/// How keys are written.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    /// # Errors
    /// `InvalidArgument`
    pub(super) fn of(asked: Option<&EncodingType>) -> S3Result<Self> {
        match asked.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(_) => Err(errors::with(S3ErrorCode::InvalidArgument, "Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn write(self, key: &str) -> String {
        match self {
            Self::Plain => key.to_owned(),
            Self::Url => url_encoded(key),
        }
    }
}

/// How many entries a page has.
///
/// # Errors
/// `InvalidArgument`
pub(super) fn limit(asked: Option<i32>) -> S3Result<usize> {
    let asked = asked.unwrap_or(KEYS_MAX).min(KEYS_MAX);
    usize::try_from(asked).map_err(|_| {
        errors::with(S3ErrorCode::InvalidArgument, "Argument maxKeys must be an integer between 0 and 2147483647")
    })
}

enum Owners {
    Shown,
    Left,
}

fn page(
    operations: &Operations,
    bucket: &Bucket,
    prefix: &str,
    delimiter: Option<&str>,
    start: Start,
    limit: usize,
) -> Page<Arc<ObjectRecord>> {
    let query = Query { bucket_id: &bucket.record.id, prefix, delimiter, start, limit };
    let catalog = &operations.shared.catalog;
    let rows = |from: &str, prefix: &str, count: usize| catalog.page::<ObjectRecord>(&record_key(from), prefix, count);
    // Deleted keys are not listed.
    listing::list(&query, rows, |_, found: Unread<ObjectRecord>| {
        let record = found.read().value;
        record.0.content.is_some().then_some(record)
    })
}

fn lines(
    entries: Vec<Entry<Arc<ObjectRecord>>>,
    bucket: &Bucket,
    encoding: Encoding,
    owners: Owners,
) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut contents, mut groups) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Group(group) => groups.push(CommonPrefix { prefix: Some(encoding.write(&group)) }),
            Entry::Key(key, record) => {
                let Some(content) = &record.0.content else { continue };
                contents.push(Object {
                    checksum_algorithm: content
                        .checksum
                        .as_ref()
                        .map(|checksum| vec![checksum_algorithm(checksum.algorithm)]),
                    checksum_type: content.checksum.as_ref().map(|checksum| checksum_type(checksum.over)),
                    e_tag: Some(etag(&content.etag)),
                    key: Some(encoding.write(&key)),
                    last_modified: Some(times::shown(record.0.modified)),
                    owner: matches!(owners, Owners::Shown).then(|| owner(&bucket.record.owner)),
                    restore_status: None,
                    size: Some(length(content.bytes)),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                });
            }
        }
    }
    (contents, groups)
}
