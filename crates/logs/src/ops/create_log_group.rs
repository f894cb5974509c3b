//! `CreateLogGroup` (logs.md §1.1).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;
use store::log_event::GroupId;

use crate::change::change;
use crate::record::{LogGroupClass, LogGroupRecord};
use crate::{Logs, groups, kms, tags};

pub(super) async fn create_log_group(
    logs: &Logs,
    cx: &CallContext,
    input: types::CreateLogGroupRequest,
) -> Result<Unit, ServiceError> {
    if input.log_group_name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws/")) {
        // Recorded.
        return Err(errors::invalid_parameter_exception("Log groups starting with AWS/ are reserved for AWS."));
    }
    let scope = cx.scope();
    if input.kms_key_id.is_some() {
        return Err(kms::no_key(&groups::arn(&scope, &input.log_group_name)));
    }
    let class = input.log_group_class.map_or(LogGroupClass::Standard, LogGroupClass::of);
    let mut record = LogGroupRecord {
        id: GroupId(0),
        created: cx.now,
        class,
        // Fixed (logs.md LG-6); AWS's pages name one day and two.
        retention_days: (class == LogGroupClass::Delivery).then_some(1),
        kms_key_id: None,
        deletion_protection: input.deletion_protection_enabled.unwrap_or(false),
        tags: tags::merged(Vec::new(), input.tags.as_deref().unwrap_or_default(), tags::too_many)?,
        metric_filters: 0,
    };
    let exists = || groups::get(&logs.parts.catalog, &scope, &input.log_group_name).is_some();
    // Looked at first so that what is refused takes no number.
    if exists() {
        return Err(already_exists());
    }
    record.id = GroupId(logs.ids.next(&logs.parts.catalog).await?);
    change(&logs.parts.catalog, || {
        if exists() {
            return Err(already_exists());
        }
        let mut transaction = Transaction::default();
        transaction.create(groups::key(&scope, &input.log_group_name), &record);
        Ok((transaction, Unit))
    })
    .await
}

/// logs.md LG-3.
fn already_exists() -> ServiceError {
    errors::resource_already_exists_exception("The specified log group already exists")
}
