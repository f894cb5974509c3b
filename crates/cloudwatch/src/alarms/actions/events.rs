//! What EventBridge and Lambda functions are told of alarms (cloudwatch.md §7.2, §7.3). Pure.

use std::collections::BTreeMap;

use base::id::Uuid;
use base::{Arn, Scope, Timestamp};
use serde_json::{Map, Value, json};

use super::stable_hash::stable_hash;
use super::times::json_time;
use crate::alarms::arn;
use crate::alarms::mute::ActiveMute;
use crate::record::{
    AlarmKind, AlarmRecord, AlarmState, CompositeAlarm, EvaluationProblem, MetricAlarm, SubjectQuery, SubjectQueryForm,
    SuppressedBy, Watched, WatchedMetric,
};

/// A change of an alarm's state, or of the state of one of its series.
#[derive(Clone, Copy, Debug)]
pub struct StateChange<'a> {
    /// The account and region of the alarm.
    pub scope: &'a Scope,
    /// The alarm's name.
    pub name: &'a str,
    /// The alarm.
    pub alarm: &'a AlarmRecord,
    /// The state before.
    pub old: &'a AlarmState,
    /// The state now.
    pub new: &'a AlarmState,
    /// What is wrong with the alarm's evaluation now.
    pub evaluation: Option<EvaluationProblem>,
    /// What holds back the actions of a composite alarm now.
    pub suppressed: Option<SuppressedBy>,
    /// What mutes the alarm now.
    pub mute: Option<&'a ActiveMute>,
    /// The series whose state it is, of a multi-series alarm: its id and attributes.
    pub contributor: Option<(&'a str, &'a BTreeMap<String, String>)>,
}

/// A change of an alarm's configuration.
#[derive(Clone, Copy, Debug)]
pub struct ConfigurationChange<'a> {
    /// The account and region of the alarm.
    pub scope: &'a Scope,
    /// The alarm's name.
    pub name: &'a str,
    /// What was done.
    pub operation: Operation<'a>,
    /// The alarm as it is now; as it was, when it was deleted.
    pub alarm: &'a AlarmRecord,
    /// The state it is in, or was in.
    pub state: &'a AlarmState,
    /// What holds back the actions of a composite alarm.
    pub suppressed: Option<SuppressedBy>,
}

/// What was done to an alarm.
#[derive(Clone, Copy, Debug)]
pub enum Operation<'a> {
    /// It was put for the first time.
    Create,
    /// It was put again.
    Update {
        /// The alarm as it was.
        previous: &'a AlarmRecord,
    },
    /// It was deleted.
    Delete,
}

/// The event `CloudWatch Alarm State Change`, or `CloudWatch Alarm Contributor State Change` when
/// it is a series', as JSON text.
pub fn state_change(change: &StateChange<'_>, id: Uuid, now: Timestamp) -> String {
    let kind = match change.contributor {
        Some(_) => "CloudWatch Alarm Contributor State Change",
        None => "CloudWatch Alarm State Change",
    };
    event(change.scope, change.name, kind, state_change_detail(change), id, now)
}

/// The event `CloudWatch Alarm Configuration Change`, as JSON text.
pub fn configuration_change(change: &ConfigurationChange<'_>, id: Uuid, now: Timestamp) -> String {
    let ConfigurationChange { scope, name, operation, alarm, state, suppressed } = *change;
    let (verb, previous) = match operation {
        Operation::Create => ("create", None),
        Operation::Update { previous } => ("update", Some(previous)),
        Operation::Delete => ("delete", None),
    };
    let mut detail = Map::new();
    detail.insert("alarmName".to_owned(), json!(name));
    detail.insert("operation".to_owned(), json!(verb));
    detail.insert("state".to_owned(), state_json(state, None, suppressed));
    detail.insert("configuration".to_owned(), whole_configuration(scope, name, alarm));
    if let Some(previous) = previous {
        detail.insert("previousConfiguration".to_owned(), whole_configuration(scope, name, previous));
    }
    event(scope, name, "CloudWatch Alarm Configuration Change", detail, id, now)
}

/// What a Lambda function is invoked with, as JSON text (cloudwatch.md §7.3).
pub fn lambda_payload(change: &StateChange<'_>) -> String {
    let payload = json!({
        "source": "aws.cloudwatch",
        "alarmArn": arn(change.scope, change.name),
        "accountId": change.scope.account.as_str(),
        "time": json_time(change.new.since),
        "region": change.scope.region.as_str(),
        "alarmData": state_change_detail(change),
    });
    payload.to_string()
}

