//! logs.md §8.3.

use serde_json::{Value, json};

use crate::groups;
use crate::test_world::{World, messages, scope};
use crate::transformers::transforms;

fn config() -> Value {
    json!([
        {"parseJSON": {}},
        {"addKeys": {"entries": [{"key": "env", "value": "prod", "overwriteIfExists": true}]}},
        {"copyValue": {"entries": [{"source": "@logGroupName", "target": "group"}, {"source": "@logGroupStream", "target": "stream"}]}},
        {"listToMap": {"source": "list", "key": "k", "flatten": true, "flattenedElement": "first"}},
    ])
}

#[tokio::test]
async fn a_transformer_is_given_back_until_it_is_deleted() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let get = json!({"logGroupIdentifier": "g"});
    assert_eq!(world.refused("GetTransformer", get.clone()).await.0, "ResourceNotFoundException");
    let created = world.now();
    let put = json!({"logGroupIdentifier": "g", "transformerConfig": config()});
    assert_eq!(world.ok("PutTransformer", put.clone()).await, Value::Null);
    world.advance(5000);
    world.ok("PutTransformer", put).await;
    let expected = json!({
        "logGroupIdentifier": "g", "creationTime": created, "lastModifiedTime": world.now(), "transformerConfig": config(),
    });
    assert_eq!(world.ok("GetTransformer", get.clone()).await, expected);
    let world = world.restarted().await;
    assert_eq!(world.ok("GetTransformer", get.clone()).await, expected);
    assert_eq!(world.ok("DeleteTransformer", get.clone()).await, Value::Null);
    assert_eq!(world.refused("GetTransformer", get.clone()).await.0, "ResourceNotFoundException");
    assert_eq!(world.refused("DeleteTransformer", get).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn messages_can_be_tried() {
    let world = World::new().await;
    let config = json!([{"grok": {"match": "%{IP:ip} %{NUMBER:n}"}}, {"typeConverter": {"entries": [{"key": "n", "type": "integer"}]}}]);
    let answer = world
        .ok("TestTransformer", json!({"transformerConfig": config, "logEventMessages": ["10.0.0.1 5", "x"]}))
        .await;
    assert_eq!(
        answer,
        json!({"transformedLogs": [
            {"eventNumber": 1, "eventMessage": "10.0.0.1 5", "transformedEventMessage": r#"{"ip":"10.0.0.1","n":5}"#},
            {"eventNumber": 2, "eventMessage": "x", "transformedEventMessage": "x"},
        ]})
    );
}

#[tokio::test]
async fn a_configuration_that_breaks_a_rule_is_refused() {
    let world = World::new().await;
    world.make("g", &[]).await;
    world.ok("CreateLogGroup", json!({"logGroupName": "ia", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    let table = [
        ("g", json!([{"trimString": {"withKeys": ["a"]}}]), "InvalidParameterException"),
        ("g", json!([{"parseWAF": {}}]), "InvalidParameterException"),
        ("g", json!([]), "InvalidParameterException"),
        ("ia", config(), "InvalidParameterException"),
        ("none", config(), "ResourceNotFoundException"),
    ];
    for (group, config, code) in table {
        let put = json!({"logGroupIdentifier": group, "transformerConfig": config});
        assert_eq!(world.refused("PutTransformer", put).await.0, code, "{group} {config}");
    }
    let (_, text) = world
        .refused(
            "TestTransformer",
            json!({"transformerConfig": [{"grok": {"match": "%{NOSUCH:a}"}}], "logEventMessages": ["x"]}),
        )
        .await;
    assert_eq!(text, "The pattern \"NOSUCH\" of grok is not supported.");
}

#[tokio::test]
async fn events_are_transformed_by_the_configuration_that_held_when_they_came() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let before = world.clock();
    world.advance(1000);
    world.ok("PutTransformer", json!({"logGroupIdentifier": "g", "transformerConfig": config()})).await;
    let during = world.clock();
    world.advance(1000);
    world.ok("DeleteTransformer", json!({"logGroupIdentifier": "g"})).await;
    let after = world.clock();
    let group = groups::get(&world.logs.parts.catalog, &scope(), "g").unwrap();
    let transforms = transforms(&world.logs, &group);
    let message = r#"{"a":1,"list":[{"k":"x"}]}"#;
    let expected = r#"{"a":1,"list":[{"k":"x"}],"env":"prod","group":"g","stream":"s","x":{"k":"x"}}"#;
    assert_eq!(transforms.message(during, "s", message), Some(Ok(expected.to_owned())));
    assert_eq!(transforms.message(during, "s", "text"), Some(Err("The source of parseJSON is not JSON.".to_owned())));
    assert_eq!(transforms.message(before, "s", message), None);
    assert_eq!(transforms.message(after, "s", message), None);
}

#[tokio::test]
async fn classic_reads_return_the_original() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("PutTransformer", json!({"logGroupIdentifier": "g", "transformerConfig": config()})).await;
    world.put("g", "s", &[(0, r#"{"a":1}"#)]).await;
    let answer = world.ok("GetLogEvents", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    assert_eq!(messages(&answer), [r#"{"a":1}"#]);
}
