//! `DeleteLookupTable` (logs.md §8.7).

use api::logs::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::lookup_tables::{self, LookupTableRecord};

pub(super) async fn delete_lookup_table(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteLookupTableRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    let document = change(catalog, || {
        let (name, found) = lookup_tables::find(catalog, cx, &input.lookup_table_arn)?;
        let mut transaction = Transaction::default();
        transaction.delete::<LookupTableRecord>(lookup_tables::key(&cx.scope(), name), found.version);
        Ok((transaction, found.value.document.clone()))
    })
    .await?;
    lookup_tables::forget(logs, &document).await;
    Ok(Unit)
}
