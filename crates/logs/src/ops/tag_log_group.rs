//! `TagLogGroup` (logs.md TG-2).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::record::LogGroupRecord;
use crate::tags::Tags;
use crate::{Logs, groups, tags};

pub(super) async fn tag_log_group(
    logs: &Logs,
    cx: &CallContext,
    input: types::TagLogGroupRequest,
) -> Result<Unit, ServiceError> {
    edit(logs, cx, &input.log_group_name, |tags| tags::merged(tags, &input.tags, tags::too_many)).await
}

/// Changes the tags of a group by its name.
///
/// # Errors
/// logs.md LG-4; those of the change.
pub(super) async fn edit(
    logs: &Logs,
    cx: &CallContext,
    name: &str,
    edit: impl Fn(Tags) -> Result<Tags, ServiceError> + Send + Sync,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), name)?;
        let tags = edit(group.record.tags.clone())?;
        let mut transaction = Transaction::default();
        if tags != group.record.tags {
            group.update(&mut transaction, &LogGroupRecord { tags, ..(*group.record).clone() });
        }
        Ok((transaction, Unit))
    })
    .await
}
