//! Queries over what is recorded, as callers ask them.

use serde_json::{Value, json};

use crate::observe::{Description, Observation, Source};
use crate::test_world::{World, description, scope};

const VOLUME: &str = "AWS::EC2::Volume";

/// A world with volumes, the first of which are encrypted, and a host with tags that is related to one.
async fn filled(volumes: u64) -> World {
    let world = World::recording().await;
    let volume = |number: u64| {
        observed(
            VOLUME,
            &format!("vol-{number:05}"),
            description(json!({"size": number, "encrypted": number < 2, "state": "in-use"})),
        )
    };
    let mut observations: Vec<_> = (0..volumes).map(volume).collect();
    let mut host = description(json!({"ip": "10.0.0.5", "at": "2026-07-04T09:30:00.000Z"}));
    host.tags = [("env".to_owned(), "prod=1".to_owned())].into();
    host.resource_name = Some("a \"host\"".to_owned());
    host.relationships = vec![crate::item::Relationship {
        resource_type: VOLUME.to_owned(),
        resource_id: Some("vol-00000".to_owned()),
        resource_name: None,
        name: "Is attached to Volume".to_owned(),
    }];
    observations.push(observed("MyOrg::Net::Host", "h1", host));
    world.parts().observe(&scope(), observations, world.now()).await.unwrap();
    world
}

fn observed(resource_type: &str, id: &str, description: Description) -> Observation {
    Observation {
        resource_type: resource_type.to_owned(),
        resource_id: id.to_owned(),
        description: Some(description),
        source: Source::Upstream,
    }
}

