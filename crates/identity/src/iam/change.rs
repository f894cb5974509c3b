//! Changing records: read, decide, commit, and read again when someone was faster.

use api::iam::errors;
use api::{CallContext, ServiceError};
use store::catalog::{Catalog, CatalogError, Key, Transaction, Versioned};

use super::Iam;
use crate::record::Holder;

/// How often a change is decided anew before the caller is told.
const ATTEMPTS: usize = 8;

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; `ConcurrentModification` when others are always faster; the
/// catalog's own.
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
            Err(other) => return Err(failure(other)),
        }
    }
    let message = "The request was rejected because multiple requests to change this object were submitted \
                   simultaneously. Wait a few minutes and submit your request again.";
    Err(errors::concurrent_modification_exception(message))
}

/// A failure of the catalog as the client sees it; the cause is logged here.
pub(crate) fn failure(error: CatalogError) -> ServiceError {
    match error {
        CatalogError::Full => ServiceError::unavailable("The server has no disk space left for this change."),
        other => {
            tracing::error!(error = &other as &dyn std::error::Error, "a change of identity records failed");
            ServiceError::internal()
        }
    }
}

impl Iam {
    pub(crate) async fn change<T>(
        &self,
        decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
    ) -> Result<T, ServiceError> {
        change(&self.catalog, decide).await
    }

    /// Changes one user, group or role; `edit` may add to the transaction.
    pub(crate) async fn edit<H: Holder, T>(
        &self,
        cx: &CallContext,
        name: &str,
        edit: impl Fn(&mut H, &mut Transaction) -> Result<T, ServiceError> + Send + Sync,
    ) -> Result<T, ServiceError> {
        self.change(|| {
            let (key, Versioned { value, version }) = self.find::<H>(cx, name)?;
            let mut changed = value.as_ref().clone();
            let mut transaction = Transaction::default();
            let result = edit(&mut changed, &mut transaction)?;
            transaction.update(key, version, &changed);
            Ok((transaction, result))
        })
        .await
    }
}

/// Raises a record's version, so that a change decided on its present state fails.
pub(crate) fn touch<R: store::catalog::Record>(transaction: &mut Transaction, key: Key, found: &Versioned<R>) {
    transaction.update(key, found.version, found.value.as_ref());
}
