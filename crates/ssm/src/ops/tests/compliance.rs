//! How hosts comply.

use serde_json::{Value, json};

use crate::test_world::{HOST, World};

fn told(compliance_type: &str, items: Value, more: Value) -> Value {
    let mut input = json!({"ResourceId": HOST, "ResourceType": "ManagedInstance", "ComplianceType": compliance_type,
        "ExecutionSummary": {"ExecutionTime": 1_783_157_400, "ExecutionId": "e1"}, "Items": items});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn item(id: &str, severity: &str, status: &str) -> Value {
    json!({"Id": id, "Title": id, "Severity": severity, "Status": status})
}

async fn known() -> World {
    let world = World::new().await;
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST})).await;
    world
}

#[tokio::test]
async fn what_a_host_complies_with_is_listed_and_summed_up() {
    let world = known().await;
    let items = json!([
        item("b", "HIGH", "NON_COMPLIANT"),
        item("a", "LOW", "NON_COMPLIANT"),
        item("c", "CRITICAL", "COMPLIANT")
    ]);
    world.ok("PutComplianceItems", told("Patch", items, json!({}))).await;
    world.ok("PutComplianceItems", told("Custom:Mine", json!([item("x", "LOW", "COMPLIANT")]), json!({}))).await;
    let ids = |answer: &Value| -> Vec<String> {
        answer["ComplianceItems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["Id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&world.ok("ListComplianceItems", json!({})).await), ["x", "a", "b", "c"]);
    let broken = json!({"Filters": [{"Key": "Status", "Values": ["NON_COMPLIANT"]}], "MaxResults": 1});
    let first = world.ok("ListComplianceItems", broken.clone()).await;
    let mut next = broken;
    next["NextToken"] = first["NextToken"].clone();
    let second = world.ok("ListComplianceItems", next).await;
    assert_eq!((ids(&first), ids(&second)), (vec!["a".to_owned()], vec!["b".to_owned()]));
    assert!(second.get("NextToken").is_none());
    let wanted = json!({"Filters": [{"Key": "ComplianceType", "Values": ["Patch"]}]});
    let sums = world.ok("ListResourceComplianceSummaries", wanted).await["ResourceComplianceSummaryItems"].clone();
    assert_eq!(sums.as_array().unwrap().len(), 1);
    assert_eq!((&sums[0]["Status"], &sums[0]["OverallSeverity"]), (&json!("NON_COMPLIANT"), &json!("HIGH")));
    assert_eq!(sums[0]["NonCompliantSummary"]["NonCompliantCount"], 2);
    assert_eq!(sums[0]["CompliantSummary"]["SeveritySummary"]["CriticalCount"], 1);
}

#[tokio::test]
async fn items_take_the_place_of_all_or_of_their_ids() {
    let world = known().await;
    let count = async || world.ok("ListComplianceItems", json!({})).await["ComplianceItems"].as_array().unwrap().len();
    world.ok("PutComplianceItems", told("Patch", json!([item("a", "LOW", "COMPLIANT")]), json!({}))).await;
    let partial = json!({"UploadType": "PARTIAL"});
    world.ok("PutComplianceItems", told("Patch", json!([item("b", "LOW", "COMPLIANT")]), partial)).await;
    assert_eq!(count().await, 2);
    let hash = json!({"ItemContentHash": "h"});
    world.ok("PutComplianceItems", told("Patch", json!([item("c", "LOW", "COMPLIANT")]), hash.clone())).await;
    assert_eq!(count().await, 1);
    world.ok("PutComplianceItems", told("Patch", json!([]), hash)).await;
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn what_cannot_comply_is_refused() {
    let world = known().await;
    let twice = json!([item("a", "LOW", "COMPLIANT"), item("a", "LOW", "COMPLIANT")]);
    for (input, error) in [
        (told("Patch", json!([]), json!({"ResourceType": "Bucket"})), "InvalidResourceType"),
        (told("Patch", json!([]), json!({"ResourceId": "mi-0123456789abcdef9"})), "InvalidResourceId"),
        (told("Mine", json!([]), json!({})), "InvalidItemContentException"),
        (told("Patch", twice, json!({})), "InvalidItemContentException"),
        (told("Patch", json!([{"Severity": "LOW", "Status": "COMPLIANT"}]), json!({})), "InvalidItemContentException"),
    ] {
        assert_eq!(world.refused("PutComplianceItems", input.clone()).await, error, "{input}");
    }
    for (input, error) in [
        (json!({"Filters": [{"Key": "Nothing", "Values": ["x"]}]}), "InvalidFilter"),
        (json!({"ResourceTypes": ["Bucket"]}), "InvalidResourceType"),
        (json!({"ResourceIds": ["mi-0123456789abcdef9"]}), "InvalidResourceId"),
    ] {
        assert_eq!(world.refused("ListComplianceItems", input).await, error);
    }
}
