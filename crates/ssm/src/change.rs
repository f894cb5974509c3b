//! Changing records, and what callers are told when that fails.

use api::ServiceError;
use store::catalog::{Catalog, CatalogError, ChangeError, Transaction};

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; unavailable when others are always faster; the catalog's own.
pub(crate) async fn change<T>(
    catalog: &Catalog,
    decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
) -> Result<T, ServiceError> {
    catalog.change(decide).await.map_err(|error| match error {
        ChangeError::Refused(error) => error,
        ChangeError::Contended => {
            ServiceError::unavailable("Several requests are changing this host at the same time. Try again.")
        }
        ChangeError::Failed(CatalogError::Full) => {
            ServiceError::unavailable("The server has no disk space left for this change.")
        }
        ChangeError::Failed(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a change of the records of hosts failed");
            ServiceError::internal()
        }
    })
}
