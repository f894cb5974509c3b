//! logs.md §5.5.

use serde_json::{Value, json};

use crate::test_world::World;

const DOCUMENT: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["es.amazonaws.com"]},"Action":"logs:PutLogEvents","Resource":"*"}]}"#;
const ARN: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:g";

fn document(policy: &Value) -> Value {
    serde_json::from_str(policy["policyDocument"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_policy_is_kept_normalized_and_described_for_its_account() {
    let world = World::new().await;
    let put = json!({"policyName": "p", "policyDocument": DOCUMENT});
    let policy = world.ok("PutResourcePolicy", put).await["resourcePolicy"].clone();
    assert_eq!((&policy["policyName"], &policy["policyScope"]), (&json!("p"), &json!("ACCOUNT")));
    assert_eq!(policy["lastUpdatedTime"], world.now());
    assert_eq!(policy.as_object().unwrap().len(), 4, "{policy}");
    let described = world.ok("DescribeResourcePolicies", json!({})).await;
    assert_eq!(document(&described["resourcePolicies"][0])["Version"], "2008-10-17");
    assert_eq!(document(&described["resourcePolicies"][0])["Statement"][0]["Principal"]["Service"], "es.amazonaws.com");
    world.ok("DeleteResourcePolicy", json!({"policyName": "p"})).await;
    let (code, text) = world.refused("DeleteResourcePolicy", json!({"policyName": "p"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ResourceNotFoundException", "Policy with name [p] does not exist."));
}

#[tokio::test]
async fn an_account_has_ten_policies_which_can_all_be_replaced() {
    let world = World::new().await;
    for n in 0..10 {
        world.ok("PutResourcePolicy", json!({"policyName": format!("p{n}"), "policyDocument": DOCUMENT})).await;
    }
    let more = world.refused("PutResourcePolicy", json!({"policyName": "more", "policyDocument": DOCUMENT})).await;
    assert_eq!(more, ("LimitExceededException".to_owned(), "Resource limit exceeded.".to_owned()));
    world.ok("PutResourcePolicy", json!({"policyName": "p3", "policyDocument": DOCUMENT})).await;
    let first = world.ok("DescribeResourcePolicies", json!({"limit": 6})).await;
    let second = world.ok("DescribeResourcePolicies", json!({"nextToken": first["nextToken"]})).await;
    assert_eq!(second["resourcePolicies"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_groups_policy_is_changed_by_who_knows_its_revision_and_goes_with_the_group() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let put = |expected: Option<&str>| {
        let mut input = json!({"resourceArn": ARN, "policyDocument": DOCUMENT});
        if let Some(expected) = expected {
            input["expectedRevisionId"] = json!(expected);
        }
        input
    };
    let made = world.ok("PutResourcePolicy", put(None)).await;
    let revision = made["revisionId"].as_str().unwrap();
    assert_eq!(made["resourcePolicy"]["policyScope"], "RESOURCE");
    assert_eq!(made["resourcePolicy"]["resourceArn"], ARN);
    assert_eq!(world.refused("PutResourcePolicy", put(None)).await.0, "InvalidParameterException");
    assert_eq!(world.refused("PutResourcePolicy", put(Some("other"))).await.0, "OperationAbortedException");
    let changed = world.ok("PutResourcePolicy", put(Some(revision))).await;
    assert_ne!(changed["revisionId"], revision);
    for input in [json!({"resourceArn": ARN}), json!({"policyScope": "RESOURCE"})] {
        let found = world.ok("DescribeResourcePolicies", input.clone()).await;
        assert_eq!(found["resourcePolicies"][0]["revisionId"], changed["revisionId"], "{input}");
    }
    assert_eq!(world.ok("DescribeResourcePolicies", json!({})).await["resourcePolicies"], json!([]));
    world.ok("DeleteLogGroup", json!({"logGroupName": "g"})).await;
    world.make("g", &[]).await;
    let found = world.ok("DescribeResourcePolicies", json!({"policyScope": "RESOURCE"})).await;
    assert_eq!(found["resourcePolicies"], json!([]));
}
