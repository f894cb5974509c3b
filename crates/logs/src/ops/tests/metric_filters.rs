//! logs.md §4, §3.5, §8.1: filters as clients make them, and the metrics that puts of events bring.

use serde_json::{Value, json};

use crate::test_world::{NOW, World};

fn filter(name: &str, pattern: &str) -> Value {
    let transformation = json!({"metricName": "m", "metricNamespace": "App", "metricValue": "1"});
    json!({
        "logGroupName": "g",
        "filterName": name,
        "filterPattern": pattern,
        "metricTransformations": [transformation],
    })
}

/// A filter whose transformation has these members too.
fn filter_with(pattern: &str, members: Value) -> Value {
    let mut filter = filter("f", pattern);
    let transformation = filter["metricTransformations"][0].as_object_mut().unwrap();
    transformation.extend(members.as_object().unwrap().clone());
    filter
}

async fn read(world: &World, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Vec<(f64, f64)> {
    world.metric(namespace, name, dimensions).await
}

async fn described(world: &World, asked: Value) -> Vec<(String, String)> {
    let answer = world.ok("DescribeMetricFilters", asked).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let filters = answer["metricFilters"].as_array().unwrap().iter();
    filters.map(|filter| (text(&filter["filterName"]), text(&filter["logGroupName"]))).collect()
}

async fn filter_count(world: &World) -> Value {
    world.ok("DescribeLogGroups", json!({})).await["logGroups"][0]["metricFilterCount"].clone()
}

#[tokio::test]
async fn a_filter_is_described_as_it_was_put() {
    let world = World::new().await;
    world.make("g", &[]).await;
    world.ok("PutMetricFilter", filter_with("\" \"", json!({"defaultValue": 0, "unit": "Count"}))).await;
    let answer = world.ok("DescribeMetricFilters", json!({"logGroupName": "g"})).await;
    let transformation = json!({
        "metricName": "m", "metricNamespace": "App", "metricValue": "1", "defaultValue": 0.0, "unit": "Count"
    });
    let expected = json!([{
        "filterName": "f",
        "filterPattern": "\" \"",
        "metricTransformations": [transformation],
        "creationTime": NOW.millis(),
        "logGroupName": "g",
        "applyOnTransformedLogs": false,
    }]);
    assert_eq!(answer, json!({"metricFilters": expected}));
}

#[tokio::test]
async fn a_filter_of_the_same_name_is_replaced_and_keeps_its_time() {
    let world = World::new().await;
    world.make("g", &[]).await;
    world.ok("PutMetricFilter", filter("f", "a")).await;
    world.advance(1000);
    world.ok("PutMetricFilter", filter("f", "b")).await;
    let answer = world.ok("DescribeMetricFilters", json!({})).await;
    assert_eq!(answer["metricFilters"].as_array().unwrap().len(), 1);
    assert_eq!(answer["metricFilters"][0]["filterPattern"], "b");
    assert_eq!(answer["metricFilters"][0]["creationTime"], NOW.millis());
    assert_eq!(filter_count(&world).await, 1);
}

#[tokio::test]
async fn filters_are_listed_by_name_over_groups() {
    let world = World::new().await;
    world.make("g", &[]).await;
    world.make("h", &[]).await;
    for (group, name, metric) in [("g", "b", "m"), ("h", "a", "m"), ("g", "a", "n"), ("h", "C", "m")] {
        let mut filter = filter(name, "a");
        filter["logGroupName"] = json!(group);
        filter["metricTransformations"][0]["metricName"] = json!(metric);
        world.ok("PutMetricFilter", filter).await;
    }
    let pairs =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(n, g)| ((*n).to_owned(), (*g).to_owned())).collect::<Vec<_>>();
    assert_eq!(described(&world, json!({})).await, pairs(&[("C", "h"), ("a", "g"), ("a", "h"), ("b", "g")]));
    assert_eq!(described(&world, json!({"filterNamePrefix": "a"})).await, pairs(&[("a", "g"), ("a", "h")]));
    assert_eq!(described(&world, json!({"logGroupName": "h"})).await, pairs(&[("C", "h"), ("a", "h")]));
    let metric = json!({"metricName": "n", "metricNamespace": "App"});
    assert_eq!(described(&world, metric).await, pairs(&[("a", "g")]));
    let first = world.ok("DescribeMetricFilters", json!({"limit": 3})).await;
    let rest = described(&world, json!({"nextToken": first["nextToken"]})).await;
    assert_eq!(rest, pairs(&[("b", "g")]));
    for one in ["metricName", "metricNamespace"] {
        assert_eq!(world.refused("DescribeMetricFilters", json!({one: "n"})).await.0, "InvalidParameterException");
    }
    let unknown = world.refused("DescribeMetricFilters", json!({"logGroupName": "none"})).await;
    assert_eq!(unknown.1, "The specified log group does not exist.");
}

