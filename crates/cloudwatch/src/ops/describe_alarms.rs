//! `DescribeAlarms`: alarms with their states, by name (cloudwatch.md §6.8).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use base::Scope;

use crate::CloudWatch;
use crate::alarms::configure::{Present, present};
use crate::alarms::{arn, composite, key, name_of, shapes};
use crate::list_page::page;
use crate::record::{AlarmKind, AlarmRecord, CompositeAlarm};

/// Alarms a page when the caller does not say; the model allows no more than 100.
const PAGE: i32 = 50;

pub(super) async fn describe_alarms(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DescribeAlarmsInput,
) -> Result<types::DescribeAlarmsOutput, ServiceError> {
    check_together(&input)?;
    let found = found(cloudwatch, cx, &input);
    let asked =
        format!("alarms {:?}", types::DescribeAlarmsInput { max_records: None, next_token: None, ..input.clone() });
    let limit = usize::try_from(input.max_records.unwrap_or(PAGE)).expect("the model's range starts at 1");
    let page = page(&asked, found, input.next_token.as_deref(), limit, cx.now)
        .map_err(|_| errors::invalid_next_token("Request parameter NextToken is invalid"))?;
    let (mut metric_alarms, mut composite_alarms) = (Vec::new(), Vec::new());
    let scope = cx.scope();
    for (name, Present { alarm, state }) in page.items {
        match &alarm.value.kind {
            AlarmKind::Metric(metric) => {
                let shape = shapes::metric_alarm(&scope, &name, &alarm.value, metric, &state.value);
                metric_alarms.push(reduced_metric(&input, &scope, shape));
            }
            AlarmKind::Composite(composite) => {
                let shape = shapes::composite_alarm(&scope, &name, &alarm.value, composite, &state.value);
                composite_alarms.push(reduced_composite(&input, &scope, shape));
            }
        }
    }
    Ok(types::DescribeAlarmsOutput {
        metric_alarms: Some(metric_alarms),
        composite_alarms: Some(composite_alarms),
        next_token: page.next_token,
    })
}

/// Parameters that do not go together. No words are recorded.
fn check_together(input: &types::DescribeAlarmsInput) -> Result<(), ServiceError> {
    let names = given(input.alarm_names.as_deref());
    if names && input.alarm_name_prefix.is_some() {
        return Err(ServiceError::validation("AlarmNames and AlarmNamePrefix cannot both be set"));
    }
    for (member, other) in
        [("ChildrenOfAlarmName", "ParentsOfAlarmName"), ("ParentsOfAlarmName", "ChildrenOfAlarmName")]
    {
        let set = |member| match member {
            "ChildrenOfAlarmName" => input.children_of_alarm_name.is_some(),
            _ => input.parents_of_alarm_name.is_some(),
        };
        let beside = names
            || input.alarm_name_prefix.is_some()
            || given(input.alarm_types.as_deref())
            || input.state_value.is_some()
            || input.action_prefix.is_some()
            || set(other);
        if set(member) && beside {
            return Err(ServiceError::validation(format!(
                "No parameter but MaxRecords and NextToken can be set beside {member}"
            )));
        }
    }
    Ok(())
}

fn given<T>(list: Option<&[T]>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}

/// All alarms that are asked for, by name.
fn found(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: &types::DescribeAlarmsInput,
) -> Vec<(String, (String, Present))> {
    let parts = &cloudwatch.parts;
    let scope = cx.scope();
    let by_name = |name: &str| Some((name.to_owned(), present(parts, &key(&scope, name))?));
    let mut names: Vec<String> = if let Some(parent) = input.children_of_alarm_name.as_deref() {
        let parent = by_name(parent);
        let children = parent.as_ref().and_then(|(_, parent)| composite_of(&parent.alarm.value));
        let children = children.map(composite::references).unwrap_or_default();
        children.iter().map(|child| name_of(cx, child).to_owned()).collect()
    } else if given(input.alarm_names.as_deref()) {
        input.alarm_names.clone().unwrap_or_default()
    } else {
        let prefix = input.alarm_name_prefix.as_deref().unwrap_or_default();
        let alarms = parts.catalog.list_prefix::<AlarmRecord>(cx.account(), Some(&cx.region), prefix);
        alarms.into_iter().map(|(name, _)| name).collect()
    };
    names.sort_unstable();
    names.dedup();
    let wanted = |(_, present): &(String, Present)| is_wanted(cx, input, present);
    let found = names.iter().filter_map(|name| by_name(name)).filter(wanted);
    found.map(|(name, present)| (name.clone(), (name, present))).collect()
}

fn is_wanted(cx: &CallContext, input: &types::DescribeAlarmsInput, present: &Present) -> bool {
    let alarm = &*present.alarm.value;
    if let Some(child) = input.parents_of_alarm_name.as_deref() {
        let references = composite_of(alarm).map(composite::references).unwrap_or_default();
        return references.iter().any(|reference| name_of(cx, reference) == child);
    }
    if input.children_of_alarm_name.is_some() {
        return true;
    }
    let state = shapes::state_value(present.state.value.state.value);
    is_of_type(input.alarm_types.as_deref(), alarm)
        && input.state_value.is_none_or(|wanted| wanted == state)
        && input.action_prefix.as_deref().is_none_or(|prefix| acts_on(alarm, prefix))
}

/// Without types, metric alarms are meant (documented).
fn is_of_type(wanted: Option<&[types::AlarmType]>, alarm: &AlarmRecord) -> bool {
    let own = match alarm.kind {
        AlarmKind::Metric(_) => types::AlarmType::MetricAlarm,
        AlarmKind::Composite(_) => types::AlarmType::CompositeAlarm,
    };
    match wanted {
        Some(wanted) if !wanted.is_empty() => wanted.contains(&own),
        _ => own == types::AlarmType::MetricAlarm,
    }
}

fn acts_on(alarm: &AlarmRecord, prefix: &str) -> bool {
    let lists = [&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions];
    lists.into_iter().flatten().any(|action| action.starts_with(prefix))
}

fn composite_of(alarm: &AlarmRecord) -> Option<&CompositeAlarm> {
    match &alarm.kind {
        AlarmKind::Composite(composite) => Some(composite),
        AlarmKind::Metric(_) => None,
    }
}

/// Of children, name, ARN and state are told (documented).
fn reduced_metric(input: &types::DescribeAlarmsInput, scope: &Scope, shape: types::MetricAlarm) -> types::MetricAlarm {
    if input.children_of_alarm_name.is_none() {
        return shape;
    }
    types::MetricAlarm {
        alarm_arn: shape.alarm_name.as_deref().map(|name| arn(scope, name)),
        alarm_name: shape.alarm_name,
        state_value: shape.state_value,
        state_updated_timestamp: shape.state_updated_timestamp,
        ..types::MetricAlarm::default()
    }
}

/// Of children, name, ARN and state are told; of parents, name and ARN (documented).
fn reduced_composite(
    input: &types::DescribeAlarmsInput,
    scope: &Scope,
    shape: types::CompositeAlarm,
) -> types::CompositeAlarm {
    let children = input.children_of_alarm_name.is_some();
    if !children && input.parents_of_alarm_name.is_none() {
        return shape;
    }
    types::CompositeAlarm {
        alarm_arn: shape.alarm_name.as_deref().map(|name| arn(scope, name)),
        alarm_name: shape.alarm_name,
        state_value: shape.state_value.filter(|_| children),
        state_updated_timestamp: shape.state_updated_timestamp.filter(|_| children),
        ..types::CompositeAlarm::default()
    }
}
