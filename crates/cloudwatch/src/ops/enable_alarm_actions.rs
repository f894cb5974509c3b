//! `EnableAlarmActions`: lets alarms run their actions again (cloudwatch.md §6.7).

use std::collections::BTreeSet;

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::alarms::configure::{self, present};
use crate::alarms::key;
use crate::record::{AlarmRecord, Busy, change};

pub(super) async fn enable_alarm_actions(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::EnableAlarmActionsInput,
) -> Result<api::Unit, ServiceError> {
    set_actions_enabled(cloudwatch, cx, &input.alarm_names, true).await
}

/// Changes whether alarms run actions. Names that nothing has, and alarms that are so already,
/// are passed over. No state changes.
pub(super) async fn set_actions_enabled(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    names: &[String],
    enabled: bool,
) -> Result<api::Unit, ServiceError> {
    let parts = &cloudwatch.parts;
    let names: BTreeSet<&String> = names.iter().collect();
    change(&parts.catalog, Busy::Internal, || {
        let mut transaction = Transaction::default();
        for name in &names {
            let key = key(&cx.scope(), name);
            let Some(present) = present(parts, &key) else { continue };
            let before = &*present.alarm.value;
            if before.actions_enabled != enabled {
                let alarm = AlarmRecord { actions_enabled: enabled, switched: Some(cx.now), ..before.clone() };
                configure::update(&mut transaction, parts, cx, &key, &present, &alarm);
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    configure::wake(parts);
    Ok(api::Unit)
}
