//! A version of an object, by key and by the id that the client gives.

use std::sync::Arc;

use s3s::{S3Error, S3ErrorCode, S3Result};
use store::catalog::Versioned;

use crate::errors;
use crate::files::Pin;
use crate::names::{many_prefix, object_name, record_key};
use crate::record::{Content, ObjectRecord, OlderVersionRecord, Version};
use crate::shared::{Bucket, Shared};

/// The id of a version, as clients name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionId {
    /// None: the newest.
    Newest,
    /// That of the version that has none.
    Null,
    /// This one.
    Id(String),
}

impl VersionId {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        match text {
            None => Self::Newest,
            Some("null") => Self::Null,
            Some(id) => Self::Id(id.to_owned()),
        }
    }

    /// Whether a version has this id; every one is meant by none.
    pub(crate) fn is_of(&self, version: &Version) -> bool {
        match self {
            Self::Newest => true,
            Self::Null => version.id.is_none(),
            Self::Id(id) => version.id.as_ref() == Some(id),
        }
    }
}

/// A version as read.
pub(crate) enum Found {
    /// It is the newest of its key.
    Newest(Versioned<ObjectRecord>),
    /// There are newer ones. The name of its record comes with it.
    Older(String, Versioned<OlderVersionRecord>),
}

impl Found {
    pub(crate) fn version(&self) -> &Version {
        match self {
            Self::Newest(found) => &found.value.0,
            Self::Older(_, found) => &found.value.0,
        }
    }
}

/// An object to read: its files stay until it is dropped.
pub(crate) struct Readable {
    found: Found,
    pub(crate) pin: Option<Pin>,
}

impl Readable {
    pub(crate) fn version(&self) -> &Version {
        self.found.version()
    }

    pub(crate) fn content(&self) -> &Content {
        self.version().content.as_ref().expect("what can be read is no delete marker")
    }
}

impl Shared {
    /// The newest version of a key.
    pub(crate) fn newest(&self, bucket: &Bucket, key: &str) -> Option<Versioned<ObjectRecord>> {
        self.catalog.get(&record_key(object_name(&bucket.record.id, key)))
    }

    /// The older versions of a key, newest first.
    pub(crate) fn older(&self, bucket: &Bucket, key: &str) -> Vec<(String, Versioned<OlderVersionRecord>)> {
        let from = record_key("");
        self.catalog.list_prefix(&from.account, None, &many_prefix(&bucket.record.id, key))
    }

    /// The version that a client names, delete markers among them.
    pub(crate) fn find(&self, bucket: &Bucket, key: &str, id: &VersionId) -> Option<Found> {
        let newest = self.newest(bucket, key)?;
        if id.is_of(&newest.value.0) {
            return Some(Found::Newest(newest));
        }
        let mut older = self.older(bucket, key).into_iter();
        older.find(|(_, found)| id.is_of(&found.value.0)).map(|(name, found)| Found::Older(name, found))
    }

    /// The version that a client names, which must be an object.
    ///
    /// # Errors
    /// `NoSuchKey` and `NoSuchVersion`; `MethodNotAllowed` for a delete marker that is named.
    pub(crate) fn find_object(&self, bucket: &Bucket, key: &str, id: &VersionId) -> S3Result<Found> {
        match (self.find(bucket, key, id), id) {
            (Some(found), id) => match (&found.version().content, id) {
                (Some(_), _) => Ok(found),
                (None, VersionId::Newest) => Err(marked(S3ErrorCode::NoSuchKey, found.version())),
                (None, _) => Err(marked(S3ErrorCode::MethodNotAllowed, found.version())),
            },
            (None, VersionId::Newest) => Err(errors::error(S3ErrorCode::NoSuchKey)),
            (None, _) => Err(errors::error(S3ErrorCode::NoSuchVersion)),
        }
    }

    /// The same, with its files kept.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn open(self: &Arc<Self>, bucket: &Bucket, key: &str, id: &VersionId) -> S3Result<Readable> {
        loop {
            let found = self.find_object(bucket, key, id)?;
            let pieces = &found.version().content.as_ref().expect("it is an object").pieces;
            let pin = self.files.pin(pieces);
            // Files are retired after the record that no longer names them is there: if it still names them now, they
            // stay while the pin is held.
            let again = self.find_object(bucket, key, id)?;
            if again.version().content.as_ref().is_some_and(|content| content.pieces == *pieces) {
                return Ok(Readable { found: again, pin: Some(pin) });
            }
        }
    }
}

/// An error that says that it is about a delete marker.
fn marked(code: S3ErrorCode, marker: &Version) -> S3Error {
    let mut error = errors::error(code);
    let mut headers = http::HeaderMap::new();
    headers.insert("x-amz-delete-marker", http::HeaderValue::from_static("true"));
    if let Some(id) = marker.id.as_deref().and_then(|id| http::HeaderValue::from_str(id).ok()) {
        headers.insert("x-amz-version-id", id);
    }
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    error.set_headers(headers);
    error
}
