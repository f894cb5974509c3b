//! What calls act on, for the policy engine: recorders, rules, remediations, stored queries, aggregators, authorizations
//! and packs by their ARNs, all else `*` (the service's own reference says so). What is not there yet has an ARN with `*`
//! in the place of what the service makes up, so that a policy about all of a kind, or of a name, lets it be made.

use api::{Authorization, CallContext};
use base::Scope;
use wire::schema::Operation;
use wire::value::Value;

use crate::conformance::pack;
use crate::service::Parts;
use crate::stored_queries::{self, StoredQueryRecord};
use crate::{aggregators, recorder, remediation, rule_book, tagged};

/// The action, and what it is on.
pub(crate) fn resources(
    parts: &Parts,
    cx: &CallContext,
    operation: &'static Operation,
    input: Option<&Value>,
) -> Authorization {
    let mut wanted = Authorization::any(&api::config::SERVICE, operation.name);
    let scope = cx.scope();
    let recorder = |name: Option<String>| match recorder::find(&parts.catalog, &scope) {
        Some(found) => found.value.arn(&scope),
        None => aggregators::arn(&scope, format!("configuration-recorder/{}/*", name.as_deref().unwrap_or("*"))),
    };
    let rule = |name: &str| {
        let found = rule_book::find(&parts.catalog, &scope, name);
        // A rule that is not there has no ARN yet, or never had.
        found.map_or_else(|| any_rule(&scope), |found| found.value.arn(&scope))
    };
    let arns: Vec<String> = match operation.name {
        "DeleteConfigurationRecorder" | "StartConfigurationRecorder" | "StopConfigurationRecorder" => {
            vec![recorder(text(input, "ConfigurationRecorderName"))]
        }
        "PutConfigurationRecorder" => {
            let given = input.and_then(|input| input.get("ConfigurationRecorder"));
            vec![recorder(Some(text(given, "name").unwrap_or_else(|| recorder::DEFAULT_NAME.to_owned())))]
        }
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
        "DeleteRemediationConfiguration" | "DescribeRemediationExecutionStatus" | "StartRemediationExecution" => {
            text(input, "ConfigRuleName").iter().map(|name| remediation_of(parts, &scope, name)).collect()
        }
        "DescribeRemediationConfigurations" => {
            texts(input, "ConfigRuleNames").iter().map(|name| remediation_of(parts, &scope, name)).collect()
        }
        "PutRemediationConfigurations" => {
            let given = input.and_then(|input| input.get("RemediationConfigurations")?.as_list()).unwrap_or_default();
            let names = given.iter().filter_map(|given| text(Some(given), "ConfigRuleName"));
            names.map(|name| remediation_of(parts, &scope, &name)).collect()
        }
        "GetConformancePackComplianceSummary" => {
            texts(input, "ConformancePackNames").iter().map(|name| pack_of(parts, &scope, name)).collect()
        }
        _ => of_name(parts, &scope, input).into_iter().collect(),
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
fn of_name(parts: &Parts, scope: &Scope, input: Option<&Value>) -> Option<String> {
    if let Some(name) = text(input, "ConfigurationAggregatorName") {
        let found = aggregators::named(&parts.catalog, scope, &name).ok();
        let unknown = || aggregators::arn(scope, "config-aggregator/*".to_owned());
        return Some(found.map_or_else(unknown, |found| found.value.arn(scope)));
    }
    Some(pack_of(parts, scope, &text(input, "ConformancePackName")?))
}

fn pack_of(parts: &Parts, scope: &Scope, name: &str) -> String {
    let unknown = || aggregators::arn(scope, format!("conformance-pack/{name}/*"));
    pack::find(&parts.catalog, scope, name).map_or_else(unknown, |found| found.value.arn(scope))
}

/// The ARN of the remediation of a rule.
fn remediation_of(parts: &Parts, scope: &Scope, rule_name: &str) -> String {
    let unknown = || aggregators::arn(scope, format!("remediation-configuration/{rule_name}/*"));
    remediation::find(&parts.catalog, scope, rule_name).map_or_else(unknown, |found| found.value.arn(scope, rule_name))
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
    keys.extend(texts(input, "TagKeys"));
    if !keys.is_empty() {
        wanted.conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}

fn text(input: Option<&Value>, member: &str) -> Option<String> {
    input?.get(member)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_world::World;

    const ARN: &str = "arn:aws:config:eu-west-1:210987654321:";

    #[tokio::test]
    async fn what_is_not_there_yet_is_named_by_what_is_known_of_it() {
        let world = World::new().await;
        let rule = json!({"ConfigRuleName": "r", "Source": {"Owner": "AWS", "SourceIdentifier": "X"}});
        let remediation = json!({"ConfigRuleName": "r", "TargetType": "SSM_DOCUMENT", "TargetId": "X"});
        for (operation, input, resources) in [
            (
                "PutConfigurationRecorder",
                json!({"ConfigurationRecorder": {}}),
                vec!["configuration-recorder/default/*"],
            ),
            (
                "StartConfigurationRecorder",
                json!({"ConfigurationRecorderName": "own"}),
                vec!["configuration-recorder/own/*"],
            ),
            ("PutConfigRule", json!({"ConfigRule": rule}), vec!["config-rule/*"]),
            (
                "PutRemediationConfigurations",
                json!({"RemediationConfigurations": [remediation]}),
                vec!["remediation-configuration/r/*"],
            ),
            ("PutConformancePack", json!({"ConformancePackName": "p"}), vec!["conformance-pack/p/*"]),
            (
                "GetConformancePackComplianceSummary",
                json!({"ConformancePackNames": ["p", "q"]}),
                vec!["conformance-pack/p/*", "conformance-pack/q/*"],
            ),
            ("PutConfigurationAggregator", json!({"ConfigurationAggregatorName": "a"}), vec!["config-aggregator/*"]),
            ("PutStoredQuery", json!({"StoredQuery": {"QueryName": "q"}}), vec!["stored-query/q/*"]),
        ] {
            let wanted = world.authorization(operation, input);
            let expected: Vec<_> = resources.iter().map(|resource| format!("{ARN}{resource}")).collect();
            assert_eq!(wanted.resources, expected, "{operation}");
        }
        assert_eq!(world.authorization("DescribeConfigRules", json!({})).resources, ["*"]);
    }

    #[tokio::test]
    async fn what_is_there_is_named_by_its_arn_and_tags() {
        let world = World::recording().await;
        let rule = json!({"ConfigRuleName": "r", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}});
        let tags = json!([{"Key": "team", "Value": "ops"}]);
        world.ok("PutConfigRule", json!({"ConfigRule": rule, "Tags": tags})).await;
        let remediation = json!({"ConfigRuleName": "r", "TargetType": "SSM_DOCUMENT", "TargetId": "X"});
        world.ok("PutRemediationConfigurations", json!({"RemediationConfigurations": [remediation]})).await;
        let named = json!({"ConfigRuleNames": ["r"]});
        let rules = world.ok("DescribeConfigRules", named.clone()).await;
        let rule = rules["ConfigRules"][0]["ConfigRuleArn"].as_str().unwrap();
        let wanted = world.authorization("DescribeConfigRules", named.clone());
        assert_eq!(wanted.resources, [rule]);
        let condition = ("aws:ResourceTag/team".to_owned(), vec!["ops".to_owned()]);
        assert_eq!(wanted.resource_conditions, [(rule.to_owned(), vec![condition])]);
        let described = world.ok("DescribeRemediationConfigurations", named).await;
        let arn = described["RemediationConfigurations"][0]["Arn"].as_str().unwrap();
        let start = json!({"ConfigRuleName": "r", "ResourceKeys": []});
        assert_eq!(world.authorization("StartRemediationExecution", start).resources, [arn]);
        let untag = world.authorization("UntagResource", json!({"ResourceArn": rule, "TagKeys": ["team"]}));
        assert_eq!(untag.conditions, [("aws:TagKeys".to_owned(), vec!["team".to_owned()])]);
    }
}