/// The ARN of a mute rule.
pub(crate) fn mute_rule_arn(scope: &Scope, rule: &str) -> String {
    let arn = Arn {
        partition: scope.region.partition().as_str().to_owned(),
        service: "cloudwatch".to_owned(),
        region: scope.region.to_string(),
        account: scope.account.to_string(),
        resource: format!("alarm-mute-rule:{rule}"),
    };
    arn.to_string()
}

fn event(scope: &Scope, name: &str, kind: &str, detail: Map<String, Value>, id: Uuid, now: Timestamp) -> String {
    let event = json!({
        "version": "0",
        "id": id.to_string(),
        "detail-type": kind,
        "source": "aws.cloudwatch",
        "account": scope.account.as_str(),
        "time": now.iso_secs(),
        "region": scope.region.as_str(),
        "resources": [arn(scope, name)],
        "detail": detail,
    });
    event.to_string()
}

fn state_change_detail(change: &StateChange<'_>) -> Map<String, Value> {
    let mut detail = Map::new();
    detail.insert("alarmName".to_owned(), json!(change.name));
    if let Some((id, attributes)) = change.contributor {
        detail.insert("alarmContributor".to_owned(), json!({ "id": id, "attributes": attributes }));
    }
    detail.insert("state".to_owned(), state_json(change.new, change.evaluation, change.suppressed));
    detail.insert("previousState".to_owned(), state_json(change.old, None, None));
    detail.insert("configuration".to_owned(), short_configuration(change.scope, change.name, change.alarm));
    if let Some(mute) = change.mute {
        let told = json!({
            "mutedByArn": mute_rule_arn(change.scope, &mute.rule),
            "muteWindowStart": json_time(mute.start),
            "muteWindowEnd": json_time(mute.end),
        });
        detail.insert("muteDetail".to_owned(), told);
    }
    detail
}

fn state_json(state: &AlarmState, problem: Option<EvaluationProblem>, suppressed: Option<SuppressedBy>) -> Value {
    let mut told = Map::new();
    told.insert("value".to_owned(), json!(state.value));
    told.insert("reason".to_owned(), json!(state.reason));
    if let Some(data) = &state.reason_data {
        told.insert("reasonData".to_owned(), json!(data));
    }
    told.insert("timestamp".to_owned(), json!(json_time(state.since)));
    if let Some(problem) = problem {
        told.insert("evaluationState".to_owned(), json!(problem));
    }
    if let Some(by) = suppressed {
        told.insert("actionsSuppressedBy".to_owned(), json!(by));
        told.insert("actionsSuppressedReason".to_owned(), json!(format!("Actions suppressed by {by:?}")));
    }
    Value::Object(told)
}

/// What an event of a state says of the alarm.
fn short_configuration(scope: &Scope, name: &str, alarm: &AlarmRecord) -> Value {
    let mut told = Map::new();
    if let Some(description) = &alarm.description {
        told.insert("description".to_owned(), json!(description));
    }
    match &alarm.kind {
        AlarmKind::Metric(metric) => {
            told.insert("metrics".to_owned(), metrics(scope, name, metric));
        }
        AlarmKind::Composite(composite) => composite_configuration(&mut told, composite),
    }
    Value::Object(told)
}

/// What an event of a configuration says of the alarm: all of it.
fn whole_configuration(scope: &Scope, name: &str, alarm: &AlarmRecord) -> Value {
    let mut told = Map::new();
    match &alarm.kind {
        AlarmKind::Metric(metric) => metric_configuration(&mut told, scope, name, metric),
        AlarmKind::Composite(composite) => composite_configuration(&mut told, composite),
    }
    told.insert("alarmName".to_owned(), json!(name));
    if let Some(description) = &alarm.description {
        told.insert("description".to_owned(), json!(description));
    }
    told.insert("actionsEnabled".to_owned(), json!(alarm.actions_enabled));
    told.insert("timestamp".to_owned(), json!(json_time(alarm.updated())));
    told.insert("okActions".to_owned(), json!(alarm.ok_actions));
    told.insert("alarmActions".to_owned(), json!(alarm.alarm_actions));
    told.insert("insufficientDataActions".to_owned(), json!(alarm.insufficient_data_actions));
    Value::Object(told)
}

