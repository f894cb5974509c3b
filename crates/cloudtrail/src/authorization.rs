//! What calls act on, for the policy engine: trails by their ARNs.

use api::{Authorization, CallContext};
use store::Catalog;
use wire::schema::Operation;
use wire::value::Value;

use crate::trails::{TrailName, arn};

/// The member that names a trail, for the operations that act on one.
fn trail_member(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "CreateTrail" | "DeleteTrail" | "GetTrail" | "GetTrailStatus" | "StartLogging" | "StopLogging"
        | "UpdateTrail" => "Name",
        "GetEventSelectors"
        | "PutEventSelectors"
        | "GetInsightSelectors"
        | "PutInsightSelectors"
        | "ListInsightsMetricData" => "TrailName",
        "ListInsightsData" => "InsightSource",
        "AddTags" | "RemoveTags" => "ResourceId",
        _ => return None,
    })
}

/// The action, and the trails that it is on. Reading lists of trails is on `*`.
pub(crate) fn resources(
    catalog: &Catalog,
    cx: &CallContext,
    operation: &'static Operation,
    input: Option<&Value>,
) -> Authorization {
    let mut wanted = Authorization::any(&api::cloudtrail::SERVICE, operation.name);
    let named = match operation.name {
        "ListTags" => texts(input, "ResourceIdList"),
        other => trail_member(other).map(|member| texts(input, member)).unwrap_or_default(),
    };
    if operation.name == "ListInsightsMetricData" {
        // Documented: rates of management events are linked to the right to look events up, those of a trail's data
        // events to that to list its Insights events.
        let right = if named.is_empty() { "LookupEvents" } else { "ListInsightsData" };
        wanted.action = Authorization::any(&api::cloudtrail::SERVICE, right).action;
    }
    let arns: Vec<String> = named.iter().filter_map(|text| arn_of(catalog, cx, text)).collect();
    if !arns.is_empty() {
        wanted.resources = arns;
    }
    wanted
}

/// The ARN of the trail that a text names, whether or not there is one; none for what can name no trail.
fn arn_of(catalog: &Catalog, cx: &CallContext, text: &str) -> Option<String> {
    let name = TrailName::parse(text).ok()?;
    match (&name.home, name.visible(catalog, cx)) {
        (Some(home), _) => Some(arn(home, &name.name)),
        (None, Some(trail)) => Some(trail.arn()),
        (None, None) => Some(arn(&cx.scope(), &name.name)),
    }
}

fn texts(input: Option<&Value>, member: &str) -> Vec<String> {
    let Some(Value::Struct(input)) = input else { return Vec::new() };
    let place = input.shape.structure().and_then(|structure| structure.member(member));
    let value = place.and_then(|(index, _)| input.members.iter().find(|(at, _)| *at == index));
    match value.map(|(_, value)| value) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::List(values)) => values
            .iter()
            .filter_map(|value| match value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
