//! `GetMetricStatistics` (cloudwatch.md §3.3).

use serde_json::{Value, json};

use crate::world::{NOW, World};

fn asked(changes: &[(&str, Value)]) -> Value {
    let mut asked = json!({
        "Namespace": "Shop", "MetricName": "latency", "StartTime": NOW - 600, "EndTime": NOW, "Period": 60,
        "Statistics": ["Sum"],
    });
    changes.iter().for_each(|(name, value)| asked[*name] = value.clone());
    asked
}

async fn points(world: &World, changes: &[(&str, Value)]) -> Vec<Value> {
    let answer = world.call("GetMetricStatistics", asked(changes)).await;
    assert_eq!(answer["Label"], "latency");
    answer["Datapoints"].as_array().unwrap().clone()
}

#[tokio::test]
async fn one_point_a_unit_and_bucket() {
    let world = World::new().await;
    world.put("latency", json!([]), "Seconds", &[(300, 1.0), (299, 3.0), (120, 5.0)]).await;
    world.put("latency", json!([]), "Milliseconds", &[(300, 100.0)]).await;
    let mut sums: Vec<(i64, f64, String)> = points(&world, &[])
        .await
        .iter()
        .map(|point| {
            let at = point["Timestamp"].as_f64().unwrap() as i64;
            (at - NOW, point["Sum"].as_f64().unwrap(), point["Unit"].as_str().unwrap().to_owned())
        })
        .collect();
    sums.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let seconds = || "Seconds".to_owned();
    assert_eq!(sums, [(-300, 4.0, seconds()), (-300, 100.0, "Milliseconds".to_owned()), (-120, 5.0, seconds())]);
    let of_unit = points(&world, &[("Unit", json!("Milliseconds"))]).await;
    assert_eq!(of_unit.len(), 1);
    assert!(points(&world, &[("Unit", json!("Bytes"))]).await.is_empty());
}

#[tokio::test]
async fn points_carry_what_was_asked_for_alone() {
    let world = World::new().await;
    let samples: Vec<(i64, f64)> = (1..=10).map(|value| (60, f64::from(value))).collect();
    world.put("latency", json!([]), "None", &samples).await;
    let all = json!(["SampleCount", "Average", "Sum", "Minimum", "Maximum"]);
    assert_eq!(
        points(&world, &[("Statistics", all)]).await,
        [json!({
            "Timestamp": (NOW - 60) as f64, "SampleCount": 10.0, "Average": 5.5, "Sum": 55.0, "Minimum": 1.0,
            "Maximum": 10.0, "Unit": "None",
        })]
    );
    let extended = [("Statistics", Value::Null), ("ExtendedStatistics", json!(["p50", "p100", "tm80", "PR(2:5)"]))];
    assert_eq!(
        points(&world, &extended).await,
        [json!({
            "Timestamp": (NOW - 60) as f64, "Unit": "None",
            "ExtendedStatistics": {"p50": 5.5, "p100": 10.0, "tm80": 4.5, "PR(2:5)": 30.0},
        })]
    );
}

#[tokio::test]
async fn percentiles_are_absent_of_sets_and_negative_values() {
    let world = World::new().await;
    let set = json!({"SampleCount": 3, "Sum": 9, "Minimum": 1, "Maximum": 5});
    let data = json!([
        {"MetricName": "latency", "StatisticValues": set, "Timestamp": NOW - 60},
        {"MetricName": "latency", "Value": -1, "Timestamp": NOW - 120},
        {"MetricName": "latency", "Values": [1, 2], "Counts": [3, 1], "Timestamp": NOW - 180},
    ]);
    world.call("PutMetricData", json!({"Namespace": "Shop", "MetricData": data})).await;
    let found = points(&world, &[("Statistics", Value::Null), ("ExtendedStatistics", json!(["p50"]))]).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["ExtendedStatistics"]["p50"], 1.0);
    assert_eq!(points(&world, &[]).await.len(), 3);
}

#[tokio::test]
async fn a_read_names_exactly_the_dimensions_that_were_put() {
    let world = World::new().await;
    let (a, b) = (json!({"Name": "a", "Value": "1"}), json!({"Name": "b", "Value": "2"}));
    world.put("latency", json!([a, b]), "None", &[(60, 1.0)]).await;
    assert!(points(&world, &[]).await.is_empty());
    assert!(points(&world, &[("Dimensions", json!([a]))]).await.is_empty());
    assert_eq!(points(&world, &[("Dimensions", json!([b, a]))]).await.len(), 1);
}

#[tokio::test]
async fn buckets_follow_the_start_rounded_down_to_the_minute() {
    let world = World::new().await;
    world.put("latency", json!([]), "None", &[(600, 1.0), (301, 2.0), (300, 4.0)]).await;
    let changes = [("StartTime", json!(NOW - 610)), ("Period", json!(300))];
    let found: Vec<(i64, f64)> = points(&world, &changes)
        .await
        .iter()
        .map(|point| (point["Timestamp"].as_f64().unwrap() as i64 - NOW, point["Sum"].as_f64().unwrap()))
        .collect();
    assert_eq!(found, [(-660, 1.0), (-360, 6.0)]);
}

#[tokio::test]
async fn refusals() {
    let world = World::new().await;
    let too_many = "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the \
                    datapoints requested by increasing Period, or decreasing the time range.";
    let (value, combination) = ("InvalidParameterValue", "InvalidParameterCombination");
    for (changes, code, message) in [
        (vec![("StartTime", json!(NOW))], value, "The parameter StartTime must be less than the parameter EndTime."),
        (vec![("Period", json!(90))], value, "The parameter Period must be a multiple of 60."),
        (vec![("StartTime", json!(NOW - 1441 * 60))], combination, too_many),
        (vec![("Statistics", Value::Null)], combination, "Must specify either Statistics or ExtendedStatistics"),
        (
            vec![("ExtendedStatistics", json!(["p50"]))],
            combination,
            "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.",
        ),
        (
            vec![("Statistics", Value::Null), ("ExtendedStatistics", json!(["p101"]))],
            value,
            "The value p101 for parameter ExtendedStatistic is not supported.",
        ),
        (vec![("Namespace", Value::Null)], "MissingParameter", "The parameter Namespace is required."),
    ] {
        let refusal = world.try_call("GetMetricStatistics", asked(&changes)).await.unwrap_err();
        assert_eq!(refusal, (code.to_owned(), message.to_owned()), "{changes:?}");
    }
    assert!(world.try_call("GetMetricStatistics", asked(&[("StartTime", json!(NOW - 1440 * 60))])).await.is_ok());
}
