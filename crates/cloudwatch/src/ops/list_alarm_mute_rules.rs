//! `ListAlarmMuteRules`: the mute rules of the account in the region, by name (cloudwatch.md §6.11).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Versioned;

use crate::CloudWatch;
use crate::alarms::{key, mute};
use crate::list_page::page;
use crate::record::{AlarmMuteRuleRecord, AlarmRecord};

/// Rules a page when the caller does not say (cloudwatch.md §6.11).
const PAGE: usize = 50;

pub(super) async fn list_alarm_mute_rules(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::ListAlarmMuteRulesInput,
) -> Result<types::ListAlarmMuteRulesOutput, ServiceError> {
    let catalog = &cloudwatch.parts.catalog;
    let mut rules = catalog.list::<AlarmMuteRuleRecord>(cx.account(), Some(&cx.region));
    let alarm = input.alarm_name.as_deref();
    if let Some(alarm) = alarm {
        rules.retain(|(_, rule)| rule.value.targets.iter().any(|target| target == alarm));
        if rules.is_empty() && catalog.get::<AlarmRecord>(&key(&cx.scope(), alarm)).is_none() {
            return Err(errors::resource_not_found_exception(format!("The alarm {alarm} does not exist.")));
        }
    }
    let statuses = input.statuses.filter(|statuses| !statuses.is_empty());
    let wanted = |summary: &types::AlarmMuteRuleSummary| {
        let listed = |statuses: &Vec<_>| summary.status.is_some_and(|status| statuses.contains(&status));
        statuses.as_ref().is_none_or(listed)
    };
    let summaries = rules.iter().map(|(name, rule)| (name.clone(), summary(cx, name, rule)));
    let summaries = summaries.filter(|(_, summary)| wanted(summary)).collect();
    let limit = input.max_records.map_or(PAGE, |max| usize::try_from(max).expect("the model's range starts at 1"));
    let asked = format!("alarm mute rules {alarm:?} {statuses:?}");
    let page = page(&asked, summaries, input.next_token.as_deref(), limit, cx.now)
        .map_err(|_| errors::invalid_next_token("Request parameter NextToken is invalid"))?;
    Ok(types::ListAlarmMuteRulesOutput { alarm_mute_rule_summaries: Some(page.items), next_token: page.next_token })
}

fn summary(cx: &CallContext, name: &str, rule: &Versioned<AlarmMuteRuleRecord>) -> types::AlarmMuteRuleSummary {
    let rule = &rule.value;
    types::AlarmMuteRuleSummary {
        alarm_mute_rule_arn: Some(mute::arn(&cx.scope(), name)),
        expire_date: rule.expire,
        status: Some(mute::status(rule, cx.now)),
        mute_type: Some(mute::mute_type(rule).to_owned()),
        last_updated_timestamp: Some(rule.updated),
    }
}
