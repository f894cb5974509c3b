//! Why the store could not do what it was asked.

use std::path::{Path, PathBuf};

use crate::catalog::CatalogError;
use crate::wal::WalError;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the bounded memory for unwritten rows, is full. Nothing was stored;
    /// the same call may succeed later.
    #[error("no space is left in the store")]
    Full,
    /// The log stopped for good after a failed write or sync; the process should end.
    #[error("the log has stopped: {reason}")]
    Stopped {
        /// What failed.
        reason: String,
    },
    /// A file of the store is missing or does not hold what was written to it.
    #[error("{} is damaged: {detail}", file.display())]
    Damaged {
        /// The damaged file.
        file: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// Another server has the data folder open.
    #[error("{} is in use by another server", data.display())]
    InUse {
        /// The data folder.
        data: PathBuf,
    },
    /// Anything else; the cause is for the log.
    #[error("the store failed while {doing}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Why it failed.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// A failure of something other than a file's content.
    pub(crate) fn failed(doing: impl Into<String>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed { doing: doing.into(), cause: cause.into() }
    }

    /// What an I/O error on `file` means: a full disk, a missing file, or a failure.
    pub(crate) fn io(doing: &str, file: &Path, error: std::io::Error) -> Self {
        if crate::disk::is_full(&error) {
            return Self::Full;
        }
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::damaged(file, "the file is missing"),
            _ => Self::failed(format!("{doing} {}", file.display()), error),
        }
    }

    /// The catalog's file cannot be opened or read.
    pub(crate) fn catalog(file: &Path, error: CatalogError) -> Self {
        match error {
            CatalogError::Full => Self::Full,
            other => Self::failed(format!("opening {}", file.display()), other),
        }
    }

    /// `file` does not hold what was written to it.
    pub(crate) fn damaged(file: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), detail: detail.into() }
    }
}

impl From<WalError> for StoreError {
    fn from(error: WalError) -> Self {
        match error {
            WalError::Full => Self::Full,
            WalError::Stopped { reason } => Self::Stopped { reason },
        }
    }
}

impl From<CatalogError> for StoreError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Full => Self::Full,
            other => Self::failed("writing the catalog", other),
        }
    }
}
