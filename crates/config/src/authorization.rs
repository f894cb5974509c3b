//! What calls act on, for the policy engine: recorders by their ARNs, all else `*` (the service's own reference says so).

use api::{Authorization, CallContext};
use wire::schema::Operation;
use wire::value::Value;

use crate::recorder;
use crate::service::Parts;

/// The action, and what it is on.
pub(crate) fn resources(
    parts: &Parts,
    cx: &CallContext,
    operation: &'static Operation,
    input: Option<&Value>,
) -> Authorization {
    let mut wanted = Authorization::any(&api::config::SERVICE, operation.name);
    let found = recorder::find(&parts.catalog, &cx.scope());
    let arn = match operation.name {
        "DeleteConfigurationRecorder"
        | "PutConfigurationRecorder"
        | "StartConfigurationRecorder"
        | "StopConfigurationRecorder" => found.as_ref().map(|found| found.value.arn(&cx.scope())),
        "AssociateResourceTypes" | "DisassociateResourceTypes" => text(input, "ConfigurationRecorderArn"),
        "ListTagsForResource" | "TagResource" | "UntagResource" => text(input, "ResourceArn"),
        _ => None,
    };
    let Some(arn) = arn else { return wanted };
    if let Some(found) = found.filter(|found| found.value.arn(&cx.scope()) == arn) {
        let tags = found.value.tags.iter();
        let conditions = tags.map(|(key, value)| (format!("aws:ResourceTag/{key}"), vec![value.clone()])).collect();
        wanted.resource_conditions.push((arn.clone(), conditions));
    }
    wanted.resources = vec![arn];
    request_tags(input, &mut wanted);
    wanted
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: Option<&Value>, wanted: &mut Authorization) {
    let mut keys = Vec::new();
    for tag in input.and_then(|input| input.get("Tags")?.as_list()).unwrap_or_default() {
        let text = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(key) = text("Key") else { continue };
        if let Some(value) = text("Value") {
            wanted.conditions.push((format!("aws:RequestTag/{key}"), vec![value]));
        }
        keys.push(key);
    }
    if !keys.is_empty() {
        wanted.conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}

fn text(input: Option<&Value>, member: &str) -> Option<String> {
    input?.get(member)?.as_str().map(str::to_owned)
}
