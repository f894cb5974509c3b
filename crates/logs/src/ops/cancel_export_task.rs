//! `CancelExportTask` (logs.md EX-8).

use api::logs::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::exports::{ExportRecord, ExportState};

pub(super) async fn cancel_export_task(
    logs: &Logs,
    cx: &CallContext,
    input: types::CancelExportTaskRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = Key::regional(&scope.account, &scope.region, input.task_id.as_str());
    change(catalog, || {
        let absent = || errors::resource_not_found_exception("The specified export task does not exist.");
        let found = catalog.get::<ExportRecord>(&key).ok_or_else(absent)?;
        let mut record = ExportRecord::clone(&found.value);
        let mut transaction = Transaction::default();
        match record.state {
            // Nothing of it is under way yet.
            ExportState::Pending => (record.state, record.completed) = (ExportState::Cancelled, Some(cx.now)),
            ExportState::Running => record.state = ExportState::PendingCancel,
            ExportState::PendingCancel => return Ok((transaction, ())),
            ExportState::Completed | ExportState::Failed | ExportState::Cancelled => {
                let message = "The specified export task has already finished";
                return Err(errors::invalid_operation_exception(message));
            }
        }
        transaction.update(key.clone(), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    logs.parts.signals.exports.notify_one();
    Ok(Unit)
}
