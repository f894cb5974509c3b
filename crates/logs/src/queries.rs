//! Insights queries: they are started, run beside the calls, and their results are kept for a week (logs.md §7.1, §7.2).
//!
//! A query's record is in the catalog from its start; its rows become a document once it has ended. A query that was
//! under way when the server stopped has failed: nothing else would ever end it.

mod expire;
mod runs;
pub(crate) mod saved;
mod stored;

pub use expire::ExpireQueries;
pub(crate) use runs::{Runs, Start};
use stored::read_rows;
pub(crate) use stored::{PrintedRow, QueryRecord, QueryState, StoredStatistics};

use api::CallContext;
use api::ServiceError;
use api::logs::errors;
use store::catalog::{Catalog, Key, Versioned};

use crate::Logs;

/// How long results are kept (logs.md QR-7).
pub(crate) const KEPT_MS: i64 = 7 * base::time::DAY_MS;

/// The query of this id.
///
/// # Errors
/// `ResourceNotFoundException` (logs.md QR-7).
pub(crate) fn find(catalog: &Catalog, cx: &CallContext, id: &str) -> Result<Versioned<QueryRecord>, ServiceError> {
    let found = catalog.get::<QueryRecord>(&key(cx, id));
    found
        .filter(|found| found.value.created.millis() > cx.now.millis() - KEPT_MS)
        .ok_or_else(|| errors::resource_not_found_exception("The specified query does not exist."))
}

/// The key of a query's record.
pub(crate) fn key(cx: &CallContext, id: &str) -> Key {
    Key::regional(cx.account(), &cx.region, id)
}

impl Logs {
    /// Some of a query's rows.
    ///
    /// # Errors
    /// They cannot be read; the cause is logged here.
    pub(crate) async fn query_rows(
        &self,
        key: &Key,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<PrintedRow>, ServiceError> {
        let failed = |error: String| {
            tracing::error!(query = key.name, error, "the rows of a query cannot be read");
            ServiceError::internal()
        };
        let document = self.parts.documents.get(&runs::document(key)).await.map_err(failed)?;
        let document = document.ok_or_else(|| failed("they are not there".to_owned()))?;
        let read = tokio::task::spawn_blocking(move || read_rows(&document, skip, limit)).await;
        read.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }
}
