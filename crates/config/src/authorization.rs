//! What calls act on, for the policy engine: recorders, stored queries, aggregators, authorizations and packs by their
//! ARNs, all else `*` (the service's own reference says so). What is not there yet has no ARN.

use api::{Authorization, CallContext};
use wire::schema::Operation;
use wire::value::Value;

use crate::conformance::pack;
use crate::service::Parts;
use crate::stored_queries::{self, StoredQueryRecord};
use crate::{aggregators, recorder, tagged};

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
        "DeleteStoredQuery" | "GetStoredQuery" => text(input, "QueryName").map(|name| stored_query(parts, cx, &name)),
        "PutStoredQuery" => {
            let query = input.and_then(|input| input.get("StoredQuery"));
            text(query, "QueryName").map(|name| stored_query(parts, cx, &name))
        }
        "DeleteAggregationAuthorization" | "PutAggregationAuthorization" => {
            let account = text(input, "AuthorizedAccountId").unwrap_or_default();
            let region = text(input, "AuthorizedAwsRegion").unwrap_or_default();
            Some(aggregators::arn(&cx.scope(), format!("aggregation-authorization/{account}/{region}")))
        }
        _ => of_name(parts, cx, input),
    };
    let Some(arn) = arn else {
        request_tags(input, &mut wanted);
        return wanted;
    };
    if let Some(found) = tagged::find(&parts.catalog, &cx.scope(), &arn) {
        let tags = found.tags().iter();
        let conditions = tags.map(|(key, value)| (format!("aws:ResourceTag/{key}"), vec![value.clone()])).collect();
        wanted.resource_conditions.push((arn.clone(), conditions));
    }
    wanted.resources = vec![arn];
    request_tags(input, &mut wanted);
    wanted
}

/// The ARN of a stored query; of one that is not there yet, with any id.
fn stored_query(parts: &Parts, cx: &CallContext, name: &str) -> String {
    let scope = cx.scope();
    let found = stored_queries::named(&parts.catalog, &scope, name).ok();
    let unknown = || StoredQueryRecord { id: "*".to_owned(), description: None, expression: None, tags: Vec::new() };
    found.map_or_else(unknown, |found| StoredQueryRecord::clone(&found.value)).arn(&scope, name)
}

/// The ARN of the aggregator or the pack that a call names.
fn of_name(parts: &Parts, cx: &CallContext, input: Option<&Value>) -> Option<String> {
    let (catalog, scope) = (&parts.catalog, cx.scope());
    if let Some(name) = text(input, "ConfigurationAggregatorName") {
        return Some(aggregators::named(catalog, &scope, &name).ok()?.value.arn(&scope));
    }
    Some(pack::find(catalog, &scope, &text(input, "ConformancePackName")?)?.value.arn(&scope))
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
