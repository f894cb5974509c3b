//! `DeleteAlarmMuteRule`: removes a mute rule; one that is not there is no error (cloudwatch.md §6.11).

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::alarms::mute;
use crate::record::{AlarmMuteRuleRecord, Busy, change};
use crate::tags;

pub(super) async fn delete_alarm_mute_rule(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DeleteAlarmMuteRuleInput,
) -> Result<api::Unit, ServiceError> {
    let parts = &cloudwatch.parts;
    let name = &input.alarm_mute_rule_name;
    let key = mute::key(&cx.scope(), name);
    change(&parts.catalog, Busy::Internal, || {
        let mut transaction = Transaction::default();
        if let Some(found) = parts.catalog.get::<AlarmMuteRuleRecord>(&key) {
            transaction.delete::<AlarmMuteRuleRecord>(key.clone(), found.version);
            tags::remove(&mut transaction, &parts.catalog, &tags::Resource::alarm_mute_rule(cx, name));
        }
        Ok((transaction, ()))
    })
    .await?;
    // What the rule had muted runs now.
    parts.alarm_signals.changed.notify_one();
    Ok(api::Unit)
}
