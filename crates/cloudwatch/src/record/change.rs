//! Changing records: what the client is told when it cannot be done.

use api::ServiceError;
use api::cloudwatch::errors;
use store::catalog::{Catalog, CatalogError, ChangeError, Transaction};

/// The error for a change that others were always faster than.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Busy {
    /// `ConflictException`, of dashboards and tags (cloudwatch.md §1.2).
    Conflict,
    /// `ConcurrentModificationException`, of metric streams (cloudwatch.md §1.2).
    ConcurrentModification,
    /// `InternalServiceFault`: the operation's model has no error that says it.
    Internal,
}

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; `busy` when others are always faster; the catalog's own.
pub(crate) async fn change<T>(
    catalog: &Catalog,
    busy: Busy,
    decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
) -> Result<T, ServiceError> {
    catalog.change(decide).await.map_err(|error| match error {
        ChangeError::Refused(refused) => refused,
        ChangeError::Contended => {
            let message = "Several requests are changing this resource at the same time. Try again.";
            match busy {
                Busy::Conflict => errors::conflict_exception(message),
                Busy::ConcurrentModification => errors::concurrent_modification_exception(message),
                Busy::Internal => errors::internal_service_fault(message),
            }
        }
        ChangeError::Failed(error) => failure(&error),
    })
}

/// A failure of the catalog as the client sees it; the cause is logged here.
fn failure(error: &CatalogError) -> ServiceError {
    match error {
        CatalogError::Full => ServiceError::unavailable("The server has no disk space left for this change."),
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "a change of cloudwatch records failed");
            ServiceError::internal()
        }
    }
}
