use cloudwatch::anomaly_detectors::detector_for;
use serde_json::{Value as Json, json};

use super::world::*;

fn flat() -> Json {
    json!({
        "Namespace": "App", "MetricName": "Latency", "Stat": "p99",
        "Dimensions": [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}],
    })
}

fn math(expression: &str) -> Json {
    let metric = json!({"Namespace": "App", "MetricName": "Errors"});
    json!({"MetricMathAnomalyDetector": {"MetricDataQueries": [
        {"Id": "m1", "ReturnData": false, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
        {"Id": "e1", "Expression": expression, "Label": "errors"},
    ]}})
}

async fn described(world: &World, input: Json) -> Vec<Json> {
    let output = world.call("DescribeAnomalyDetectors", input).await.unwrap();
    output["AnomalyDetectors"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_detector_is_described_in_both_shapes() {
    let world = World::new().await;
    world.call("PutAnomalyDetector", flat()).await.unwrap();
    let dimensions = json!([{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}]);
    let expected = json!({
        "Namespace": "App", "MetricName": "Latency", "Dimensions": dimensions, "Stat": "p99",
        "Configuration": {"ExcludedTimeRanges": []},
        "StateValue": "PENDING_TRAINING",
        "SingleMetricAnomalyDetector": {
            "AccountId": ACCOUNT, "Namespace": "App", "MetricName": "Latency", "Dimensions": dimensions, "Stat": "p99",
        },
    });
    assert_eq!(described(&world, json!({})).await, [expected]);
}

#[tokio::test]
async fn one_metric_and_statistic_have_one_detector_whatever_the_form() {
    let world = World::new().await;
    world.call("PutAnomalyDetector", flat()).await.unwrap();
    let mut again = flat();
    again["Dimensions"].as_array_mut().unwrap().reverse();
    let again = json!({
        "SingleMetricAnomalyDetector": again,
        "Configuration": {"MetricTimezone": "UTC", "ExcludedTimeRanges": [
            {"StartTime": "2026-01-01T00:00:00Z", "EndTime": "2026-01-02T00:00:00Z"},
        ]},
    });
    world.call("PutAnomalyDetector", again).await.unwrap();
    let mut other = flat();
    other["Stat"] = json!("p90");
    world.call("PutAnomalyDetector", other).await.unwrap();
    let found = described(&world, json!({})).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1]["Configuration"]["ExcludedTimeRanges"].as_array().unwrap().len(), 1);
    assert_eq!(found[1]["Configuration"]["MetricTimezone"], "UTC");
    let metric = metric("App", "Latency", &[("a", "1"), ("b", "2")]);
    let record = detector_for(world.store.catalog(), &scope(), &metric, "p99").unwrap();
    let day = 86_400;
    let start = base::Timestamp::parse_iso("2026-01-01T00:00:00Z").unwrap().secs();
    assert!(record.excludes(start, start + 1) && record.excludes(start - 5, start + 1));
    assert!(!record.excludes(start - 5, start) && !record.excludes(start + day, start + day + 1));
    assert!(detector_for(world.store.catalog(), &scope(), &metric, "Sum").is_none());
    world.call("DeleteAnomalyDetector", json!({"SingleMetricAnomalyDetector": flat()})).await.unwrap();
    assert_eq!(described(&world, json!({})).await.len(), 1);
    let error = world.call("DeleteAnomalyDetector", flat()).await.unwrap_err();
    assert_eq!(error.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn math_detectors_are_the_same_whatever_the_order_and_the_labels() {
    let world = World::new().await;
    world.call("PutAnomalyDetector", math("m1 * 2")).await.unwrap();
    let mut same = math("m1 * 2");
    let queries = same["MetricMathAnomalyDetector"]["MetricDataQueries"].as_array_mut().unwrap();
    queries.reverse();
    queries[0]["Label"] = json!("other");
    world.call("PutAnomalyDetector", same).await.unwrap();
    world.call("PutAnomalyDetector", math("m1 * 3")).await.unwrap();
    assert_eq!(described(&world, json!({})).await, Vec::<Json>::new());
    let found = described(&world, json!({"AnomalyDetectorTypes": ["METRIC_MATH"], "MetricName": "Errors"})).await;
    assert_eq!(found.len(), 2);
    let queries = &found[0]["MetricMathAnomalyDetector"]["MetricDataQueries"];
    assert_eq!((&queries[0]["Expression"], &queries[0]["Label"]), (&json!("m1 * 2"), &json!("other")));
    assert_eq!(queries[1]["MetricStat"]["Metric"]["Dimensions"], json!([]));
    assert_eq!(queries[1]["ReturnData"], json!(false));
    let none = json!({"AnomalyDetectorTypes": ["METRIC_MATH"], "MetricName": "Other"});
    assert_eq!(described(&world, none).await, Vec::<Json>::new());
}

#[tokio::test]
async fn detectors_are_found_by_namespace_name_and_dimensions() {
    let world = World::new().await;
    world.call("PutAnomalyDetector", flat()).await.unwrap();
    for (filter, count) in [
        (json!({"Namespace": "App"}), 1),
        (json!({"Namespace": "Ap"}), 0),
        (json!({"MetricName": "Latency", "Dimensions": [{"Name": "b", "Value": "2"}]}), 1),
        (json!({"Dimensions": [{"Name": "b", "Value": "3"}]}), 0),
        (json!({"AnomalyDetectorTypes": ["METRIC_MATH"]}), 0),
        (json!({"AnomalyDetectorTypes": ["METRIC_MATH", "SINGLE_METRIC"]}), 1),
    ] {
        assert_eq!(described(&world, filter.clone()).await.len(), count, "{filter}");
    }
}

#[tokio::test]
async fn pages_follow_one_another() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        let input = json!({"Namespace": "N", "MetricName": name, "Stat": "Sum"});
        world.call("PutAnomalyDetector", input).await.unwrap();
    }
    let first = world.call("DescribeAnomalyDetectors", json!({"MaxResults": 2})).await.unwrap();
    assert_eq!(first["AnomalyDetectors"].as_array().unwrap().len(), 2);
    let token = &first["NextToken"];
    let rest = world.call("DescribeAnomalyDetectors", json!({"MaxResults": 2, "NextToken": token})).await.unwrap();
    assert_eq!(rest["AnomalyDetectors"][0]["MetricName"], "c");
    assert_eq!(rest.get("NextToken"), None);
    let error = world.call("DescribeAnomalyDetectors", json!({"NextToken": "x"})).await.unwrap_err();
    assert_eq!(error.0, "InvalidNextToken");
}

#[tokio::test]
async fn the_state_comes_from_the_metrics_data() {
    let world = World::new().await;
    world
        .call("PutAnomalyDetector", json!({"Namespace": "App", "MetricName": "Load", "Stat": "Average"}))
        .await
        .unwrap();
    world.call("PutAnomalyDetector", math("m1 * 2")).await.unwrap();
    let all = json!({"AnomalyDetectorTypes": ["METRIC_MATH", "SINGLE_METRIC"]});
    for (hours, expected) in [(7, "PENDING_TRAINING"), (20, "TRAINED_INSUFFICIENT_DATA"), (24, "TRAINED")] {
        let data = (1..=hours).flat_map(|hour| {
            let time = NOW.plus_millis(-hour * 3_600_000);
            [datum("App", "Load", &[], time, 1.0), datum("App", "Errors", &[], time, 1.0)]
        });
        world.put(data.collect()).await;
        let states: Vec<Json> =
            described(&world, all.clone()).await.iter().map(|one| one["StateValue"].clone()).collect();
        assert_eq!(states, [expected, expected], "{hours} hours");
    }
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused() {
    let world = World::new().await;
    let combination =
        "Either single metric attributes, SingleMetricAnomalyDetector or MetricMathAnomalyDetector can be set";
    let with = |mut input: Json, more: Json| {
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let range = json!({"StartTime": "2026-01-01T00:00:00Z", "EndTime": "2026-01-02T00:00:00Z"});
    let backwards = json!({"EndTime": "2026-01-01T00:00:00Z", "StartTime": "2026-01-02T00:00:00Z"});
    let excluding = |ranges: Vec<Json>| with(flat(), json!({"Configuration": {"ExcludedTimeRanges": ranges}}));
    for (input, code, text) in [
        (with(flat(), json!({"SingleMetricAnomalyDetector": flat()})), "InvalidParameterCombination", combination),
        (with(flat(), math("m1")), "InvalidParameterCombination", combination),
        (json!({}), "MissingParameter", "is required"),
        (json!({"Namespace": "App", "Stat": "Sum"}), "MissingParameter", "The parameter MetricName is required."),
        (
            json!({"SingleMetricAnomalyDetector": {"Namespace": "App", "MetricName": "m"}}),
            "MissingParameter",
            "The parameter SingleMetricAnomalyDetector.Stat is required.",
        ),
        (
            with(flat(), json!({"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]})),
            "InvalidParameterValue",
            "more than once",
        ),
        (with(flat(), json!({"Stat": "p101"})), "ValidationError", "regular expression"),
        (excluding(vec![range; 11]), "InvalidParameterValue", "must not have a size greater than 10"),
        (excluding(vec![backwards]), "InvalidParameterValue", "must be less than"),
        (math("SEARCH('{App}', 'Sum')"), "InvalidParameterValue", "SEARCH is not supported"),
        (math("SUM(METRICS())"), "InvalidParameterValue", "METRICS is not supported"),
        (math("m1 + m2"), "InvalidParameterValue", "no query with the id 'm2'"),
        (math("m1 +"), "InvalidParameterValue", "Error in expression 'e1': "),
    ] {
        let (found, message) = world.call("PutAnomalyDetector", input.clone()).await.unwrap_err();
        assert_eq!(found, code, "{input}: {message}");
        assert!(message.contains(text), "{input}: {message}");
    }
}

#[tokio::test]
async fn the_queries_of_a_math_detector_go_together() {
    let world = World::new().await;
    let broken = |change: fn(&mut Vec<Json>)| {
        let mut input = math("m1");
        change(input["MetricMathAnomalyDetector"]["MetricDataQueries"].as_array_mut().unwrap());
        input
    };
    for (input, code) in [
        (broken(Vec::clear), "MissingParameter"),
        (broken(|queries| queries.truncate(1)), "InvalidParameterValue"),
        (broken(|queries| queries[0]["ReturnData"] = json!(true)), "InvalidParameterValue"),
        (broken(|queries| queries[0]["Id"] = json!("M1")), "InvalidParameterValue"),
        (broken(|queries| queries[1]["Id"] = json!("m1")), "InvalidParameterValue"),
        (broken(|queries| queries[1]["Period"] = json!(300)), "InvalidParameterValue"),
        (broken(|queries| queries[0]["MetricStat"]["Period"] = json!(30)), "InvalidParameterValue"),
        (broken(|queries| queries[0]["MetricStat"]["Period"] = json!(7200)), "InvalidParameterValue"),
        (broken(|queries| queries[0]["AccountId"] = json!("444455556666")), "InvalidParameterValue"),
        (broken(|queries| queries[0]["Expression"] = json!("1")), "InvalidParameterCombination"),
        (broken(|queries| drop(queries.remove(0))), "InvalidParameterValue"),
        (broken(|queries| *queries = vec![queries[1].clone(); 11]), "InvalidParameterValue"),
    ] {
        let error = world.call("PutAnomalyDetector", input.clone()).await.unwrap_err();
        assert_eq!(error.0, code, "{input}: {}", error.1);
    }
    world.call("PutAnomalyDetector", math("m1")).await.unwrap();
}