#[tokio::test]
async fn a_deleted_filter_is_gone_and_works_no_more() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("PutMetricFilter", filter("f", "ERROR")).await;
    world.put("g", "s", &[(0, "ERROR")]).await;
    let name = json!({"logGroupName": "g", "filterName": "f"});
    world.ok("DeleteMetricFilter", name.clone()).await;
    world.put("g", "s", &[(0, "ERROR")]).await;
    assert_eq!(read(&world, "App", "m", &[]).await, [(1.0, 1.0)]);
    assert_eq!(filter_count(&world).await, 0);
    let gone = world.refused("DeleteMetricFilter", name).await;
    assert_eq!(gone.0, "ResourceNotFoundException");
    assert_eq!(gone.1, "The specified metric filter does not exist.");
}

#[tokio::test]
async fn filters_go_with_their_group() {
    let world = World::new().await;
    world.make("g", &[]).await;
    world.ok("PutMetricFilter", filter("f", "ERROR")).await;
    world.ok("DeleteLogGroup", json!({"logGroupName": "g"})).await;
    world.make("g", &[]).await;
    assert_eq!(described(&world, json!({})).await, []);
    assert_eq!(filter_count(&world).await, 0);
}

#[tokio::test]
async fn a_group_has_at_most_a_hundred_filters_which_can_all_be_replaced() {
    let world = World::new().await;
    world.make("g", &[]).await;
    for n in 0..100 {
        world.ok("PutMetricFilter", filter(&format!("f{n}"), "a")).await;
    }
    let more = world.refused("PutMetricFilter", filter("more", "a")).await;
    assert_eq!(more, ("LimitExceededException".to_owned(), "Resource limit exceeded.".to_owned()));
    world.ok("PutMetricFilter", filter("f7", "b")).await;
}

#[tokio::test]
async fn a_group_has_at_most_five_filters_with_regular_expressions() {
    let world = World::new().await;
    world.make("g", &[]).await;
    for n in 0..5 {
        world.ok("PutMetricFilter", filter(&format!("f{n}"), "%a%")).await;
    }
    assert_eq!(world.refused("PutMetricFilter", filter("more", "%a%")).await.0, "LimitExceededException");
    world.ok("PutMetricFilter", filter("f0", "%b%")).await;
    world.ok("PutMetricFilter", filter("more", "\"100%\" \"%\"")).await;
}

