//! Log streams: by name within their group.

use std::sync::Arc;

use api::ServiceError;
use api::logs::errors;
use store::catalog::{Catalog, Key};
use store::log_event::StreamId;

use crate::groups::Group;
use crate::record::LogStreamRecord;

/// A stream as it was when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Its name.
    pub(crate) name: String,
    /// Its record.
    pub(crate) record: Arc<LogStreamRecord>,
    /// The record's version.
    pub(crate) version: u64,
}

impl Stream {
    /// Its number.
    pub(crate) fn id(&self) -> StreamId {
        self.record.id
    }
}

/// The key of a stream's record.
pub(crate) fn key(group: &Group, name: &str) -> Key {
    group.belonging(name)
}

/// A stream's ARN (logs.md §1.6).
pub(crate) fn arn(group: &Group, name: &str) -> String {
    format!("{}:log-stream:{name}", group.arn())
}

/// The group's stream of this name.
///
/// # Errors
/// logs.md LS-2.
pub(crate) fn find(catalog: &Catalog, group: &Group, name: &str) -> Result<Stream, ServiceError> {
    let found = catalog.get::<LogStreamRecord>(&key(group, name)).ok_or_else(not_found)?;
    Ok(Stream { name: name.to_owned(), record: found.value, version: found.version })
}

/// The group's streams whose names start with `prefix`, by name.
pub(crate) fn list(catalog: &Catalog, group: &Group, prefix: &str) -> Vec<Stream> {
    let found = group.list::<LogStreamRecord>(catalog, prefix);
    found.into_iter().map(|(name, found)| Stream { name, record: found.value, version: found.version }).collect()
}

/// logs.md LS-2.
pub(crate) fn not_found() -> ServiceError {
    errors::resource_not_found_exception("The specified log stream does not exist.")
}
