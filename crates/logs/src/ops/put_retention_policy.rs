//! `PutRetentionPolicy` (logs.md §1.2).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::record::{LogGroupClass, LogGroupRecord};
use crate::{Logs, groups};

/// logs.md RT-1.
const DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) async fn put_retention_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutRetentionPolicyRequest,
) -> Result<Unit, ServiceError> {
    let given = input.retention_in_days;
    let Some(days) = DAYS.contains(&given).then(|| u32::try_from(given).ok()).flatten() else {
        let days: Vec<String> = DAYS.iter().map(ToString::to_string).collect();
        let message = format!(
            "1 validation error detected: Value '{given}' at 'retentionInDays' failed to satisfy constraint: Member \
             must satisfy enum value set: [{}]",
            days.join(", ")
        );
        return Err(errors::invalid_parameter_exception(message));
    };
    set_retention(logs, cx, &input.log_group_name, Some(days)).await
}

/// Sets how long a group keeps its events.
///
/// # Errors
/// logs.md LG-4; `InvalidParameterException` for groups whose retention is fixed (logs.md LG-6).
pub(super) async fn set_retention(
    logs: &Logs,
    cx: &CallContext,
    name: &str,
    retention_days: Option<u32>,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), name)?;
        if group.record.class == LogGroupClass::Delivery {
            let message = "The retention of log groups of the class DELIVERY is fixed.";
            return Err(errors::invalid_parameter_exception(message));
        }
        let mut transaction = Transaction::default();
        if group.record.retention_days != retention_days {
            let record = LogGroupRecord { retention_days, ..(*group.record).clone() };
            group.update(&mut transaction, &record);
        }
        Ok((transaction, Unit))
    })
    .await
}