#[tokio::test]
async fn what_cannot_work_is_refused() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let transformed = |mut filter: Value, member: &str, value: Value| {
        filter[member] = value;
        filter
    };
    let rows = [
        (filter("f", "a-b"), "InvalidParameterException", "Invalid character(s) in term 'a-b'"),
        (filter("f", "{ $.a }"), "InvalidParameterException", "Invalid filter pattern"),
        (
            filter_with("ERROR", json!({"dimensions": {"A": "$a"}})),
            "InvalidParameterException",
            "The specified filter pattern does not support dimensions",
        ),
        (
            filter_with("[a, b]", json!({"dimensions": {"A": "$a"}, "defaultValue": 0})),
            "InvalidParameterException",
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties",
        ),
        (
            filter_with("[a, b, c, d]", json!({"dimensions": {"A": "$a", "B": "$b", "C": "$c", "D": "$d"}})),
            "InvalidParameterException",
            "Invalid metric transformation: more than 3 dimensions",
        ),
        (
            transformed(filter("f", "a"), "applyOnTransformedLogs", json!(true)),
            "InvalidOperationException",
            "applyOnTransformedLogs can be true only for a log group with a transformer.",
        ),
        (
            transformed(filter("f", "a"), "logGroupName", json!("none")),
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
    ];
    for (input, code, text) in rows {
        assert_eq!(world.refused("PutMetricFilter", input).await, (code.to_owned(), text.to_owned()));
    }
    assert_eq!(described(&world, json!({})).await, []);
}

#[tokio::test]
async fn the_models_constraints_hold_but_for_the_namespaces_pattern() {
    let world = World::new().await;
    world.make("g", &[]).await;
    world.ok("PutMetricFilter", filter_with("a", json!({"metricNamespace": "a:b"}))).await;
    let (code, text) = world.refused("PutMetricFilter", filter_with("a", json!({"metricName": "a:b"}))).await;
    assert_eq!(code, "InvalidParameterException");
    assert!(text.contains("Member must satisfy regular expression pattern: [^:*$]*"), "{text}");
    let mut two = filter("f", "a");
    let one = two["metricTransformations"][0].clone();
    two["metricTransformations"] = json!([one, one]);
    let text = world.refused("PutMetricFilter", two).await.1;
    let expected = "1 validation error detected: Value '[MetricTransformation(metricName=m, metricNamespace=App, \
                    metricValue=1, defaultValue=null, unit=null, dimensions=null), ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("' at 'metricTransformations' failed to satisfy constraint: "), "{text}");
}

#[tokio::test]
async fn only_groups_of_the_standard_class_have_filters_and_embedded_metrics() {
    let world = World::new().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "g", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    world.ok("CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    assert_eq!(world.refused("PutMetricFilter", filter("f", "a")).await.0, "InvalidOperationException");
    world.put("g", "s", &[(0, EMBEDDED)]).await;
    assert_eq!(read(&world, "App", "n", &[]).await, []);
    assert_eq!(read(&world, "AWS/Logs", "IncomingLogEvents", &[]).await, [(1.0, 1.0)]);
}

const EMBEDDED: &str = r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"App","Metrics":[{"Name":"n"}]}]},"n":[1,2]}"#;

#[tokio::test]
async fn a_put_is_answered_when_its_metrics_can_be_read() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("PutMetricFilter", filter("f", "ERROR")).await;
    world.put("g", "s", &[(-60_000, "ERROR 1"), (0, "ERROR 2"), (1, EMBEDDED), (2, "ERROR 3")]).await;
    assert_eq!(read(&world, "App", "m", &[]).await, [(1.0, 1.0), (2.0, 2.0)]);
    assert_eq!(read(&world, "App", "n", &[]).await, [(2.0, 3.0)]);
    for dimensions in [&[("LogGroupName", "g")][..], &[]] {
        assert_eq!(read(&world, "AWS/Logs", "IncomingLogEvents", dimensions).await, [(1.0, 4.0)]);
        let bytes = 3.0 * 7.0 + EMBEDDED.len() as f64 + 4.0 * 26.0;
        assert_eq!(read(&world, "AWS/Logs", "IncomingBytes", dimensions).await, [(1.0, bytes)]);
    }
    assert_eq!(read(&world, "AWS/Logs", "EMFParsingErrors", &[("LogGroupName", "g")]).await, []);
}

#[tokio::test]
async fn a_changed_filter_works_from_the_next_put_on() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(0, "a b")]).await;
    world.ok("PutMetricFilter", filter("f", "a")).await;
    world.put("g", "s", &[(0, "a")]).await;
    world.ok("PutMetricFilter", filter("f", "b")).await;
    world.put("g", "s", &[(0, "a")]).await;
    world.ok("PutMetricFilter", filter("other", "a")).await;
    world.put("g", "s", &[(0, "a"), (0, "b")]).await;
    assert_eq!(read(&world, "App", "m", &[]).await, [(3.0, 3.0)]);
}