fn metric_configuration(told: &mut Map<String, Value>, scope: &Scope, name: &str, metric: &MetricAlarm) {
    told.insert("evaluationPeriods".to_owned(), json!(metric.evaluation_periods));
    if let Some(datapoints) = metric.datapoints_to_alarm {
        told.insert("datapointsToAlarm".to_owned(), json!(datapoints));
    }
    if let Some(threshold) = metric.threshold {
        told.insert("threshold".to_owned(), json!(threshold));
    }
    if let Some(band) = &metric.threshold_metric_id {
        told.insert("thresholdMetricId".to_owned(), json!(band));
    }
    told.insert("comparisonOperator".to_owned(), json!(metric.comparison));
    if let Some(treatment) = metric.treat_missing_data {
        told.insert("treatMissingData".to_owned(), json!(treatment));
    }
    if let Some(low) = metric.low_samples {
        told.insert("evaluateLowSampleCountPercentile".to_owned(), json!(low));
    }
    told.insert("metrics".to_owned(), metrics(scope, name, metric));
}

fn composite_configuration(told: &mut Map<String, Value>, composite: &CompositeAlarm) {
    told.insert("alarmRule".to_owned(), json!(composite.rule));
    if let Some(suppressor) = &composite.suppressor {
        told.insert("actionsSuppressor".to_owned(), json!(suppressor.alarm));
        told.insert("actionsSuppressorWaitPeriod".to_owned(), json!(suppressor.wait_secs));
        told.insert("actionsSuppressorExtensionPeriod".to_owned(), json!(suppressor.extension_secs));
    }
}

fn metrics(scope: &Scope, name: &str, alarm: &MetricAlarm) -> Value {
    match &alarm.watched {
        Watched::Metric(metric) => json!([single(scope, name, metric)]),
        Watched::Queries(queries) => queries.iter().map(query).collect(),
    }
}

fn single(scope: &Scope, name: &str, metric: &WatchedMetric) -> Value {
    let WatchedMetric { namespace, name: metric_name, dimensions, stat, period_secs, unit, .. } = metric;
    json!({
        "id": metric_id(scope, name).to_string(),
        "metricStat": metric_stat((namespace, metric_name, dimensions), i64::from(*period_secs), stat, unit.as_deref()),
        "returnData": true,
    })
}

fn query(query: &SubjectQuery) -> Value {
    let mut told = Map::new();
    told.insert("id".to_owned(), json!(query.id));
    match &query.form {
        SubjectQueryForm::Expression(expression) => {
            told.insert("expression".to_owned(), json!(expression));
        }
        SubjectQueryForm::Metric { namespace, name, dimensions, period_secs, stat, unit } => {
            let period = i64::from(*period_secs);
            let stat = metric_stat((namespace, name, dimensions), period, stat, unit.as_deref());
            told.insert("metricStat".to_owned(), stat);
        }
    }
    if let Some(label) = &query.label {
        told.insert("label".to_owned(), json!(label));
    }
    told.insert("returnData".to_owned(), json!(query.return_data.unwrap_or(true)));
    if let Some(period) = query.period_secs {
        told.insert("period".to_owned(), json!(period));
    }
    Value::Object(told)
}

/// Unlike in messages to topics, dimensions are an object.
fn metric_stat(
    (namespace, name, dimensions): (&str, &str, &[(String, String)]),
    period_secs: i64,
    stat: &str,
    unit: Option<&str>,
) -> Value {
    let dimensions: Map<String, Value> = dimensions.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut told = json!({
        "metric": { "namespace": namespace, "name": name, "dimensions": dimensions },
        "period": period_secs,
        "stat": stat,
    });
    if let Some(unit) = unit {
        told["unit"] = json!(unit);
    }
    told
}

/// The id that stands for the metric of an alarm on one metric. CloudWatch makes one up; this one
/// depends on the alarm alone, so that all its events name the metric by the same id.
fn metric_id(scope: &Scope, name: &str) -> Uuid {
    let hash = stable_hash(&arn(scope, name));
    // Version 8: made in a way of our own.
    let versioned = (hash & !(0xf << 76) & !(0x3 << 62)) | (0x8 << 76) | (0x2 << 62);
    Uuid::from_u128(versioned)
}

#[cfg(test)]
mod tests;
