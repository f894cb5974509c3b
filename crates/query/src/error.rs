//! Why a statement gave no, or not all, rows.

use std::time::Duration;

use datafusion::common::DataFusionError;
use store::StoreError;

/// Why a statement gave no, or not all, rows.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// It cannot be run as it is: another statement may.
    #[error("{0}")]
    Statement(String),
    /// It needs more memory than it may have.
    #[error(
        "the query needs more than the {} MiB of memory that it may have: {detail}",
        memory_bytes.div_ceil(1 << 20)
    )]
    Memory {
        /// What it may have.
        memory_bytes: usize,
        /// What asked for more.
        detail: String,
    },
    /// It ran for as long as it may.
    #[error("the query did not end within {} seconds and was stopped", timeout.as_secs_f64())]
    Timeout {
        /// How long it may run.
        timeout: Duration,
    },
    /// The store or the machine failed.
    #[error("the query failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl SqlError {
    /// What an error of DataFusion means to a query that may have so much memory.
    pub(crate) fn of(error: DataFusionError, memory_bytes: usize) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(detail) => Self::Memory { memory_bytes, detail: first_line(detail) },
            DataFusionError::External(cause) if cause.is::<StoreError>() => Self::Failed(error.into()),
            DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::Internal(_) => {
                Self::Failed(error.into())
            }
            _ => Self::Statement(error.strip_backtrace()),
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// A failure of the store as DataFusion carries it.
pub(crate) fn carried(error: StoreError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
