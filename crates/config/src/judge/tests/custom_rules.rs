//! Functions: of which changes they are told, and how often; and policies.

use serde_json::{Value, json};

use super::world::*;
use crate::observe::Description;
use crate::test_world::World;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:210987654321:function:owner";
const VOLUME: &str = "AWS::EC2::Volume";

async fn put_function(world: &World, details: Value, more: Value) {
    let source = json!({"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": FUNCTION, "SourceDetails": details});
    let mut rule = json!({"ConfigRuleName": "owner", "Source": source});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("PutConfigRule", json!({"ConfigRule": rule})).await;
    world.run_woken().await;
}

fn on_change() -> Value {
    json!([{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}])
}

/// What the function was told since this was last asked for: the type of the message, the resource, its size, whether it
/// left the scope.
fn told(world: &World) -> Vec<(String, String, Value, bool)> {
    let event = |event: Value| {
        let message: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
        let item = &message["configurationItem"];
        (
            message["messageType"].as_str().unwrap().to_owned(),
            item["resourceId"].as_str().unwrap_or_default().to_owned(),
            item["configuration"]["size"].clone(),
            event["eventLeftScope"].as_bool().unwrap(),
        )
    };
    let mut told: Vec<_> = world.callees.payloads().into_iter().map(event).collect();
    // What happened at one time is told in any order.
    told.sort_by_key(|(_, _, size, _)| size.as_i64());
    told
}

fn changed(id: &str, size: Value, left: bool) -> (String, String, Value, bool) {
    ("ConfigurationItemChangeNotification".to_owned(), id.to_owned(), size, left)
}

fn sized(size: i64) -> Description {
    described(json!({"size": size}))
}

#[tokio::test]
async fn a_function_is_told_of_what_is_there_and_of_each_change() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(sized(1))).await;
    put_function(&world, on_change(), json!({"Scope": {"ComplianceResourceTypes": [VOLUME]}})).await;
    assert_eq!(told(&world), [changed("vol-1", json!(1), false)]);
    // Two items before anybody judges are two messages.
    for size in [2, 3] {
        let observation = crate::Observation {
            resource_type: VOLUME.to_owned(),
            resource_id: "vol-1".to_owned(),
            description: Some(sized(size)),
            source: crate::Source::Upstream,
        };
        world.parts().observe(&crate::test_world::scope(), vec![observation], world.now()).await.unwrap();
    }
    world.run_woken().await;
    assert_eq!(told(&world), [changed("vol-1", json!(2), false), changed("vol-1", json!(3), false)]);
    observe(&world, VOLUME, "vol-1", None).await;
    assert_eq!(told(&world), [changed("vol-1", Value::Null, true)]);
    observe(&world, "AWS::S3::Bucket", "acme", Some(described(json!({})))).await;
    assert_eq!(told(&world), []);
}

#[tokio::test]
async fn a_function_is_told_by_the_clock() {
    let world = World::recording().await;
    let details = json!([{
        "EventSource": "aws.config", "MessageType": "ScheduledNotification", "MaximumExecutionFrequency": "One_Hour",
    }]);
    put_function(&world, details, json!({})).await;
    let scheduled = ("ScheduledNotification".to_owned(), String::new(), Value::Null, false);
    assert_eq!(told(&world), std::slice::from_ref(&scheduled));
    stop(&world).await;
    world.advance(3599).await;
    assert_eq!(told(&world), []);
    world.advance(1).await;
    world.run_woken().await;
    assert_eq!(told(&world), [scheduled]);
}

#[tokio::test]
async fn results_of_a_function_go_with_the_resource() {
    let world = World::recording().await;
    put_function(&world, on_change(), json!({"Scope": {"ComplianceResourceTypes": [VOLUME]}})).await;
    observe(&world, VOLUME, "vol-1", Some(sized(1))).await;
    let event = world.callees.payloads().pop().unwrap();
    let evaluation = json!({
        "ComplianceResourceType": VOLUME, "ComplianceResourceId": "vol-1", "ComplianceType": "NON_COMPLIANT",
        "OrderingTimestamp": world.now().secs_f64(),
    });
    world.ok("PutEvaluations", json!({"Evaluations": [evaluation], "ResultToken": event["resultToken"]})).await;
    assert_eq!(said(&world, "owner").await, pairs(&[("vol-1", "NON_COMPLIANT")]));
    observe(&world, VOLUME, "vol-1", None).await;
    assert_eq!(said(&world, "owner").await, []);
}

#[tokio::test]
async fn a_policy_judges_as_a_managed_rule_does() {
    let world = World::recording().await;
    let text = r#"rule small when resourceType == "AWS::EC2::Volume" { configuration.size < 10 }"#;
    let source = |text: &str| {
        json!({
            "Owner": "CUSTOM_POLICY",
            "SourceDetails": on_change(),
            "CustomPolicyDetails": {"PolicyRuntime": "guard-2.x.x", "PolicyText": text},
        })
    };
    let rule = json!({"ConfigRuleName": "small", "Source": source(text)});
    world.ok("PutConfigRule", json!({"ConfigRule": rule})).await;
    for (id, size) in [("vol-1", 1), ("vol-2", 20)] {
        observe(&world, VOLUME, id, Some(sized(size))).await;
    }
    let of_volumes: Vec<_> = said(&world, "small").await.into_iter().filter(|(id, _)| id.starts_with("vol")).collect();
    assert_eq!(of_volumes, pairs(&[("vol-1", "COMPLIANT"), ("vol-2", "NON_COMPLIANT")]));
    let rule = json!({"ConfigRuleName": "broken", "Source": source("rule {")});
    let (error, message) = world.refused("PutConfigRule", json!({"ConfigRule": rule})).await;
    assert_eq!(error, "InvalidParameterValueException");
    assert!(message.starts_with("The PolicyText is not valid: "), "{message}");
}
