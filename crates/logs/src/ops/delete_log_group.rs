//! `DeleteLogGroup` (logs.md LG-8, LG-9).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};

use store::Catalog;

use super::put_log_group_deletion_protection::refuse_protected;
use crate::change::change;
use crate::exports::ExportRecord;
use crate::groups::Group;
use crate::{Logs, deletion, groups};

pub(super) async fn delete_log_group(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteLogGroupRequest,
) -> Result<Unit, ServiceError> {
    let _alone = logs.membership.write().await;
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
        refuse_protected(&group)?;
        refuse_exported(catalog, &group)?;
        Ok((deletion::remove(catalog, &group), Unit))
    })
    .await?;
    logs.parts.events.expire_soon();
    Ok(Unit)
}

/// Refuses to take away what is being exported.
///
/// # Errors
/// logs.md LG-9.
fn refuse_exported(catalog: &Catalog, group: &Group) -> Result<(), ServiceError> {
    let exports = catalog.list::<ExportRecord>(&group.scope.account, Some(&group.scope.region));
    let mut under_way = exports.iter().filter(|(_, found)| !found.value.state.is_over());
    match under_way.any(|(_, found)| found.value.group_id == group.id()) {
        true => Err(errors::operation_aborted_exception("The log group is being exported to a bucket.")),
        false => Ok(()),
    }
}