async fn results(world: &World, expression: &str) -> Value {
    let answer = world.ok("SelectResourceConfig", json!({"Expression": expression})).await;
    let results = answer["Results"].as_array().unwrap().iter();
    results.map(|text| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn queries_find_what_is_recorded() {
    let world = filled(3).await;
    let host = json!([{"resourceId": "h1"}]);
    for (expression, expected) in [
        ("SELECT resourceId WHERE resourceType = 'MyOrg::Net::Host'", host.clone()),
        ("SELECT resourceId WHERE relationships.resourceId = 'vol-00000'", host.clone()),
        ("SELECT resourceId WHERE tags.tag = 'env=prod=1'", host.clone()),
        ("SELECT resourceId WHERE tags.key = 'env' AND tags.value LIKE 'prod%'", host.clone()),
        ("SELECT resourceId WHERE resourceName = 'a \"host\"'", host.clone()),
        ("SELECT resourceId WHERE configuration.ip BETWEEN '10.0.0.0' AND '10.0.0.255'", host.clone()),
        ("SELECT resourceId WHERE configuration.at > '2026-07-04'", host),
        (
            "SELECT configuration, tags, relationships WHERE resourceId = 'h1'",
            json!([{
                "configuration": {"ip": "10.0.0.5", "at": "2026-07-04T09:30:00.000Z"},
                "tags": [{"tag": "env=prod=1", "key": "env", "value": "prod=1"}],
                "relationships": [
                    {"resourceType": VOLUME, "resourceId": "vol-00000", "relationshipName": "Is attached to Volume"},
                ],
            }]),
        ),
        (
            "SELECT * WHERE resourceId = 'vol-00001'",
            json!([{
                "accountId": "210987654321", "awsRegion": "eu-west-1",
                "configurationItemCaptureTime": "2026-07-04T09:30:00.000Z", "resourceId": "vol-00001",
                "resourceType": VOLUME, "version": "1.3",
            }]),
        ),
        (
            "SELECT resourceId, configuration.state.value, configuration.size WHERE resourceType = 'AWS::EC2::Volume' \
             AND configuration.encrypted = false",
            json!([{"resourceId": "vol-00002", "configuration": {"state": {"value": "in-use"}, "size": 2.0}}]),
        ),
        (
            "SELECT configurationItemStatus, configurationStateId WHERE resourceId = 'h1' AND accountId = '210987654321' \
             AND version = '1.3'",
            json!([{"configurationItemStatus": "ResourceDiscovered", "configurationStateId": "1783157400000"}]),
        ),
        (
            "SELECT resourceId, supplementaryConfiguration, tags, relationships WHERE resourceId = 'vol-00001'",
            json!([{"resourceId": "vol-00001", "supplementaryConfiguration": {}, "tags": [], "relationships": []}]),
        ),
        ("SELECT tags.key, relationships.resourceId WHERE resourceId = 'vol-00001'", json!([{}])),
        ("SELECT resourceId WHERE recordingFrequency = 'DAILY'", json!([])),
    ] {
        assert_eq!(results(&world, expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn what_is_gone_or_not_recorded_is_in_no_result() {
    let world = filled(2).await;
    let gone = Observation { description: None, ..observed(VOLUME, "vol-00000", Description::default()) };
    world.parts().observe(&scope(), vec![gone], world.now()).await.unwrap();
    let count = "SELECT COUNT(*) WHERE resourceType = 'AWS::EC2::Volume'";
    assert_eq!(results(&world, count).await, json!([{"COUNT(*)": 1}]));
    world.ok("DeleteConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    assert_eq!(results(&world, "SELECT resourceId").await, json!([]));
}

#[tokio::test]
async fn pages_lead_through_all_resources() {
    let world = filled(2500).await;
    for (expression, limit, expected) in [
        ("SELECT resourceId WHERE resourceType = 'AWS::EC2::Volume'", 100, 2500),
        ("SELECT resourceId WHERE configuration.size > 2399 ORDER BY configuration.size DESC", 7, 100),
        ("SELECT resourceId WHERE resourceType = 'AWS::EC2::Volume' AND configuration.size < 60", 0, 60),
        ("SELECT resourceId, COUNT(*) WHERE configuration.size >= 0 GROUP BY resourceId", 0, 2500),
    ] {
        let (mut ids, mut input) = (Vec::new(), json!({"Expression": expression, "Limit": limit}));
        loop {
            let page = world.ok("SelectResourceConfig", input.clone()).await;
            let results = page["Results"].as_array().unwrap();
            assert!(
                results.len() <= [limit, if expression.contains("COUNT") { 500 } else { 25 }][usize::from(limit == 0)]
            );
            ids.extend(results.iter().map(|text| text.as_str().unwrap().to_owned()));
            let Some(token) = page.get("NextToken") else { break };
            input["NextToken"] = token.clone();
        }
        assert_eq!(ids.len(), expected, "{expression}");
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), expected, "{expression}");
    }
}

#[tokio::test]
async fn fields_are_told_and_mistakes_refused() {
    let world = filled(0).await;
    let input = json!({"Expression": "SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY COUNT(*) DESC"});
    let answer = world.ok("SelectResourceConfig", input).await;
    assert_eq!(answer["QueryInfo"], json!({"SelectFields": [{"Name": "resourceType"}, {"Name": "COUNT(*)"}]}));
    let invalid = |message: &str| ("InvalidExpressionException".to_owned(), message.to_owned());
    for (expression, expected) in [
        ("SELECT * FROM x", invalid("syntax error at line 1, column 10")),
        ("SELECT DISTINCT resourceId", invalid("syntax error at line 1, column 8")),
        ("SELECT resourceId WHERE resourceId = NULL", invalid("syntax error at line 1, column 38")),
        ("SELECT size", invalid("unknown property 'size'")),
    ] {
        assert_eq!(world.refused("SelectResourceConfig", json!({"Expression": expression})).await, expected);
    }
    let (code, message) =
        world.refused("SelectResourceConfig", json!({"Expression": "SELECT arn", "Limit": 101})).await;
    assert_eq!(code, "InvalidLimitException");
    assert!(message.contains("Member must have value less than or equal to 100"), "{message}");
    let other = json!({"Expression": "SELECT arn", "NextToken": "x"});
    assert_eq!(world.refused("SelectResourceConfig", other).await.0, "InvalidNextTokenException");
}

#[tokio::test]
async fn an_aggregator_s_resources_are_queried_together() {
    let world = filled(2).await;
    let there = base::Scope { region: "us-east-1".parse().unwrap(), ..scope() };
    let recorder = json!({"ConfigurationRecorder": {"name": "default", "roleARN": crate::test_world::ROLE}});
    world.call_in(&there, "PutConfigurationRecorder", recorder).await.unwrap();
    let channel = json!({"DeliveryChannel": {"name": "default", "s3BucketName": crate::test_world::BUCKET}});
    world.call_in(&there, "PutDeliveryChannel", channel).await.unwrap();
    let start = json!({"ConfigurationRecorderName": "default"});
    world.call_in(&there, "StartConfigurationRecorder", start).await.unwrap();
    let mut volume = description(json!({"size": 9}));
    volume.aws_region = "us-east-1".to_owned();
    world.parts().observe(&there, vec![observed(VOLUME, "vol-9", volume)], world.now()).await.unwrap();
    let sources = json!([{"AccountIds": ["210987654321"], "AllAwsRegions": true}]);
    let aggregator = json!({"ConfigurationAggregatorName": "all", "AccountAggregationSources": sources});
    world.ok("PutConfigurationAggregator", aggregator).await;
    let mut input = json!({
        "ConfigurationAggregatorName": "all", "MaxResults": 1,
        "Expression": "SELECT resourceId, awsRegion WHERE resourceType = 'AWS::EC2::Volume'",
    });
    let mut found = Vec::new();
    loop {
        let page = world.ok("SelectAggregateResourceConfig", input.clone()).await;
        found.extend(page["Results"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken") else { break };
        input["NextToken"] = token.clone();
    }
    assert_eq!(
        found,
        [
            r#"{"awsRegion":"eu-west-1","resourceId":"vol-00000"}"#,
            r#"{"awsRegion":"eu-west-1","resourceId":"vol-00001"}"#,
            r#"{"awsRegion":"us-east-1","resourceId":"vol-9"}"#,
        ]
    );
    for (change, expected) in [
        (json!({"ConfigurationAggregatorName": "x"}), "NoSuchConfigurationAggregatorException"),
        (json!({"MaxResults": 101}), "InvalidLimitException"),
        (json!({"Limit": 2}), "ValidationException"),
        (json!({"Expression": "SELECT"}), "InvalidExpressionException"),
    ] {
        let mut input = input.clone();
        input.as_object_mut().unwrap().remove("NextToken");
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(world.refused("SelectAggregateResourceConfig", input).await.0, expected, "{change}");
    }
}
