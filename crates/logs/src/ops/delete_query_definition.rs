//! `DeleteQueryDefinition` (logs.md SQ-4).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::queries::saved::SavedQueryRecord;

pub(super) async fn delete_query_definition(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteQueryDefinitionRequest,
) -> Result<types::DeleteQueryDefinitionResponse, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = Key::regional(&scope.account, &scope.region, input.query_definition_id.as_str());
    change(catalog, || {
        let found = catalog.get::<SavedQueryRecord>(&key).ok_or_else(absent)?;
        let mut transaction = Transaction::default();
        transaction.delete::<SavedQueryRecord>(key.clone(), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::DeleteQueryDefinitionResponse { success: Some(true) })
}

/// What is said of a saved query that is not there.
pub(super) fn absent() -> ServiceError {
    errors::resource_not_found_exception("The specified query definition does not exist.")
}
