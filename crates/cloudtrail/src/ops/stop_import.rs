//! `StopImport`

use api::cloudtrail::errors;
use api::cloudtrail::types::{StopImportRequest, StopImportResponse};
use api::{CallContext, ServiceError};
use store::Versioned;
use store::catalog::Transaction;

use crate::change::change;
use crate::lake::imports::{ImportRecord, Status, found};
use crate::service::CloudTrail;

/// Ends an import; what it has taken stays (cloudtrail.md §7.6).
pub async fn stop_import(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StopImportRequest,
) -> Result<StopImportResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let import = change(catalog, || {
        let (key, Versioned { value, version }) = found(catalog, cx, &input.import_id)?;
        if !value.status.is_ongoing() {
            let message = format!("The import {} is not in progress.", input.import_id);
            return Err(errors::invalid_parameter_exception(message));
        }
        let import = ImportRecord { status: Status::Stopped, updated: cx.now, ..(*value).clone() };
        let mut transaction = Transaction::default();
        transaction.update(key, version, &import);
        Ok((transaction, import))
    })
    .await?;
    Ok(StopImportResponse {
        import_id: Some(input.import_id),
        import_source: Some(import.source_to_api()),
        destinations: Some(import.destinations(&cx.scope())),
        import_status: Some(import.status.to_api()),
        created_timestamp: Some(import.created),
        updated_timestamp: Some(import.updated),
        start_event_time: import.from,
        end_event_time: import.to,
        import_statistics: Some(import.statistics.to_api()),
    })
}
