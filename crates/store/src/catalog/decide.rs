//! Changing records: read, decide, commit, and read again when someone was faster.

use super::{Catalog, CatalogError, Transaction};

/// How often a change is decided anew before it is given up.
const ATTEMPTS: usize = 16;

/// Why a change was not made.
#[derive(Debug)]
pub enum ChangeError<E> {
    /// The decision was against it.
    Refused(E),
    /// Others were always faster.
    Contended,
    /// The catalog failed.
    Failed(CatalogError),
}

impl Catalog {
    /// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again; a transaction without
    /// changes is none.
    ///
    /// # Errors
    /// Those of `decide`; others that are always faster; the catalog's own.
    pub async fn change<T, E>(
        &self,
        decide: impl Fn() -> Result<(Transaction, T), E> + Send,
    ) -> Result<T, ChangeError<E>> {
        for _ in 0..ATTEMPTS {
            let (transaction, result) = decide().map_err(ChangeError::Refused)?;
            if transaction.is_empty() {
                return Ok(result);
            }
            match self.commit(transaction).await {
                Ok(()) => return Ok(result),
                Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(ChangeError::Failed(other)),
            }
        }
        Err(ChangeError::Contended)
    }
}
