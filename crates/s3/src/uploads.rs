//! Multipart uploads: their records and parts.

use s3s::{S3ErrorCode, S3Result};
use store::catalog::{Transaction, Versioned};

use crate::errors;
use crate::names::{bucket_prefix, key_of, many_prefix, record_key};
use crate::record::{PartRecord, Piece, UploadRecord};
use crate::shared::{Bucket, Shared};

/// Bytes that every part but the last must have.
pub(crate) const PART_BYTES_MIN: u64 = 5 << 20;
/// Bytes that a part, and an object put at once, can have.
pub(crate) const PUT_BYTES_MAX: u64 = 5 << 30;
/// Bytes that an object can have.
pub(crate) const OBJECT_BYTES_MAX: u64 = 50 << 40;
/// The highest number of a part.
pub(crate) const PARTS_MAX: i32 = 10_000;

/// An upload as read.
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) key: String,
    /// The name of its record.
    pub(crate) name: String,
    pub(crate) found: Versioned<UploadRecord>,
}

/// A part as read.
pub(crate) struct Part {
    pub(crate) number: u16,
    pub(crate) found: Versioned<PartRecord>,
    name: String,
}

/// The name of the record of a part.
pub(crate) fn part_name(upload_id: &str, number: u16) -> String {
    format!("{upload_id}/{number:05}")
}

impl Shared {
    /// # Errors
    /// `NoSuchUpload`
    pub(crate) fn upload(&self, bucket: &Bucket, key: &str, id: &str) -> S3Result<Upload> {
        let name = format!("{}{id}", many_prefix(&bucket.record.id, key));
        let found = self.catalog.get::<UploadRecord>(&record_key(name.as_str()));
        let found = found.ok_or_else(|| errors::error(S3ErrorCode::NoSuchUpload))?;
        Ok(Upload { id: id.to_owned(), key: key.to_owned(), name, found })
    }

    /// All uploads of a bucket that are under way, by key and then by id.
    pub(crate) fn uploads(&self, bucket: &Bucket) -> Vec<Upload> {
        let from = record_key("");
        let all = self.catalog.list_prefix::<UploadRecord>(&from.account, None, &bucket_prefix(&bucket.record.id));
        all.into_iter()
            .map(|(name, found)| {
                let id = name.rsplit('\u{1}').next().unwrap_or_default().to_owned();
                Upload { id, key: key_of(&name), name, found }
            })
            .collect()
    }

    /// The parts of an upload, by number.
    pub(crate) fn parts(&self, upload_id: &str) -> Vec<Part> {
        let from = record_key("");
        let all = self.catalog.list_prefix::<PartRecord>(&from.account, None, &format!("{upload_id}/"));
        all.into_iter()
            .filter_map(|(name, found)| {
                let number = name.rsplit('/').next()?.parse().ok()?;
                Some(Part { number, found, name })
            })
            .collect()
    }

    /// Removes an upload and its parts. Gives the parts' files.
    pub(crate) fn drop_upload(&self, transaction: &mut Transaction, upload: &Upload) -> Vec<Piece> {
        transaction.delete::<UploadRecord>(record_key(upload.name.as_str()), upload.found.version);
        let parts = self.parts(&upload.id);
        for part in &parts {
            transaction.delete::<PartRecord>(record_key(part.name.as_str()), part.found.version);
        }
        parts.iter().filter_map(|part| part.found.value.piece.clone()).collect()
    }
}
