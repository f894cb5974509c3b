//! Changing records: what the client is told when it cannot be done.

use api::ServiceError;
use api::logs::errors;
use store::catalog::{Catalog, CatalogError, ChangeError, Transaction};

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; `OperationAbortedException` when others are always faster; the catalog's own.
pub(crate) async fn change<T>(
    catalog: &Catalog,
    decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
) -> Result<T, ServiceError> {
    catalog.change(decide).await.map_err(|error| match error {
        ChangeError::Refused(refused) => refused,
        ChangeError::Contended => {
            let message = "A conflicting operation is currently in progress against this resource. Please try again.";
            errors::operation_aborted_exception(message)
        }
        ChangeError::Failed(error) => catalog_failure(&error),
    })
}

/// A failure of the catalog as the client sees it; the cause is logged here.
pub(crate) fn catalog_failure(error: &CatalogError) -> ServiceError {
    match error {
        CatalogError::Full => {
            errors::service_unavailable_exception("The server has no disk space left for this change.")
        }
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "a change of the records of Logs failed");
            ServiceError::internal()
        }
    }
}

/// A failure of the store as the client sees it; the cause is logged here.
pub(crate) fn store_failure(error: &store::StoreError) -> ServiceError {
    match error {
        store::StoreError::Full => {
            errors::service_unavailable_exception("The server has no disk space left for more events.")
        }
        store::StoreError::Stopped { .. } => {
            errors::service_unavailable_exception("The server cannot write its log; nothing was stored.")
        }
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "log events could not be read or written");
            ServiceError::internal()
        }
    }
}
