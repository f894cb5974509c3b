//! `CreateLookupTable` (logs.md §8.7).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::lookup_tables::{self, LookupTableRecord, TABLES_MAX};
use crate::tags::{self, too_many};

pub(super) async fn create_lookup_table(
    logs: &Logs,
    cx: &CallContext,
    input: types::CreateLookupTableRequest,
) -> Result<types::CreateLookupTableResponse, ServiceError> {
    let (catalog, scope, name) = (&logs.parts.catalog, cx.scope(), input.lookup_table_name.as_str());
    let tags = tags::merged(Vec::new(), &input.tags.unwrap_or_default(), too_many)?;
    let kept = lookup_tables::keep(logs, cx, input.table_body, input.description, input.kms_key_id.as_deref()).await?;
    let record = LookupTableRecord { tags, ..kept };
    let _adding = logs.membership.write().await;
    let created = change(catalog, || {
        let others = catalog.list::<LookupTableRecord>(&scope.account, Some(&scope.region));
        if others.iter().any(|(other, _)| other == name) {
            return Err(errors::resource_already_exists_exception("The specified lookup table already exists."));
        }
        if others.len() >= TABLES_MAX {
            return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
        }
        let mut transaction = Transaction::default();
        transaction.create(lookup_tables::key(&scope, name), &record);
        Ok((transaction, ()))
    })
    .await;
    if let Err(error) = created {
        lookup_tables::forget(logs, &record.document).await;
        return Err(error);
    }
    let arn = lookup_tables::arn(&scope, name);
    Ok(types::CreateLookupTableResponse { lookup_table_arn: Some(arn), created_at: Some(cx.now.millis()) })
}
