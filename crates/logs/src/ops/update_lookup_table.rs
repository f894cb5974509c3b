//! `UpdateLookupTable`: the whole table is replaced (logs.md §8.7).

use api::logs::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::lookup_tables::{self, LookupTableRecord};

pub(super) async fn update_lookup_table(
    logs: &Logs,
    cx: &CallContext,
    input: types::UpdateLookupTableRequest,
) -> Result<types::UpdateLookupTableResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    lookup_tables::find(catalog, cx, &input.lookup_table_arn)?;
    let kept = lookup_tables::keep(logs, cx, input.table_body, input.description, input.kms_key_id.as_deref()).await?;
    let updated = change(catalog, || {
        let (name, found) = lookup_tables::find(catalog, cx, &input.lookup_table_arn)?;
        let record = LookupTableRecord { tags: found.value.tags.clone(), ..kept.clone() };
        let mut transaction = Transaction::default();
        transaction.update(lookup_tables::key(&cx.scope(), name), found.version, &record);
        Ok((transaction, found.value.document.clone()))
    })
    .await;
    match updated {
        Ok(old) => lookup_tables::forget(logs, &old).await,
        Err(error) => {
            lookup_tables::forget(logs, &kept.document).await;
            return Err(error);
        }
    }
    Ok(types::UpdateLookupTableResponse {
        lookup_table_arn: Some(input.lookup_table_arn),
        last_updated_time: Some(cx.now.millis()),
    })
}
