//! What callers are told of compliance.

use serde_json::{Value, json};

use crate::observe::{Description, Observation, Source};
use crate::test_world::{World, description, scope};

const BUCKET: &str = "AWS::S3::Bucket";
const INSTANCE: &str = "AWS::EC2::Instance";

/// Thirty buckets and an instance, of which the first two buckets and the instance have the tag `team`, and two rules of which
/// one wants it; the other is about nothing that is there.
async fn world() -> World {
    let world = World::recording().await;
    let observation = |resource_type: &str, id: String, is_tagged: bool| {
        let tags = if is_tagged { [("team".to_owned(), "ops".to_owned())].into() } else { [].into() };
        Observation {
            resource_type: resource_type.to_owned(),
            resource_id: id,
            description: Some(Description { tags, ..description(json!({})) }),
            source: Source::Upstream,
        }
    };
    let mut observations: Vec<_> = (0..30).map(|at| observation(BUCKET, format!("b-{at:02}"), at < 2)).collect();
    observations.push(observation(INSTANCE, "i-1".to_owned(), true));
    world.parts().observe(&scope(), observations, world.now()).await.unwrap();
    let scope = json!({"ComplianceResourceTypes": [BUCKET, INSTANCE]});
    let rule = |name: &str, identifier: &str| json!({"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}});
    let mut tags = rule("tags", "REQUIRED_TAGS");
    tags["InputParameters"] = json!("{\"tag1Key\":\"team\"}");
    tags["Scope"] = scope;
    world.ok("PutConfigRule", json!({"ConfigRule": tags})).await;
    world.ok("PutConfigRule", json!({"ConfigRule": rule("volumes", "ENCRYPTED_VOLUMES")})).await;
    world.run_woken().await;
    world
}

fn texts(list: &Value, path: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| entry.pointer(path).unwrap().as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn compliance_of_rules_counts_violations_up_to_25() {
    let world = world().await;
    let answer = world.ok("DescribeComplianceByConfigRule", json!({})).await;
    let expected = json!([
        {
            "ConfigRuleName": "tags",
            "Compliance": {
                "ComplianceType": "NON_COMPLIANT",
                "ComplianceContributorCount": {"CappedCount": 25, "CapExceeded": true},
            },
        },
        {"ConfigRuleName": "volumes", "Compliance": {"ComplianceType": "INSUFFICIENT_DATA"}},
    ]);
    assert_eq!(answer["ComplianceByConfigRules"], expected);
    let of_type = async |word: &str| {
        let answer = world.ok("DescribeComplianceByConfigRule", json!({"ComplianceTypes": [word]})).await;
        texts(&answer["ComplianceByConfigRules"], "/ConfigRuleName")
    };
    assert_eq!(of_type("INSUFFICIENT_DATA").await, ["volumes"]);
    assert_eq!(of_type("COMPLIANT").await, Vec::<String>::new());
    let (error, _) =
        world.refused("DescribeComplianceByConfigRule", json!({"ComplianceTypes": ["NOT_APPLICABLE"]})).await;
    assert_eq!(error, "InvalidParameterValueException");
    let (error, _) = world.refused("DescribeComplianceByConfigRule", json!({"ConfigRuleNames": ["none"]})).await;
    assert_eq!(error, "NoSuchConfigRuleException");
}

#[tokio::test]
async fn compliance_of_resources_comes_in_pages_of_ten() {
    let world = world().await;
    let (mut ids, mut token, mut pages) = (Vec::new(), Value::Null, Vec::new());
    loop {
        let mut input = json!({"ComplianceTypes": ["NON_COMPLIANT"]});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let answer = world.ok("DescribeComplianceByResource", input).await;
        let page = texts(&answer["ComplianceByResources"], "/ResourceId");
        pages.push(page.len());
        ids.extend(page);
        token = answer["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(pages, [10, 10, 8]);
    assert_eq!(ids, (2..30).map(|at| format!("b-{at:02}")).collect::<Vec<_>>());
    let one = json!({"ResourceType": BUCKET, "ResourceId": "b-05"});
    let answer = world.ok("DescribeComplianceByResource", one).await;
    assert_eq!(
        answer["ComplianceByResources"],
        json!([{
            "ResourceType": BUCKET, "ResourceId": "b-05",
            "Compliance": {
                "ComplianceType": "NON_COMPLIANT",
                "ComplianceContributorCount": {"CappedCount": 1, "CapExceeded": false},
            },
        }])
    );
    let (error, _) = world.refused("DescribeComplianceByResource", json!({"ResourceId": "b-05"})).await;
    assert_eq!(error, "InvalidParameterValueException");
}

#[tokio::test]
async fn details_of_a_rule_come_in_pages_and_by_kind() {
    let world = world().await;
    let input = |more: Value| {
        let mut input = json!({"ConfigRuleName": "tags"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let path = "/EvaluationResultIdentifier/EvaluationResultQualifier/ResourceId";
    let first = world.ok("GetComplianceDetailsByConfigRule", input(json!({}))).await;
    assert_eq!(texts(&first["EvaluationResults"], path).len(), 10);
    let kept = world.ok("GetComplianceDetailsByConfigRule", input(json!({"ComplianceTypes": ["COMPLIANT"]}))).await;
    assert_eq!(texts(&kept["EvaluationResults"], path), ["i-1", "b-00", "b-01"]);
    assert_eq!(kept.get("NextToken"), None);
    let more = json!({"Limit": 100, "NextToken": first["NextToken"]});
    let rest = world.ok("GetComplianceDetailsByConfigRule", input(more)).await;
    assert_eq!(texts(&rest["EvaluationResults"], path).len(), 21);
    let none = input(json!({"ComplianceTypes": ["INSUFFICIENT_DATA"]}));
    let (error, _) = world.refused("GetComplianceDetailsByConfigRule", none).await;
    assert_eq!(error, "InvalidParameterValueException");
    // The model says 64 characters, and rules have 128.
    for (length, expected) in [(128, "NoSuchConfigRuleException"), (129, "ValidationException")] {
        let long = json!({"ConfigRuleName": "n".repeat(length)});
        assert_eq!(world.refused("GetComplianceDetailsByConfigRule", long).await.0, expected);
    }
}

#[tokio::test]
async fn details_of_a_resource_name_the_rules() {
    let world = world().await;
    let input = json!({"ResourceType": BUCKET, "ResourceId": "b-03"});
    let answer = world.ok("GetComplianceDetailsByResource", input).await;
    let results = &answer["EvaluationResults"];
    assert_eq!(texts(results, "/EvaluationResultIdentifier/EvaluationResultQualifier/ConfigRuleName"), ["tags"]);
    assert_eq!(results[0]["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["EvaluationMode"], "DETECTIVE");
    assert!(results[0]["Annotation"].as_str().unwrap().contains("team"), "{results}");
    let input = json!({"ResourceType": BUCKET, "ResourceId": "nobody"});
    assert_eq!(world.ok("GetComplianceDetailsByResource", input).await["EvaluationResults"], json!([]));
}

#[tokio::test]
async fn summaries_count_rules_and_resources() {
    let world = world().await;
    let count = |count: i64, over: bool| json!({"CappedCount": count, "CapExceeded": over});
    let answer = world.ok("GetComplianceSummaryByConfigRule", json!({})).await;
    let summary = &answer["ComplianceSummary"];
    assert_eq!(summary["CompliantResourceCount"], count(0, false));
    assert_eq!(summary["NonCompliantResourceCount"], count(1, false));
    assert_eq!(summary["ComplianceSummaryTimestamp"].as_f64(), Some(world.now().secs_f64()));
    let of_types = json!({"ResourceTypes": [INSTANCE, BUCKET, "AWS::EC2::Volume"]});
    let answer = world.ok("GetComplianceSummaryByResourceType", of_types).await;
    let counts: Vec<_> = answer["ComplianceSummariesByResourceType"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| {
            let summary = &of["ComplianceSummary"];
            let count = |member: &str| summary[member]["CappedCount"].as_i64().unwrap();
            (of["ResourceType"].as_str(), count("CompliantResourceCount"), count("NonCompliantResourceCount"))
        })
        .collect();
    assert_eq!(counts, [(Some(INSTANCE), 1, 0), (Some(BUCKET), 2, 28), (Some("AWS::EC2::Volume"), 0, 0)]);
    let all = world.ok("GetComplianceSummaryByResourceType", json!({})).await;
    let all = &all["ComplianceSummariesByResourceType"][0];
    assert_eq!(all.get("ResourceType"), None);
    assert_eq!(all["ComplianceSummary"]["NonCompliantResourceCount"], count(28, false));
}

#[tokio::test]
async fn there_are_no_evaluations_of_resources_that_are_not_made() {
    let world = World::recording().await;
    let listed = world.ok("ListResourceEvaluations", json!({"Filters": {"EvaluationMode": "PROACTIVE"}})).await;
    assert_eq!(listed, json!({"ResourceEvaluations": []}));
    let window = json!({"StartTime": 2, "EndTime": 1});
    for (operation, input, error) in [
        ("ListResourceEvaluations", json!({"Filters": {"TimeWindow": window}}), "InvalidTimeRangeException"),
        ("ListResourceEvaluations", json!({"NextToken": "x"}), "InvalidNextTokenException"),
        ("GetResourceEvaluationSummary", json!({"ResourceEvaluationId": "x"}), "ResourceNotFoundException"),
    ] {
        assert_eq!(world.refused(operation, input).await.0, error);
    }
}
