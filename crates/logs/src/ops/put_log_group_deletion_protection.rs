//! `PutLogGroupDeletionProtection` (logs.md LG-8).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::groups::{self, Group};
use crate::record::LogGroupRecord;

pub(super) async fn put_log_group_deletion_protection(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutLogGroupDeletionProtectionRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::identified(catalog, cx, &input.log_group_identifier)?;
        let deletion_protection = input.deletion_protection_enabled;
        let mut transaction = Transaction::default();
        if group.record.deletion_protection != deletion_protection {
            let record = LogGroupRecord { deletion_protection, ..(*group.record).clone() };
            group.update(&mut transaction, &record);
        }
        Ok((transaction, Unit))
    })
    .await
}

/// Refuses to delete anything of a protected group.
///
/// # Errors
/// logs.md LG-8.
pub(super) fn refuse_protected(group: &Group) -> Result<(), ServiceError> {
    match group.record.deletion_protection {
        true => {
            let message =
                "Cannot delete log group with deletion protection enabled. Disable deletion protection first.";
            Err(errors::validation_exception(message))
        }
        false => Ok(()),
    }
}
