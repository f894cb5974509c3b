//! `PutAlarmMuteRule`: makes a mute rule or replaces it (cloudwatch.md §6.11).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::alarms::mute;
use crate::alarms::mute::schedule::Schedule;
use crate::record::{AlarmMuteRuleRecord, Busy, change};
use crate::tags;

/// Rules in a region (cloudwatch.md §6.11).
const RULES_MAX: usize = 2000;

pub(super) async fn put_alarm_mute_rule(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::PutAlarmMuteRuleInput,
) -> Result<api::Unit, ServiceError> {
    if input.name.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(ServiceError::validation("Name must not contain ASCII Control characters"));
    }
    let schedule = input.rule.schedule;
    let rule = AlarmMuteRuleRecord {
        description: input.description,
        expression: schedule.expression,
        duration: schedule.duration,
        timezone: schedule.timezone,
        targets: input.mute_targets.map(|targets| targets.alarm_names).unwrap_or_default(),
        start: input.start_date,
        expire: input.expire_date,
        updated: cx.now,
    };
    Schedule::of(&rule).map_err(ServiceError::validation)?;
    let parts = &cloudwatch.parts;
    let given = input.tags.unwrap_or_default();
    let key = mute::key(&cx.scope(), &input.name);
    change(&parts.catalog, Busy::Internal, || {
        let mut transaction = Transaction::default();
        // Tags are for a new rule only, as with alarms.
        let tags = tags::merged(Vec::new(), &given)?;
        match parts.catalog.get::<AlarmMuteRuleRecord>(&key) {
            Some(found) => {
                transaction.update(key.clone(), found.version, &rule);
            }
            None => {
                let present = parts.catalog.list::<AlarmMuteRuleRecord>(cx.account(), Some(&cx.region)).len();
                if present >= RULES_MAX {
                    let message = format!("An account can have no more than {RULES_MAX} alarm mute rules in a region.");
                    return Err(errors::limit_exceeded_fault(message));
                }
                transaction.create(key.clone(), &rule);
                tags::create(&mut transaction, &tags::Resource::alarm_mute_rule(cx, &input.name), tags);
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    // What an alarm had muted runs when nothing mutes it any more.
    parts.alarm_signals.changed.notify_one();
    Ok(api::Unit)
}