#[tokio::test]
async fn filters_work_on_after_a_restart() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("PutMetricFilter", filter("f", "ERROR")).await;
    world.put("g", "s", &[(0, "ERROR")]).await;
    let world = world.restarted().await;
    world.put("g", "s", &[(0, "ERROR")]).await;
    assert_eq!(read(&world, "App", "m", &[]).await, [(2.0, 2.0)]);
}

#[tokio::test]
async fn a_quiet_minute_with_events_gets_the_default_once() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("PutMetricFilter", filter_with("ERROR", json!({"defaultValue": 0}))).await;
    world.put("g", "s", &[(-60_000, "ok"), (0, "ERROR")]).await;
    world.put("g", "s", &[(-60_000, "ok"), (0, "ok")]).await;
    assert_eq!(read(&world, "App", "m", &[]).await, [(1.0, 0.0), (1.0, 1.0)]);
}

#[tokio::test]
async fn the_test_of_a_filter_tells_what_matches() {
    let world = World::new().await;
    let messages = json!(["b 1", "a 2", "a 3"]);
    let answer = world.ok("TestMetricFilter", json!({"filterPattern": "[w=a, n]", "logEventMessages": messages})).await;
    let matched = |number: i64, message: &str, n: &str| json!({"eventNumber": number, "eventMessage": message, "extractedValues": {"$w": "a", "$n": n}});
    assert_eq!(answer, json!({"matches": [matched(1, "a 2", "2"), matched(2, "a 3", "3")]}));
    let refused = world.refused("TestMetricFilter", json!({"filterPattern": "a-b", "logEventMessages": ["x"]})).await;
    assert_eq!(refused, ("InvalidParameterException".to_owned(), "Invalid character(s) in term 'a-b'".to_owned()));
}

#[tokio::test]
async fn a_filter_sees_what_a_transformer_makes_of_events() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let config = json!([{"csv": {"columns": ["level", "n"]}}]);
    world.ok("PutTransformer", json!({"logGroupIdentifier": "g", "transformerConfig": config})).await;
    let mut original = filter("original", "{ $.level = ERROR }");
    original["metricTransformations"][0]["metricName"] = json!("original");
    let mut transformed = filter("transformed", "{ $.level = ERROR }");
    transformed["metricTransformations"][0]["metricValue"] = json!("$.n");
    transformed["applyOnTransformedLogs"] = json!(true);
    world.ok("PutMetricFilter", original).await;
    world.ok("PutMetricFilter", transformed).await;
    let answer = world.ok("DescribeMetricFilters", json!({"filterNamePrefix": "transformed"})).await;
    assert_eq!(answer["metricFilters"][0]["applyOnTransformedLogs"], true);
    world.put("g", "s", &[(0, "ERROR,5"), (1, "INFO,7"), (2, "ERROR,6")]).await;
    assert_eq!(read(&world, "App", "m", &[]).await, [(2.0, 11.0)]);
    assert_eq!(read(&world, "App", "original", &[]).await, []);
}

#[tokio::test]
async fn transformers_tell_how_many_events_they_made() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let config = json!([{"parseJSON": {}}]);
    world.ok("PutTransformer", json!({"logGroupIdentifier": "g", "transformerConfig": config})).await;
    world.put("g", "s", &[(0, r#"{ "a": 1 }"#), (1, "text"), (2, r#"{"b":22}"#)]).await;
    let group = [("LogGroupName", "g")];
    for (name, sum) in [("TransformedLogEvents", 2.0), ("TransformedBytes", 15.0), ("TransformationErrors", 1.0)] {
        assert_eq!(read(&world, "AWS/Logs", name, &group).await, [(1.0, sum)], "{name}");
    }
}
