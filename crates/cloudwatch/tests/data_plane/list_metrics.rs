//! `ListMetrics` (cloudwatch.md §2).

use serde_json::{Value, json};

use crate::world::{NOW, World};

fn names(answer: &Value) -> Vec<&str> {
    answer["Metrics"].as_array().unwrap().iter().map(|metric| metric["MetricName"].as_str().unwrap()).collect()
}

async fn put(world: &World, namespace: &str, name: &str, dimensions: Value, time: i64) {
    let datum = json!({"MetricName": name, "Dimensions": dimensions, "Value": 1, "Timestamp": time});
    world.call("PutMetricData", json!({"Namespace": namespace, "MetricData": [datum]})).await;
}

#[tokio::test]
async fn filters_narrow_by_name_and_dimensions() {
    let world = World::new().await;
    let host = |value: &str| json!({"Name": "Host", "Value": value});
    put(&world, "Shop", "cpu", json!([host("web"), {"Name": "Zone", "Value": "a"}]), NOW).await;
    put(&world, "Shop", "disk", json!([host("db")]), NOW).await;
    put(&world, "Shop", "plain", json!([]), NOW).await;
    put(&world, "Store", "cpu", json!([host("web")]), NOW).await;
    for (filter, expected) in [
        (json!({}), vec!["cpu", "disk", "plain", "cpu"]),
        (json!({"Namespace": "Shop"}), vec!["cpu", "disk", "plain"]),
        (json!({"Namespace": "sho"}), vec![]),
        (json!({"MetricName": "cpu"}), vec!["cpu", "cpu"]),
        (json!({"Dimensions": [{"Name": "Host"}]}), vec!["cpu", "disk", "cpu"]),
        (json!({"Dimensions": [host("web")]}), vec!["cpu", "cpu"]),
        (json!({"Dimensions": [host("web"), {"Name": "Zone"}]}), vec!["cpu"]),
        (json!({"Dimensions": [host("WEB")]}), vec![]),
    ] {
        assert_eq!(names(&world.call("ListMetrics", filter.clone()).await), expected, "{filter}");
    }
    let one = world.call("ListMetrics", json!({"Namespace": "Store"})).await;
    assert_eq!(one["Metrics"][0], json!({"Namespace": "Store", "MetricName": "cpu", "Dimensions": [host("web")]}));
    assert_eq!(one.get("OwningAccounts"), None);
}

#[tokio::test]
async fn metrics_are_listed_for_two_weeks_and_recent_ones_for_three_hours() {
    let world = World::new().await;
    put(&world, "Shop", "old", json!([]), NOW - 13 * 86_400).await;
    put(&world, "Shop", "older-today", json!([]), NOW - 4 * 3600).await;
    put(&world, "Shop", "recent", json!([]), NOW - 3600).await;
    assert_eq!(names(&world.call("ListMetrics", json!({})).await), ["old", "older-today", "recent"]);
    assert_eq!(names(&world.call("ListMetrics", json!({"RecentlyActive": "PT3H"})).await), ["recent"]);
    world.pass(2 * 86_400);
    assert_eq!(names(&world.call("ListMetrics", json!({})).await), ["older-today", "recent"]);
}

#[tokio::test]
async fn pages_of_500_with_tokens_bound_to_what_was_asked() {
    let world = World::new().await;
    let data: Vec<Value> = (0..1001).map(|at| json!({"MetricName": format!("m{at:04}"), "Value": 1})).collect();
    for data in data.chunks(1000) {
        world.call("PutMetricData", json!({"Namespace": "Shop", "MetricData": data})).await;
    }
    let (mut all, mut sizes, mut token) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let page = world.call("ListMetrics", json!({"Namespace": "Shop", "NextToken": token})).await;
        all.extend(names(&page).into_iter().map(str::to_owned));
        sizes.push(names(&page).len());
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
        let other = world.try_call("ListMetrics", json!({"NextToken": token})).await.unwrap_err();
        assert_eq!(other, ("InvalidParameterValue".to_owned(), "Request parameter NextToken is invalid".to_owned()));
    }
    assert_eq!(sizes, [500, 500, 1]);
    let expected: Vec<String> = (0..1001).map(|at| format!("m{at:04}")).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn owning_accounts_stand_beside_the_metrics() {
    let world = World::new().await;
    put(&world, "Shop", "cpu", json!([]), NOW).await;
    let linked = |account: Option<&str>| json!({"IncludeLinkedAccounts": true, "OwningAccount": account});
    let own = world.call("ListMetrics", linked(None)).await;
    assert_eq!(own["OwningAccounts"], json!(["000000000000"]));
    assert_eq!(names(&world.call("ListMetrics", linked(Some("000000000000"))).await), ["cpu"]);
    let other = world.call("ListMetrics", linked(Some("111111111111"))).await;
    assert_eq!((&other["Metrics"], &other["OwningAccounts"]), (&json!([]), &json!([])));
    let stranger = world.call_as("111111111111", "ListMetrics", json!({})).await.unwrap();
    assert_eq!(stranger["Metrics"], json!([]));
}
