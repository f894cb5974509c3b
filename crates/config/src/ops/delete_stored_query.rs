//! `DeleteStoredQuery`

use api::config::types::{DeleteStoredQueryRequest, DeleteStoredQueryResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::service::Config;
use crate::stored_queries::{self, StoredQueryRecord};

/// Keeps a query no longer (config.md §7.5).
pub async fn delete_stored_query(
    config: &Config,
    cx: &CallContext,
    input: DeleteStoredQueryRequest,
) -> Result<DeleteStoredQueryResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    change(catalog, || {
        let found = stored_queries::named(catalog, &scope, &input.query_name)?;
        let mut transaction = Transaction::default();
        transaction.delete::<StoredQueryRecord>(stored_queries::key(&scope, &input.query_name), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(DeleteStoredQueryResponse {})
}
