//! logs.md §5.3: policies as clients put them, and what they do to the groups of the account.

use serde_json::{Value, json};

use crate::groups;
use crate::test_world::{World, messages, scope};
use crate::transformers::transforms;

const TRANSFORMER: &str = r#"[{"parseJSON":{}},{"addKeys":{"entries":[{"key":"by","value":"account"}]}}]"#;
const NO_METRICS: &str = r#"{"EmbeddedMetricFormat":{"Status":"Disabled"}}"#;

fn protection(id: &str) -> String {
    let ids = [format!("arn:aws:dataprotection::aws:data-identifier/{id}")];
    json!({
        "Name": "policy", "Version": "2021-06-01",
        "Statement": [
            {"DataIdentifier": ids, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"DataIdentifier": ids, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    })
    .to_string()
}

fn policy(of: &str, name: &str, document: &str, selection: Option<&str>) -> Value {
    let mut input = json!({"policyName": name, "policyType": of, "policyDocument": document});
    if let Some(selection) = selection {
        input["selectionCriteria"] = json!(selection);
    }
    input
}

async fn read(world: &World, group: &str) -> Vec<String> {
    let input = json!({"logGroupName": group, "logStreamName": "s", "startFromHead": true});
    messages(&world.ok("GetLogEvents", input).await).into_iter().map(str::to_owned).collect()
}

fn transformed(world: &World, group: &str, message: &str) -> Option<String> {
    let group = groups::get(&world.logs.parts.catalog, &scope(), group).unwrap();
    transforms(&world.logs, &group).message(world.clock(), "s", message).map(Result::unwrap)
}

#[tokio::test]
async fn a_policy_is_described_until_it_is_deleted() {
    let world = World::new().await;
    let put = policy("TRANSFORMER_POLICY", "p", TRANSFORMER, Some(r#"LogGroupNamePrefix = "app""#));
    let made = world.ok("PutAccountPolicy", put.clone()).await["accountPolicy"].clone();
    let expected = json!({
        "policyName": "p", "policyType": "TRANSFORMER_POLICY", "policyDocument": TRANSFORMER, "scope": "ALL",
        "selectionCriteria": r#"LogGroupNamePrefix = "app""#, "lastUpdatedTime": world.now(), "accountId": "111122223333",
    });
    assert_eq!(made, expected);
    let world = world.restarted().await;
    let of_type = json!({"policyType": "TRANSFORMER_POLICY"});
    assert_eq!(world.ok("DescribeAccountPolicies", of_type.clone()).await, json!({"accountPolicies": [expected]}));
    let others = json!({"policyType": "DATA_PROTECTION_POLICY"});
    assert_eq!(world.ok("DescribeAccountPolicies", others).await, json!({"accountPolicies": []}));
    let unknown = json!({"policyType": "TRANSFORMER_POLICY", "policyName": "q"});
    assert_eq!(world.refused("DescribeAccountPolicies", unknown).await.0, "ResourceNotFoundException");
    world.advance(1000);
    let changed = world.ok("PutAccountPolicy", put).await["accountPolicy"]["lastUpdatedTime"].clone();
    assert_eq!(changed, world.now());
    let delete = json!({"policyType": "TRANSFORMER_POLICY", "policyName": "p"});
    assert_eq!(world.ok("DeleteAccountPolicy", delete.clone()).await, Value::Null);
    assert_eq!(world.ok("DescribeAccountPolicies", of_type).await, json!({"accountPolicies": []}));
    assert_eq!(world.refused("DeleteAccountPolicy", delete).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn policies_that_break_a_rule_are_refused() {
    let world = World::new().await;
    let index = r#"{"Fields":["a"]}"#;
    let long = format!(r#"LogGroupName NOT IN ["{}"]"#, "x".repeat(25 * 1024));
    let many = format!("LogGroupName IN [{}]", vec![r#""x""#; 51].join(","));
    let rows = [
        policy("TRANSFORMER_POLICY", "aws/p", TRANSFORMER, None),
        policy("TRANSFORMER_POLICY", "", TRANSFORMER, None),
        policy("TRANSFORMER_POLICY", "p", "{}", None),
        policy("TRANSFORMER_POLICY", "p", r#"[{"trimString":{"withKeys":["a"]}}]"#, None),
        policy("TRANSFORMER_POLICY", "p", TRANSFORMER, Some(r#"LogGroupName NOT IN ["a"]"#)),
        policy("TRANSFORMER_POLICY", "p", TRANSFORMER, Some("a")),
        policy("DATA_PROTECTION_POLICY", "p", "{}", None),
        policy("DATA_PROTECTION_POLICY", "p", &protection("IpAddress"), Some(r#"LogGroupNamePrefix="a""#)),
        policy("METRIC_EXTRACTION_POLICY", "p", "{}", None),
        policy("METRIC_EXTRACTION_POLICY", "p", r#"{"EmbeddedMetricFormat":{"Status":"Enabled"}}"#, None),
        policy("METRIC_EXTRACTION_POLICY", "p", r#"[["Disabled"]]"#, None),
        policy("METRIC_EXTRACTION_POLICY", "p", r#"{"EmbeddedMetricFormat":["Disabled"]}"#, None),
        policy("SUBSCRIPTION_FILTER_POLICY", "p", r#"["http://127.0.0.1:9/",null,"",null]"#, None),
        policy("METRIC_EXTRACTION_POLICY", "p", NO_METRICS, Some(&many)),
        policy("METRIC_EXTRACTION_POLICY", "p", NO_METRICS, Some(r#"DataSourceName="a" AND DataSourceType="b""#)),
        policy("FIELD_INDEX_POLICY", "p", r#"{"Fields":[]}"#, None),
        policy("FIELD_INDEX_POLICY", "p", r#"{"Fields":["a"],"FieldsV2":{"a":{"type":"FACET"}}}"#, None),
        policy("FIELD_INDEX_POLICY", "p", r#"{"FieldsV2":{"a":{"type":"TEXT"}}}"#, None),
        policy("FIELD_INDEX_POLICY", "p", index, Some(r#"LogGroupName IN ["a"]"#)),
        policy("SUBSCRIPTION_FILTER_POLICY", "p", "{}", None),
        policy("SUBSCRIPTION_FILTER_POLICY", "p", r#"{"DestinationArn":"http://127.0.0.1:9/"}"#, Some(&long)),
        policy(
            "SUBSCRIPTION_FILTER_POLICY",
            "p",
            r#"{"DestinationArn":"http://127.0.0.1:9/"}"#,
            Some(r#"LogGroupName IN ["a"]"#),
        ),
        policy("SUBSCRIPTION_FILTER_POLICY", "p", r#"{"DestinationArn":"http://127.0.0.1:9/"}"#, None),
        policy(
            "SUBSCRIPTION_FILTER_POLICY",
            "p",
            r#"{"DestinationArn":"arn:aws:kinesis:eu-west-1:111122223333:stream/s"}"#,
            None,
        ),
    ];
    for row in rows {
        assert_eq!(world.refused("PutAccountPolicy", row.clone()).await.0, "InvalidParameterException", "{row}");
    }
    let lambda = r#"{"DestinationArn":"arn:aws:lambda:eu-west-1:999999999999:function:f"}"#;
    let refused = world.refused("PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "p", lambda, None)).await;
    assert_eq!(refused.0, "AccessDeniedException");
}

/// logs.md AP-2, AP-3.
#[tokio::test]
async fn policies_of_a_type_are_counted_and_may_not_overlap() {
    let world = World::new().await;
    let index = r#"{"FieldsV2":{"a":{"type":"FACET"}}}"#;
    let prefix = |text: &str| Some(format!(r#"LogGroupNamePrefix IN ["{text}"]"#));
    let source = |text: &str| Some(format!(r#"DataSourceName = "{text}" AND DataSourceType = "t""#));
    let others = |text: &str| Some(format!(r#"LogGroupName NOT IN ["{text}"]"#));
    let (limit, overlap) = (Some("LimitExceededException"), Some("InvalidParameterException"));
    let protection = protection("IpAddress");
    let rows = [
        ("DATA_PROTECTION_POLICY", "a", protection.as_str(), None, None),
        ("DATA_PROTECTION_POLICY", "a", protection.as_str(), None, None),
        ("DATA_PROTECTION_POLICY", "b", protection.as_str(), None, limit),
        ("TRANSFORMER_POLICY", "a", TRANSFORMER, prefix("app"), None),
        ("TRANSFORMER_POLICY", "b", TRANSFORMER, prefix("application"), overlap),
        ("TRANSFORMER_POLICY", "b", TRANSFORMER, prefix("web"), None),
        ("TRANSFORMER_POLICY", "c", TRANSFORMER, None, limit),
        ("TRANSFORMER_POLICY", "a", TRANSFORMER, prefix("w"), overlap),
        ("TRANSFORMER_POLICY", "a", TRANSFORMER, prefix("a"), None),
        ("FIELD_INDEX_POLICY", "a", index, None, None),
        ("FIELD_INDEX_POLICY", "b", index, prefix("x"), limit),
        ("FIELD_INDEX_POLICY", "c", index, source("x"), None),
        ("FIELD_INDEX_POLICY", "d", index, source("x"), overlap),
        ("FIELD_INDEX_POLICY", "d", index, source("y"), None),
        ("METRIC_EXTRACTION_POLICY", "a", NO_METRICS, others("x"), None),
        ("METRIC_EXTRACTION_POLICY", "b", NO_METRICS, others("y"), overlap),
        ("METRIC_EXTRACTION_POLICY", "b", NO_METRICS, prefix("x"), overlap),
        ("METRIC_EXTRACTION_POLICY", "b", NO_METRICS, Some(r#"LogGroupName = "x""#.to_owned()), None),
    ];
    for (of, name, document, selection, refusal) in rows {
        let outcome = world.call("PutAccountPolicy", policy(of, name, document, selection.as_deref())).await;
        let code = outcome.err().map(|error| error.name.into_owned());
        assert_eq!(code.as_deref(), refusal, "{of} {name} {selection:?}");
    }
    for n in 2..20 {
        let selection = prefix(&format!("n{n:02}"));
        world
            .ok("PutAccountPolicy", policy("TRANSFORMER_POLICY", &format!("n{n}"), TRANSFORMER, selection.as_deref()))
            .await;
    }
    let more = policy("TRANSFORMER_POLICY", "more", TRANSFORMER, Some(r#"LogGroupNamePrefix="more""#));
    assert_eq!(world.refused("PutAccountPolicy", more).await.0, "LimitExceededException");
}

/// logs.md DP-2.
#[tokio::test]
async fn what_the_accounts_policy_and_the_groups_name_is_masked_from_when_they_are_set() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.make("plain", &["s"]).await;
    let put = async |number: u32| {
        for group in ["g", "plain"] {
            world.put(group, "s", &[(0, &format!("{number} a@b.example 10.0.0.1"))]).await;
        }
        world.advance(1000);
    };
    put(1).await;
    let account = policy("DATA_PROTECTION_POLICY", "p", &protection("EmailAddress"), None);
    world.ok("PutAccountPolicy", account).await;
    put(2).await;
    let own = json!({"logGroupIdentifier": "g", "policyDocument": protection("IpAddress")});
    world.ok("PutDataProtectionPolicy", own).await;
    put(3).await;
    world.ok("DeleteAccountPolicy", json!({"policyType": "DATA_PROTECTION_POLICY", "policyName": "p"})).await;
    put(4).await;
    let g = ["1 a@b.example 10.0.0.1", "2 *********** 10.0.0.1", "3 *********** ********", "4 a@b.example ********"];
    let plain =
        ["1 a@b.example 10.0.0.1", "2 *********** 10.0.0.1", "3 *********** 10.0.0.1", "4 a@b.example 10.0.0.1"];
    assert_eq!(
        (read(&world, "g").await, read(&world, "plain").await),
        (g.map(str::to_owned).into(), plain.map(str::to_owned).into())
    );
    let world = world.restarted().await;
    assert_eq!(
        (read(&world, "g").await, read(&world, "plain").await),
        (g.map(str::to_owned).into(), plain.map(str::to_owned).into())
    );
}

#[tokio::test]
async fn the_accounts_policy_masks_new_groups_of_its_class_and_region() {
    let world = World::new().await;
    world.ok("PutAccountPolicy", policy("DATA_PROTECTION_POLICY", "p", &protection("IpAddress"), None)).await;
    world.make("new", &["s"]).await;
    world.put("new", "s", &[(0, "10.0.0.1")]).await;
    assert_eq!(read(&world, "new").await, ["********"]);
    world.ok("CreateLogGroup", json!({"logGroupName": "rare", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    let groups = world.ok("DescribeLogGroups", json!({})).await["logGroups"].clone();
    assert_eq!(groups[0]["inheritedProperties"], json!(["ACCOUNT_DATA_PROTECTION"]));
    assert_eq!(groups[1].get("inheritedProperties"), None);
    let elsewhere = base::Scope { region: "us-east-1".parse().unwrap(), ..scope() };
    let found = world.call_in(&elsewhere, "DescribeAccountPolicies", json!({"policyType": "DATA_PROTECTION_POLICY"}));
    assert_eq!(found.await.unwrap(), json!({"accountPolicies": []}));
}

/// logs.md TR-1.
#[tokio::test]
async fn an_accounts_transformer_is_for_its_prefix_and_gives_way_to_a_groups_own() {
    let world = World::new().await;
    for group in ["app-1", "web"] {
        world.make(group, &["s"]).await;
    }
    let put = policy("TRANSFORMER_POLICY", "p", TRANSFORMER, Some(r#"LogGroupNamePrefix = "app-""#));
    world.ok("PutAccountPolicy", put).await;
    let by_account = r#"{"a":1,"by":"account"}"#.to_owned();
    assert_eq!(transformed(&world, "app-1", r#"{"a":1}"#), Some(by_account.clone()));
    assert_eq!(transformed(&world, "web", r#"{"a":1}"#), None);
    world.make("app-2", &["s"]).await;
    assert_eq!(transformed(&world, "app-2", r#"{"a":1}"#), Some(by_account.clone()));
    world.put("app-2", "s", &[(0, r#"{"a":1}"#)]).await;
    let told = world.metric("AWS/Logs", "TransformedLogEvents", &[("PolicyLevel", "AccountPolicy")]).await;
    assert_eq!(told, [(1.0, 1.0)]);
    let own = json!({"logGroupIdentifier": "app-1", "transformerConfig": [{"parseJSON": {}}]});
    world.advance(1000);
    world.ok("PutTransformer", own).await;
    assert_eq!(transformed(&world, "app-1", r#"{"a":1}"#), Some(r#"{"a":1}"#.to_owned()));
    world.advance(1000);
    world.ok("DeleteTransformer", json!({"logGroupIdentifier": "app-1"})).await;
    assert_eq!(transformed(&world, "app-1", r#"{"a":1}"#), Some(by_account.clone()));
    let during = world.clock();
    world.advance(1000);
    world.ok("DeleteAccountPolicy", json!({"policyType": "TRANSFORMER_POLICY", "policyName": "p"})).await;
    assert_eq!(transformed(&world, "app-1", r#"{"a":1}"#), None);
    let group = groups::get(&world.logs.parts.catalog, &scope(), "app-1").unwrap();
    let before = transforms(&world.logs, &group).message(during, "s", r#"{"a":1}"#);
    assert_eq!(before, Some(Ok(by_account)));
}

#[tokio::test]
async fn what_held_is_kept_as_long_as_events_that_saw_it() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 1})).await;
    let kept = || world.logs.parts.catalog.versions::<crate::account_policies::AccountPolicyRecord>().len();
    let put_and_delete = async |of: &str, name: &str, document: &str| {
        world.ok("PutAccountPolicy", policy(of, name, document, None)).await;
        world.advance(1000);
        world.ok("DeleteAccountPolicy", json!({"policyType": of, "policyName": name})).await;
    };
    put_and_delete("METRIC_EXTRACTION_POLICY", "a", NO_METRICS).await;
    assert_eq!(kept(), 0);
    put_and_delete("TRANSFORMER_POLICY", "a", TRANSFORMER).await;
    put_and_delete("TRANSFORMER_POLICY", "b", TRANSFORMER).await;
    assert_eq!(kept(), 2);
    world.advance(3 * base::time::DAY_MS);
    put_and_delete("TRANSFORMER_POLICY", "c", TRANSFORMER).await;
    assert_eq!(kept(), 1);
}

/// logs.md EM-5.
#[tokio::test]
async fn embedded_metrics_are_not_extracted_where_a_policy_says_so() {
    let world = World::new().await;
    for group in ["app", "kept"] {
        world.make(group, &["s"]).await;
    }
    let put = policy("METRIC_EXTRACTION_POLICY", "p", NO_METRICS, Some(r#"LogGroupNamePrefix NOT IN ["kept"]"#));
    world.ok("PutAccountPolicy", put).await;
    let event = |metric: &str| {
        let directive = json!({"Namespace": "App", "Dimensions": [[]], "Metrics": [{"Name": metric}]});
        json!({"_aws": {"Timestamp": world.now(), "CloudWatchMetrics": [directive]}, metric: 1}).to_string()
    };
    world.put("app", "s", &[(0, &event("of-app")), (0, "no metrics")]).await;
    world.put("kept", "s", &[(0, &event("of-kept"))]).await;
    assert_eq!(world.metric("App", "of-app", &[]).await, []);
    assert_eq!(world.metric("App", "of-kept", &[]).await, [(1.0, 1.0)]);
    assert_eq!(world.metric("AWS/Logs", "EMFDisabledErrors", &[("LogGroupName", "app")]).await, [(1.0, 1.0)]);
    assert_eq!(world.metric("AWS/Logs", "EMFDisabledErrors", &[("LogGroupName", "kept")]).await, []);
    assert_eq!(read(&world, "app").await.len(), 2);
    world.ok("DeleteAccountPolicy", json!({"policyType": "METRIC_EXTRACTION_POLICY", "policyName": "p"})).await;
    world.put("app", "s", &[(0, &event("of-app"))]).await;
    assert_eq!(world.metric("App", "of-app", &[]).await, [(1.0, 1.0)]);
}
