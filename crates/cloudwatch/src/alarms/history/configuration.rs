//! ConfigurationUpdate entries: an alarm as the history shows it (cloudwatch.md §6.8).

use base::Scope;
use serde_json::{Map, Value as Json, json};

use super::{DATA_BYTES_MAX, is_composite, without_nulls};
use crate::alarms::actions::events::Operation;
use crate::alarms::actions::times::json_time;
use crate::alarms::arn;
use crate::record::{
    AlarmHistoryRecord, AlarmKind, AlarmRecord, AlarmStateRecord, HistoryKind, MetricAlarm, SubjectQuery,
    SubjectQueryForm, Watched, WatchedMetric,
};

/// The entry for an alarm that was put, or removed. `alarm` is as it is now, or was when it was
/// removed; `state` is what it is in. What is too long for an entry is left out: first the values
/// before an update, then the queries, then the description.
pub fn configuration_update(
    scope: &Scope,
    name: &str,
    operation: Operation<'_>,
    alarm: &AlarmRecord,
    state: &AlarmStateRecord,
) -> AlarmHistoryRecord {
    let (verb, kind, member) = match operation {
        Operation::Create => ("created", "Create", "createdAlarm"),
        Operation::Update { .. } => ("updated", "Update", "updatedAlarm"),
        Operation::Delete => ("deleted", "Delete", "deletedAlarm"),
    };
    let shown = shown(scope, name, alarm, state);
    let mut data = json!({ "version": "1.0", "type": kind, member: shown });
    if let Operation::Update { previous } = operation {
        let before = self::shown(scope, name, previous, state);
        data["originalUpdatedFields"] = Json::Object(changed(&before, &shown));
    }
    for left_out in ["originalUpdatedFields", "metrics", "alarmDescription", "alarmRule"] {
        if data.to_string().len() <= DATA_BYTES_MAX {
            break;
        }
        let object = if left_out == "originalUpdatedFields" { Some(&mut data) } else { data.get_mut(member) };
        if let Some(object) = object.and_then(Json::as_object_mut) {
            object.shift_remove(left_out);
        }
    }
    AlarmHistoryRecord {
        composite: is_composite(alarm),
        kind: HistoryKind::ConfigurationUpdate,
        summary: format!("Alarm \"{name}\" {verb}"),
        data: data.to_string(),
        contributor: None,
    }
}

/// The values before, of the members that are not the same; null where there was none.
fn changed(before: &Json, after: &Json) -> Map<String, Json> {
    let members = |object: &Json| object.as_object().cloned().unwrap_or_default();
    let (before, after) = (members(before), members(after));
    let mut changed = Map::new();
    for (name, value) in &before {
        if after.get(name) != Some(value) {
            changed.insert(name.clone(), value.clone());
        }
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        changed.insert(name.clone(), Json::Null);
    }
    changed
}

fn shown(scope: &Scope, name: &str, alarm: &AlarmRecord, state: &AlarmStateRecord) -> Json {
    let mut shown = match &alarm.kind {
        AlarmKind::Metric(metric) => metric_members(metric),
        AlarmKind::Composite(composite) => json!({
            "alarmRule": composite.rule,
            "actionsSuppressor": composite.suppressor.as_ref().map(|suppressor| &suppressor.alarm),
            "actionsSuppressorWaitPeriod": composite.suppressor.as_ref().map(|suppressor| suppressor.wait_secs),
            "actionsSuppressorExtensionPeriod":
                composite.suppressor.as_ref().map(|suppressor| suppressor.extension_secs),
        }),
    };
    let common = json!({
        "alarmName": name,
        "alarmArn": arn(scope, name),
        "alarmDescription": alarm.description,
        "actionsEnabled": alarm.actions_enabled,
        "okactions": alarm.ok_actions,
        "alarmActions": alarm.alarm_actions,
        "insufficientDataActions": alarm.insufficient_data_actions,
        "stateValue": state.state.value,
        "stateUpdatedTimestamp": json_time(state.updated),
        "alarmConfigurationUpdatedTimestamp": json_time(alarm.updated()),
    });
    if let (Some(members), Json::Object(common)) = (shown.as_object_mut(), common) {
        members.extend(common);
    }
    without_nulls(shown)
}

fn metric_members(metric: &MetricAlarm) -> Json {
    let mut members = json!({
        "threshold": metric.threshold,
        "thresholdMetricId": metric.threshold_metric_id,
        "comparisonOperator": metric.comparison,
        "evaluationPeriods": metric.evaluation_periods,
        "datapointsToAlarm": metric.datapoints_to_alarm,
        "treatMissingData": metric.treat_missing_data,
        "evaluateLowSampleCountPercentile": metric.low_samples,
        "dimensions": [],
    });
    match &metric.watched {
        Watched::Metric(WatchedMetric { namespace, name, dimensions, stat, extended, period_secs, unit }) => {
            members["namespace"] = json!(namespace);
            members["metricName"] = json!(name);
            members["dimensions"] = pairs(dimensions);
            members["period"] = json!(period_secs);
            members["unit"] = json!(unit);
            match extended {
                true => members["extendedStatistic"] = json!(stat),
                false => members["statistic"] = json!(upper_case(stat)),
            }
        }
        Watched::Queries(queries) => members["metrics"] = queries.iter().map(query).collect(),
    }
    members
}

fn query(query: &SubjectQuery) -> Json {
    let (metric_stat, expression) = match &query.form {
        SubjectQueryForm::Metric { namespace, name, dimensions, period_secs, stat, unit } => {
            let metric = json!({ "namespace": namespace, "metricName": name, "dimensions": pairs(dimensions) });
            let stat = json!({ "metric": metric, "period": period_secs, "stat": stat, "unit": unit });
            (without_nulls(stat), Json::Null)
        }
        SubjectQueryForm::Expression(text) => (Json::Null, json!(text)),
    };
    without_nulls(json!({
        "id": query.id,
        "metricStat": metric_stat,
        "expression": expression,
        "label": query.label,
        "period": query.period_secs,
        "returnData": query.return_data.unwrap_or(true),
    }))
}

fn pairs(dimensions: &[(String, String)]) -> Json {
    dimensions.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// `SampleCount` as `SAMPLE_COUNT`: how alarms' JSON spells statistics (cloudwatch.md §7.1).
fn upper_case(stat: &str) -> String {
    let mut spelled = String::with_capacity(stat.len() + 1);
    for (at, letter) in stat.chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(letter.to_ascii_uppercase());
    }
    spelled
}
