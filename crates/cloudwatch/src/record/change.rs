//! Changing records: read, decide, commit, and read again when someone was faster.

use api::ServiceError;
use api::cloudwatch::errors;
use store::catalog::{Catalog, CatalogError, Transaction};

/// How often a change is decided anew before the caller is told.
const ATTEMPTS: usize = 8;

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
    for _ in 0..ATTEMPTS {
        let (transaction, result) = decide()?;
        if transaction.is_empty() {
            return Ok(result);
        }
        match catalog.commit(transaction).await {
            Ok(()) => return Ok(result),
            Err(CatalogError::Conflict { .. }) => {}
            Err(other) => return Err(failure(&other)),
        }
    }
    let message = "Several requests are changing this resource at the same time. Try again.";
    Err(match busy {
        Busy::Conflict => errors::conflict_exception(message),
        Busy::ConcurrentModification => errors::concurrent_modification_exception(message),
        Busy::Internal => errors::internal_service_fault(message),
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
