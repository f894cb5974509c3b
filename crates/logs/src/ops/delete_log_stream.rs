//! `DeleteLogStream` (logs.md LS-7).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_log_group_deletion_protection::refuse_protected;
use crate::change::change;
use crate::record::LogStreamRecord;
use crate::{Logs, groups, streams};

pub(super) async fn delete_log_stream(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteLogStreamRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
        let stream = streams::find(catalog, &group, &input.log_stream_name)?;
        refuse_protected(&group)?;
        let mut transaction = Transaction::default();
        // Protection that is switched on meanwhile counts.
        group.require(&mut transaction);
        transaction.delete::<LogStreamRecord>(streams::key(&group, &stream.name), stream.version);
        Ok((transaction, Unit))
    })
    .await
}
