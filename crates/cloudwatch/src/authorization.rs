//! What each operation acts on, for the policy engine (AWS's service authorization reference).

use api::{Authorization, CallContext};
use store::Catalog;
use wire::schema::Operation;
use wire::value::Value;

use crate::record::Tag;
use crate::tags::{Resource, present};
use crate::{dashboards, metric_streams};

/// What the operation acts on. Metrics and anomaly detectors have no ARN: operations on them,
/// and lists, act on `*`. A mute rule is put on the rule and on each alarm that it mutes.
pub(crate) fn resources(
    operation: &'static Operation,
    input: Option<&Value>,
    cx: &CallContext,
    catalog: &Catalog,
) -> Authorization {
    let mut wanted = Authorization::any(&api::cloudwatch::SERVICE, operation.name);
    let Some(input) = input else { return wanted };
    let dashboard = |name: &str| (dashboards::arn(cx, name), Some(Resource::dashboard(cx, name)));
    let stream = |name: &str| (metric_streams::arn(cx, name), Some(Resource::metric_stream(cx, name)));
    let alarm = |name: &str| {
        let resource = Resource::alarm(cx, name);
        (resource.arn().to_owned(), Some(resource))
    };
    let mute_rule = |name: &str| {
        let resource = Resource::alarm_mute_rule(cx, name);
        (resource.arn().to_owned(), Some(resource))
    };
    let found: Vec<(String, Option<Resource>)> = match operation.name {
        "GetDashboard" | "PutDashboard" => texts(input, "DashboardName").into_iter().map(dashboard).collect(),
        "DeleteDashboards" => texts(input, "DashboardNames").into_iter().map(dashboard).collect(),
        "DeleteMetricStream" | "GetMetricStream" | "PutMetricStream" => {
            texts(input, "Name").into_iter().map(stream).collect()
        }
        "StartMetricStreams" | "StopMetricStreams" => texts(input, "Names").into_iter().map(stream).collect(),
        "DescribeAlarmContributors"
        | "DescribeAlarmHistory"
        | "PutCompositeAlarm"
        | "PutMetricAlarm"
        | "SetAlarmState" => texts(input, "AlarmName").into_iter().map(alarm).collect(),
        "DeleteAlarms" | "DisableAlarmActions" | "EnableAlarmActions" => {
            texts(input, "AlarmNames").into_iter().map(alarm).collect()
        }
        "DeleteAlarmMuteRule" | "GetAlarmMuteRule" => {
            texts(input, "AlarmMuteRuleName").into_iter().map(mute_rule).collect()
        }
        "PutAlarmMuteRule" => {
            let muted = input.get("MuteTargets").map(|targets| texts(targets, "AlarmNames")).unwrap_or_default();
            texts(input, "Name").into_iter().map(mute_rule).chain(muted.into_iter().map(alarm)).collect()
        }
        "ListTagsForResource" | "TagResource" | "UntagResource" => {
            let named = |arn: &str| (arn.to_owned(), Resource::parse(cx, arn).ok());
            texts(input, "ResourceARN").into_iter().map(named).collect()
        }
        _ => Vec::new(),
    };
    if !found.is_empty() {
        wanted.resources = found.iter().map(|(arn, _)| arn.clone()).collect();
        let tagged = found.into_iter().filter_map(|(arn, resource)| Some((arn, present_tags(catalog, &resource?))));
        wanted.resource_conditions = tagged.collect();
    }
    request_tags(input, &mut wanted.conditions);
    alarm_actions(input, &mut wanted.conditions);
    wanted
}

/// `aws:ResourceTag/…`
fn present_tags(catalog: &Catalog, resource: &Resource) -> Vec<(String, Vec<String>)> {
    let condition = |Tag { key, value }| (format!("aws:ResourceTag/{key}"), vec![value]);
    present(catalog, resource).into_iter().map(condition).collect()
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: &Value, conditions: &mut Vec<(String, Vec<String>)>) {
    let mut keys: Vec<String> = texts(input, "TagKeys").into_iter().map(str::to_owned).collect();
    for tag in input.get("Tags").and_then(Value::as_list).unwrap_or_default() {
        let text = |name| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(key) = text("Key") else { continue };
        if let Some(value) = text("Value") {
            conditions.push((format!("aws:RequestTag/{key}"), vec![value]));
        }
        keys.push(key);
    }
    if !keys.is_empty() {
        conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}

/// `cloudwatch:AlarmActions`: what an alarm that is put may do, in whatever state (documented).
fn alarm_actions(input: &Value, conditions: &mut Vec<(String, Vec<String>)>) {
    let lists = ["AlarmActions", "OKActions", "InsufficientDataActions"];
    let actions: Vec<String> = lists.into_iter().flat_map(|list| texts(input, list)).map(str::to_owned).collect();
    if !actions.is_empty() {
        conditions.push(("cloudwatch:AlarmActions".to_owned(), actions));
    }
}

/// A member's text, or its texts when it is a list.
fn texts<'a>(input: &'a Value, name: &str) -> Vec<&'a str> {
    match input.get(name) {
        Some(Value::String(text)) => vec![text],
        Some(Value::List(elements)) => elements.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
