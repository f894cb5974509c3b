//! What calls act on, for the policy engine: recorders, rules, stored queries, aggregators, authorizations and packs by
//! their ARNs, all else `*` (the service's own reference says so). What is not there yet has no ARN.

use api::{Authorization, CallContext};
use base::Scope;
use wire::schema::Operation;
use wire::value::Value;

use crate::conformance::pack;
use crate::service::Parts;
use crate::stored_queries::{self, StoredQueryRecord};
use crate::{aggregators, recorder, rule_book, tagged};

/// The action, and what it is on.
pub(crate) fn resources(
    parts: &Parts,
    cx: &CallContext,
    operation: &'static Operation,
    input: Option<&Value>,
) -> Authorization {
    let mut wanted = Authorization::any(&api::config::SERVICE, operation.name);
    let scope = cx.scope();
    let recorder = || recorder::find(&parts.catalog, &scope).map(|found| found.value.arn(&scope));
    let rule = |name: &str| {
        let found = rule_book::find(&parts.catalog, &scope, name);
        // A rule that is not there has no ARN yet, or never had.
        found.map_or_else(|| any_rule(&scope), |found| found.value.arn(&scope))
    };
    let arns: Vec<String> = match operation.name {
        "DeleteConfigurationRecorder"
        | "PutConfigurationRecorder"
        | "StartConfigurationRecorder"
        | "StopConfigurationRecorder" => recorder().into_iter().collect(),
        "AssociateResourceTypes" | "DisassociateResourceTypes" => {
            text(input, "ConfigurationRecorderArn").into_iter().collect()
        }
        "ListTagsForResource" | "TagResource" | "UntagResource" => text(input, "ResourceArn").into_iter().collect(),
        "DeleteStoredQuery" | "GetStoredQuery" => {
            text(input, "QueryName").map(|name| stored_query(parts, cx, &name)).into_iter().collect()
        }
        "PutStoredQuery" => {
            let query = input.and_then(|input| input.get("StoredQuery"));
            text(query, "QueryName").map(|name| stored_query(parts, cx, &name)).into_iter().collect()
        }
        "DeleteConfigRule" | "DeleteEvaluationResults" | "GetComplianceDetailsByConfigRule" => {
            text(input, "ConfigRuleName").iter().map(|name| rule(name)).collect()
        }
        "DescribeComplianceByConfigRule"
        | "DescribeConfigRuleEvaluationStatus"
        | "DescribeConfigRules"
        | "StartConfigRulesEvaluation" => texts(input, "ConfigRuleNames").iter().map(|name| rule(name)).collect(),
        "PutConfigRule" => put_rule(parts, &scope, input).into_iter().collect(),
        "DeleteAggregationAuthorization" | "PutAggregationAuthorization" => {
            let account = text(input, "AuthorizedAccountId").unwrap_or_default();
            let region = text(input, "AuthorizedAwsRegion").unwrap_or_default();
            vec![aggregators::arn(&scope, format!("aggregation-authorization/{account}/{region}"))]
        }
        _ => of_name(parts, cx, input).into_iter().collect(),
    };
    if arns.is_empty() {
        request_tags(input, &mut wanted);
        return wanted;
    }
    for arn in &arns {
        if let Some(found) = tagged::find(&parts.catalog, &scope, arn) {
            let tags = found.tags().iter();
            let conditions = tags.map(|(key, value)| (format!("aws:ResourceTag/{key}"), vec![value.clone()])).collect();
            wanted.resource_conditions.push((arn.clone(), conditions));
        }
    }
    wanted.resources = arns;
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

/// The rule that is put: by its name, its ARN or its id.
fn put_rule(parts: &Parts, scope: &Scope, input: Option<&Value>) -> Option<String> {
    let given = input?.get("ConfigRule")?;
    let text = |member: &str| given.get(member).and_then(Value::as_str);
    let catalog = &parts.catalog;
    let found = match text("ConfigRuleName") {
        Some(name) => rule_book::find(catalog, scope, name),
        None => {
            let by_arn = text("ConfigRuleArn").and_then(|arn| rule_book::find_by_arn(catalog, scope, arn));
            by_arn.or_else(|| rule_book::find_by_id(catalog, scope, text("ConfigRuleId")?))
        }
    };
    Some(found.map_or_else(|| any_rule(scope), |found| found.value.arn(scope)))
}

fn any_rule(scope: &Scope) -> String {
    let Scope { account, region } = scope;
    format!("arn:{}:config:{region}:{account}:config-rule/*", region.partition().as_str())
}

fn texts(input: Option<&Value>, member: &str) -> Vec<String> {
    let list = input.and_then(|input| input.get(member)?.as_list()).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
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
