//! Changing records: what the client is told when it cannot be done.

use api::iam::errors;
use api::{CallContext, ServiceError};
use store::catalog::{Catalog, CatalogError, ChangeError, Key, Transaction, Versioned};

use super::Iam;
use crate::record::Holder;

/// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
///
/// # Errors
/// Those of `decide`; `ConcurrentModification` when others are always faster; the
/// catalog's own.
pub(crate) async fn change<T>(
    catalog: &Catalog,
    decide: impl Fn() -> Result<(Transaction, T), ServiceError> + Send,
) -> Result<T, ServiceError> {
    catalog.change(decide).await.map_err(|error| match error {
        ChangeError::Refused(refused) => refused,
        ChangeError::Contended => {
            let message = "The request was rejected because multiple requests to change this object were submitted \
                           simultaneously. Wait a few minutes and submit your request again.";
            errors::concurrent_modification_exception(message)
        }
        ChangeError::Failed(error) => failure(error),
    })
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
