//! `DescribeAlarmContributors`: the series of a multi-series alarm that are in ALARM (cloudwatch.md §6.8).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::alarms::configure::present;
use crate::alarms::key;
use crate::list_page::page;
use crate::record::{Contributor, StateValue};

/// Contributors a page; the caller cannot say.
const PAGE: usize = 100;

pub(super) async fn describe_alarm_contributors(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DescribeAlarmContributorsInput,
) -> Result<types::DescribeAlarmContributorsOutput, ServiceError> {
    let name = &input.alarm_name;
    let found = present(&cloudwatch.parts, &key(&cx.scope(), name))
        .ok_or_else(|| errors::resource_not_found_exception(format!("The alarm {name} does not exist.")))?;
    let known = found.state.value.contributors.iter();
    let in_alarm = known.filter(|(_, contributor)| contributor.state.value == StateValue::Alarm);
    let items = in_alarm.map(|(id, contributor)| (id.clone(), shape(id, contributor))).collect();
    let page = page(&format!("contributors of {name}"), items, input.next_token.as_deref(), PAGE, cx.now)
        .map_err(|_| errors::invalid_next_token("Request parameter NextToken is invalid"))?;
    Ok(types::DescribeAlarmContributorsOutput { alarm_contributors: page.items, next_token: page.next_token })
}

fn shape(id: &str, contributor: &Contributor) -> types::AlarmContributor {
    let attributes = contributor.attributes.iter();
    types::AlarmContributor {
        contributor_id: id.to_owned(),
        contributor_attributes: attributes.map(|(name, value)| (name.clone(), value.clone())).collect(),
        state_reason: contributor.state.reason.clone(),
        state_transitioned_timestamp: Some(contributor.state.since),
    }
}
