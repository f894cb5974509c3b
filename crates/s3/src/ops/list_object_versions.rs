//! `ListObjectVersions`

use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass,
};
use s3s::{S3Request, S3Response, S3Result};

use super::list_objects::{Encoding, KEYS_MAX, limit};
use super::{Operations, checksum_algorithm, checksum_type, etag, length, owner};
use crate::listing::{self, Entry, Query, Start};
use crate::names::record_key;
use crate::record::{ObjectRecord, Version};
use crate::shared::Bucket;
use crate::times;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let input = request.input;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let bucket = operations.bucket(&input.bucket)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let limit = limit(input.max_keys)?;
    let resumed = Resumed { key: input.key_marker.as_deref(), version_id: input.version_id_marker.as_deref() };
    let page = collect(operations, &bucket, &prefix, input.delimiter.as_deref(), &resumed, limit);
    let (mut versions, mut delete_markers, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for line in page.lines {
        match line {
            Line::Group(group) => groups.push(CommonPrefix { prefix: Some(encoding.write(&group)) }),
            Line::Version { key, version, is_latest } => match &version.content {
                None => delete_markers.push(DeleteMarkerEntry {
                    is_latest: Some(is_latest),
                    key: Some(encoding.write(&key)),
                    last_modified: Some(times::shown(version.modified)),
                    owner: Some(owner(&bucket.record.owner)),
                    version_id: Some(version.shown_id().to_owned()),
                }),
                Some(content) => versions.push(ObjectVersion {
                    checksum_algorithm: content
                        .checksum
                        .as_ref()
                        .map(|checksum| vec![checksum_algorithm(checksum.algorithm)]),
                    checksum_type: content.checksum.as_ref().map(|checksum| checksum_type(checksum.over)),
                    e_tag: Some(etag(&content.etag)),
                    is_latest: Some(is_latest),
                    key: Some(encoding.write(&key)),
                    last_modified: Some(times::shown(version.modified)),
                    owner: Some(owner(&bucket.record.owner)),
                    restore_status: None,
                    size: Some(length(content.bytes)),
                    storage_class: Some(ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD)),
                    version_id: Some(version.shown_id().to_owned()),
                }),
            },
        }
    }
    let next = page.next.as_ref();
    Ok(S3Response::new(ListObjectVersionsOutput {
        common_prefixes: Some(groups),
        delete_markers: Some(delete_markers),
        delimiter: input.delimiter.map(|delimiter| encoding.write(&delimiter)),
        encoding_type: input.encoding_type,
        is_truncated: Some(page.next.is_some()),
        key_marker: Some(encoding.write(&input.key_marker.unwrap_or_default())),
        max_keys: Some(input.max_keys.unwrap_or(KEYS_MAX).min(KEYS_MAX)),
        name: Some(input.bucket),
        next_key_marker: next.map(|(key, _)| encoding.write(key)),
        next_version_id_marker: next.and_then(|(_, id)| id.clone()),
        prefix: Some(encoding.write(&prefix)),
        version_id_marker: input.version_id_marker,
        versions: Some(versions),
        ..ListObjectVersionsOutput::default()
    }))
}

struct Resumed<'a> {
    key: Option<&'a str>,
    version_id: Option<&'a str>,
}

enum Line {
    Group(String),
    Version { key: String, version: Box<Version>, is_latest: bool },
}

struct Lines {
    lines: Vec<Line>,
    /// The key and the version, or the group, that is last when there are more.
    next: Option<(String, Option<String>)>,
}

fn collect(
    operations: &Operations,
    bucket: &Bucket,
    prefix: &str,
    delimiter: Option<&str>,
    resumed: &Resumed<'_>,
    limit: usize,
) -> Lines {
    let shared = &operations.shared;
    let start = match (resumed.key.filter(|key| !key.is_empty()), resumed.version_id.filter(|id| !id.is_empty())) {
        (Some(key), Some(_)) => Start::At(key.to_owned()),
        (Some(key), None) => Start::after(key, prefix, delimiter),
        (None, _) => Start::First,
    };
    let rows =
        |from: &str, prefix: &str, count: usize| shared.catalog.page::<ObjectRecord>(&record_key(from), prefix, count);
    // One key more than there can be lines, as each has one at least, and the first may have none left.
    let query = Query { bucket_id: &bucket.record.id, prefix, delimiter, start, limit: limit.saturating_add(2) };
    let keys = listing::list(&query, rows, |_, found| Some(found));
    let mut lines: Vec<Line> = Vec::new();
    if limit == 0 {
        return Lines { lines, next: None };
    }
    for entry in keys.entries {
        let more: Vec<Line> = match entry {
            Entry::Group(group) => vec![Line::Group(group)],
            Entry::Key(key, newest) => {
                let mut all = vec![newest.read().value.0.clone()];
                all.extend(shared.older(bucket, &key).into_iter().map(|(_, older)| older.value.0.clone()));
                let newest_id = all[0].shown_id().to_owned();
                if let (Some(id), true) = (resumed.version_id, resumed.key == Some(key.as_str())) {
                    let done = all.iter().position(|version| version.shown_id() == id).map_or(0, |at| at + 1);
                    all.drain(..done);
                }
                let line = |version: Version| Line::Version {
                    key: key.clone(),
                    is_latest: version.shown_id() == newest_id,
                    version: Box::new(version),
                };
                all.into_iter().map(line).collect()
            }
        };
        for line in more {
            if lines.len() == limit {
                let next = match lines.last() {
                    Some(Line::Group(group)) => Some((group.clone(), None)),
                    Some(Line::Version { key, version, .. }) => {
                        Some((key.clone(), Some(version.shown_id().to_owned())))
                    }
                    None => None,
                };
                return Lines { lines, next };
            }
            lines.push(line);
        }
    }
    Lines { lines, next: None }
}
