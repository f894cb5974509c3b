//! `CreateLogStream` (logs.md LS-1, LS-2).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;
use store::log_event::StreamId;

use crate::change::change;
use crate::record::LogStreamRecord;
use crate::{Logs, groups, streams};

pub(super) async fn create_log_stream(
    logs: &Logs,
    cx: &CallContext,
    input: types::CreateLogStreamRequest,
) -> Result<Unit, ServiceError> {
    let _stays = logs.membership.read().await;
    let (catalog, name) = (&logs.parts.catalog, &input.log_stream_name);
    let absent = || {
        let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
        match streams::find(catalog, &group, name) {
            Ok(_) => Err(already_exists()),
            Err(_) => Ok(group),
        }
    };
    // Looked at first so that what is refused takes no number.
    absent()?;
    let record = LogStreamRecord { id: StreamId(logs.ids.next(catalog).await?), created: cx.now };
    change(catalog, || {
        let group = absent()?;
        let mut transaction = Transaction::default();
        transaction.create(streams::key(&group, name), &record);
        Ok((transaction, Unit))
    })
    .await
}

/// logs.md LS-2.
fn already_exists() -> ServiceError {
    errors::resource_already_exists_exception("The specified log stream already exists")
}
