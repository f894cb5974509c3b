//! Changing records: what the client is told when it cannot be done.

use api::ServiceError;
use api::sns::errors;
use store::catalog::{Catalog, CatalogError, ChangeError, Transaction};

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; `ConcurrentAccess` when others are always faster; the catalog's own.
pub(crate) async fn change<T>(
    catalog: &Catalog,
    decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
) -> Result<T, ServiceError> {
    catalog.change(decide).await.map_err(|error| match error {
        ChangeError::Refused(refused) => refused,
        ChangeError::Contended => {
            let message = "Several requests are changing this resource at the same time. Try again.";
            errors::concurrent_access_exception(message)
        }
        ChangeError::Failed(error) => failure(&error),
    })
}

/// A failure of the catalog as the client sees it; the cause is logged here.
fn failure(error: &CatalogError) -> ServiceError {
    match error {
        CatalogError::Full => ServiceError::unavailable("The server has no disk space left for this change."),
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "a change of SNS records failed");
            ServiceError::internal()
        }
    }
}
