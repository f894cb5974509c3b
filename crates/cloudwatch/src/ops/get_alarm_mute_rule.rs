//! `GetAlarmMuteRule`: one mute rule (cloudwatch.md §6.11).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::alarms::mute;
use crate::record::AlarmMuteRuleRecord;

pub(super) async fn get_alarm_mute_rule(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::GetAlarmMuteRuleInput,
) -> Result<types::GetAlarmMuteRuleOutput, ServiceError> {
    let name = input.alarm_mute_rule_name;
    let Some(found) = cloudwatch.parts.catalog.get::<AlarmMuteRuleRecord>(&mute::key(&cx.scope(), &name)) else {
        return Err(errors::resource_not_found_exception(format!("The alarm mute rule {name} does not exist.")));
    };
    let rule = &found.value;
    let schedule = types::Schedule {
        expression: rule.expression.clone(),
        duration: rule.duration.clone(),
        timezone: rule.timezone.clone(),
    };
    let targets = (!rule.targets.is_empty()).then(|| types::MuteTargets { alarm_names: rule.targets.clone() });
    Ok(types::GetAlarmMuteRuleOutput {
        alarm_mute_rule_arn: Some(mute::arn(&cx.scope(), &name)),
        name: Some(name),
        description: rule.description.clone(),
        rule: Some(types::Rule { schedule }),
        mute_targets: targets,
        start_date: rule.start,
        expire_date: rule.expire,
        status: Some(mute::status(rule, cx.now)),
        last_updated_timestamp: Some(rule.updated),
        mute_type: Some(mute::mute_type(rule).to_owned()),
    })
}
