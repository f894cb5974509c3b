//! Imports: log files of a bucket that are copied into an event data store (cloudtrail.md §7.6).
//!
//! Files are taken one after the other, in the order of their keys, each whole or not at all. Before the events of a
//! file go to the store's table, the import's record says which file it is and the number that its rows carry; numbers of
//! a store only rise. Whatever happens then, the highest number in the table says whether the file was taken.

mod file;
mod job;
mod source;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use api::cloudtrail::{errors, types};
use api::{CallContext, ServiceError};
use base::{AccountId, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record};

use super::stores;
use crate::ports::LogReader;

pub use job::RunImports;
pub(crate) use source::parse;

/// An import. The key is the account and region of its store, and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportRecord {
    /// The id of the store.
    pub(crate) store: String,
    pub(crate) source: Source,
    /// Events of this time and later, …
    pub(crate) from: Option<Timestamp>,
    /// … and of this time and earlier.
    pub(crate) to: Option<Timestamp>,
    pub(crate) status: Status,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) statistics: Statistics,
    /// Files up to this key were looked at.
    pub(crate) after: String,
    /// All files were looked at.
    pub(crate) listed: bool,
    /// What is being taken.
    pub(crate) taking: Option<Taking>,
}

impl Record for ImportRecord {
    const KIND: &'static str = "cloudtrail.import";
    const FORMAT: u32 = 1;
}

/// Where files are, as it was named, and the role that may read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) uri: String,
    pub(crate) region: String,
    pub(crate) role_arn: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Initializing,
    InProgress,
    Failed,
    Stopped,
    Completed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statistics {
    pub(crate) prefixes_found: u64,
    pub(crate) prefixes_completed: u64,
    pub(crate) files_completed: u64,
    pub(crate) events_completed: u64,
    pub(crate) failed_entries: u64,
}

/// A file whose events are on their way into the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taking {
    /// The file's key.
    pub(crate) key: String,
    /// What its rows have as their source.
    pub(crate) number: u64,
    pub(crate) events: u64,
    /// It is the last of its folder.
    pub(crate) ends_folder: bool,
}

/// A file that could not be taken. The key is the import's, and the file's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportFailureRecord {
    pub(crate) status: FailureStatus,
    pub(crate) error: String,
    pub(crate) message: String,
    pub(crate) updated: Timestamp,
}

impl Record for ImportFailureRecord {
    const KIND: &'static str = "cloudtrail.import_failure";
    const FORMAT: u32 = 1;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FailureStatus {
    Failed,
    /// It is to be tried again.
    Retry,
    Succeeded,
}

impl Status {
    /// Whether there is something to do.
    pub(crate) fn is_ongoing(self) -> bool {
        matches!(self, Self::Initializing | Self::InProgress)
    }

    pub(crate) fn of_api(status: types::ImportStatus) -> Self {
        match status {
            types::ImportStatus::Initializing => Self::Initializing,
            types::ImportStatus::InProgress => Self::InProgress,
            types::ImportStatus::Failed => Self::Failed,
            types::ImportStatus::Stopped => Self::Stopped,
            types::ImportStatus::Completed => Self::Completed,
        }
    }

    pub(crate) fn to_api(self) -> types::ImportStatus {
        match self {
            Self::Initializing => types::ImportStatus::Initializing,
            Self::InProgress => types::ImportStatus::InProgress,
            Self::Failed => types::ImportStatus::Failed,
            Self::Stopped => types::ImportStatus::Stopped,
            Self::Completed => types::ImportStatus::Completed,
        }
    }
}

impl FailureStatus {
    pub(crate) fn to_api(self) -> types::ImportFailureStatus {
        match self {
            Self::Failed => types::ImportFailureStatus::Failed,
            Self::Retry => types::ImportFailureStatus::Retry,
            Self::Succeeded => types::ImportFailureStatus::Succeeded,
        }
    }
}

impl Statistics {
    pub(crate) fn to_api(self) -> types::ImportStatistics {
        let count = |count: u64| Some(i64::try_from(count).unwrap_or(i64::MAX));
        types::ImportStatistics {
            prefixes_found: count(self.prefixes_found),
            prefixes_completed: count(self.prefixes_completed),
            files_completed: count(self.files_completed),
            events_completed: count(self.events_completed),
            failed_entries: count(self.failed_entries),
        }
    }
}

impl ImportRecord {
    /// The ARNs of the stores that events go to: one.
    pub(crate) fn destinations(&self, scope: &Scope) -> Vec<String> {
        vec![stores::arn(scope, &self.store)]
    }

    /// Where files are, as the API has it.
    pub(crate) fn source_to_api(&self) -> types::ImportSource {
        types::ImportSource {
            s3: types::S3ImportSource {
                s3_location_uri: self.source.uri.clone(),
                s3_bucket_region: self.source.region.clone(),
                s3_bucket_access_role_arn: self.source.role_arn.clone(),
            },
        }
    }

    /// Who reads the files.
    pub(crate) fn reader(&self, scope: &Scope) -> LogReader {
        LogReader {
            store_arn: stores::arn(scope, &self.store),
            scope: scope.clone(),
            role_arn: self.source.role_arn.clone(),
        }
    }
}

/// The key of an import.
pub(crate) fn key(scope: &Scope, id: &str) -> Key {
    Key::regional(&scope.account, &scope.region, id)
}

/// The caller's import of this id, in the region of the call.
///
/// # Errors
/// `ImportNotFoundException`
pub(crate) fn found(
    catalog: &Catalog,
    cx: &CallContext,
    id: &str,
) -> Result<(Key, store::Versioned<ImportRecord>), ServiceError> {
    let key = key(&cx.scope(), id);
    match catalog.get::<ImportRecord>(&key) {
        Some(found) => Ok((key, found)),
        None => Err(errors::import_not_found_exception(format!("The import {id} does not exist."))),
    }
}

/// The account's import that is not over: there is one at a time (cloudtrail.md §7.6).
pub(crate) fn ongoing(catalog: &Catalog, account: &AccountId) -> Option<(Key, Arc<ImportRecord>)> {
    let all = catalog.list_all::<ImportRecord>().into_iter();
    let mut ongoing = all.filter(|(key, found)| key.account == *account && found.value.status.is_ongoing());
    ongoing.next().map(|(key, found)| (key, found.value))
}
