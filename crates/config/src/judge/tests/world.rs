//! What the tests of rules share.

use serde_json::{Value, json};

use crate::observe::{Description, Observation, Source};
use crate::test_world::{World, scope};

/// Puts a managed rule named `rule` with more members.
pub(super) async fn put_rule(world: &World, name: &str, identifier: &str, more: Value) {
    let mut rule = json!({"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("PutConfigRule", json!({"ConfigRule": rule})).await;
    world.run_woken().await;
}

/// A resource as an upstream tells of it; the jobs run after it.
pub(super) async fn observe(world: &World, resource_type: &str, id: &str, description: Option<Description>) {
    let observation = Observation {
        resource_type: resource_type.to_owned(),
        resource_id: id.to_owned(),
        description,
        source: Source::Upstream,
    };
    world.parts().observe(&scope(), vec![observation], world.now()).await.unwrap();
    world.run_woken().await;
}

pub(super) fn described(configuration: Value) -> Description {
    crate::test_world::description(configuration)
}

pub(super) fn tagged(tags: &[(&str, &str)]) -> Description {
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Description { tags, ..described(json!({})) }
}

/// A volume in use, which is encrypted or not.
pub(super) fn volume(encrypted: bool) -> Description {
    described(json!({"encrypted": encrypted, "attachments": [{"instanceId": "i-1", "state": "attached"}]}))
}

/// What a rule says, by id of the resource; also that it does not apply.
pub(super) async fn said(world: &World, rule: &str) -> Vec<(String, String)> {
    let types = ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"];
    let input = json!({"ConfigRuleName": rule, "ComplianceTypes": types, "Limit": 100});
    let answer = world.ok("GetComplianceDetailsByConfigRule", input).await;
    let result = |result: &Value| {
        let qualifier = &result["EvaluationResultIdentifier"]["EvaluationResultQualifier"];
        assert_eq!(qualifier["ConfigRuleName"], rule);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&qualifier["ResourceId"]), text(&result["ComplianceType"]))
    };
    answer["EvaluationResults"].as_array().unwrap().iter().map(result).collect()
}

pub(super) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned())).collect()
}

/// How it stands with a rule.
pub(super) async fn overall(world: &World, rule: &str) -> String {
    let answer = world.ok("DescribeComplianceByConfigRule", json!({"ConfigRuleNames": [rule]})).await;
    answer["ComplianceByConfigRules"][0]["Compliance"]["ComplianceType"].as_str().unwrap().to_owned()
}

pub(super) async fn state(world: &World, rule: &str) -> String {
    let answer = world.ok("DescribeConfigRules", json!({"ConfigRuleNames": [rule]})).await;
    answer["ConfigRules"][0]["ConfigRuleState"].as_str().unwrap().to_owned()
}

pub(super) async fn status(world: &World, rule: &str) -> Value {
    let answer = world.ok("DescribeConfigRuleEvaluationStatus", json!({"ConfigRuleNames": [rule]})).await;
    answer["ConfigRulesEvaluationStatus"][0].clone()
}

/// The messages of a type since messages were last asked for, with their subjects.
pub(super) fn published(world: &World, message_type: &str) -> Vec<(String, Value)> {
    let published = world.outside.published().into_iter();
    let parsed = published.map(|sent| (sent.subject, serde_json::from_str::<Value>(&sent.message).unwrap()));
    parsed.filter(|(_, message)| message["messageType"] == message_type).collect()
}

pub(super) async fn stop(world: &World) {
    world.ok("StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
}
