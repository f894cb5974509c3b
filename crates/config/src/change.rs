//! Changing records: read, decide, commit, and read again when someone was faster.

use api::ServiceError;
use store::catalog::{Catalog, CatalogError, Transaction};

/// How often a change is decided anew before the caller is told.
const ATTEMPTS: usize = 16;

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; unavailable when others are always faster; the catalog's own.
pub(crate) async fn change<T>(
    catalog: &Catalog,
    decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
) -> Result<T, ServiceError> {
    for _ in 0..ATTEMPTS {
        let (transaction, result) = decide()?;
        if transaction.is_empty() {
            return Ok(result);
        }
        match catalog.commit(transaction).await {
            Ok(()) => return Ok(result),
            Err(CatalogError::Conflict { .. }) => {}
            Err(other) => return Err(catalog_failure(&other)),
        }
    }
    Err(ServiceError::unavailable("Several requests are changing this resource at the same time. Try again."))
}

/// A failure of the catalog as the client sees it; the cause is logged here.
pub(crate) fn catalog_failure(error: &CatalogError) -> ServiceError {
    match error {
        CatalogError::Full => ServiceError::unavailable("The server has no disk space left for this change."),
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "a change of the records of Config failed");
            ServiceError::internal()
        }
    }
}

/// A failure of the store as the client sees it; the cause is logged here.
pub(crate) fn store_failure(error: &store::StoreError) -> ServiceError {
    match error {
        store::StoreError::Full => ServiceError::unavailable("The server has no disk space left for this change."),
        other => {
            tracing::error!(
                error = other as &dyn std::error::Error,
                "configuration items could not be read or written"
            );
            ServiceError::internal()
        }
    }
}
