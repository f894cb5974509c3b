//! All three protocols lead to the same data and the same refusals.

use serde_json::json;
use wire::schema::Protocol;

use crate::world::{NOW, World};

const ACCOUNT: &str = "000000000000";

/// `{"Namespace":"Shop","MetricData":[{"MetricName":"orders","Value":…}]}` as CBOR, with lists of
/// indefinite length as SDKs write them.
fn cbor(value: f64) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = vec![0x60 + u8::try_from(text.len()).unwrap()];
        bytes.extend(text.bytes());
        bytes
    };
    let mut bytes = vec![0xA2];
    bytes.extend(text("Namespace"));
    bytes.extend(text("Shop"));
    bytes.extend(text("MetricData"));
    bytes.extend([0x9F, 0xA2]);
    bytes.extend(text("MetricName"));
    bytes.extend(text("orders"));
    bytes.extend(text("Value"));
    bytes.push(0xFB);
    bytes.extend(value.to_be_bytes());
    bytes.push(0xFF);
    bytes
}

fn form(value: &str) -> Vec<u8> {
    let member = "MetricData.member.1";
    format!("Action=PutMetricData&Version=2010-08-01&Namespace=Shop&{member}.MetricName=orders&{member}.Value={value}")
        .into_bytes()
}

#[tokio::test]
async fn every_protocol_stores_into_the_same_metric() {
    let world = World::new().await;
    let json = json!({"Namespace": "Shop", "MetricData": [{"MetricName": "orders", "Value": 4.0}]}).to_string();
    for (protocol, body) in
        [(Protocol::Query, form("1")), (Protocol::RpcV2Cbor, cbor(2.0)), (Protocol::Json10, json.into_bytes())]
    {
        world.answer(ACCOUNT, protocol, "PutMetricData", &body).await.unwrap();
    }
    let asked = json!({
        "Namespace": "Shop", "MetricName": "orders", "StartTime": NOW - 300, "EndTime": NOW + 60, "Period": 60,
        "Statistics": ["Sum", "SampleCount"],
    });
    let found = world.call("GetMetricStatistics", asked).await;
    assert_eq!(found["Datapoints"][0]["Sum"], 7.0);
    assert_eq!(found["Datapoints"][0]["SampleCount"], 3.0);
}

#[tokio::test]
async fn every_protocol_is_refused_in_the_same_words() {
    let world = World::new().await;
    let message = "The value NaN for parameter MetricData.member.1.Value is invalid.";
    for (protocol, body) in [(Protocol::Query, form("NaN")), (Protocol::RpcV2Cbor, cbor(f64::NAN))] {
        let error = world.answer(ACCOUNT, protocol, "PutMetricData", &body).await.unwrap_err();
        assert_eq!((error.code.as_ref(), error.message.as_deref()), ("InvalidParameterValue", Some(message)));
    }
}

#[tokio::test]
async fn what_the_model_forbids_is_told_by_parameter() {
    let world = World::new().await;
    let datum = |changes: &[(&str, serde_json::Value)]| {
        let mut datum = json!({"MetricName": "orders", "Value": 1});
        changes.iter().for_each(|(name, value)| datum[*name] = value.clone());
        json!({"Namespace": "Shop", "MetricData": [datum]})
    };
    let dimension = json!({"Name": "a", "Value": "x".repeat(1025)});
    let many: Vec<_> = (0..31).map(|at| json!({"Name": format!("d{at}"), "Value": "x"})).collect();
    let set = json!({"SampleCount": 1, "Sum": 1, "Minimum": 1});
    for (input, code, message) in [
        (
            datum(&[("Unit", json!("Furlongs"))]),
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Microseconds, Milliseconds, \
             Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, Gigabits, Terabits, Percent, \
             Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, Terabytes/Second, Bits/Second, \
             Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None ].",
        ),
        (
            datum(&[("MetricName", json!(null))]),
            "MissingParameter",
            "The parameter MetricData.member.1.MetricName is required.",
        ),
        (
            datum(&[("Dimensions", json!([dimension]))]),
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 characters.",
        ),
        (
            datum(&[("Dimensions", json!(many))]),
            "InvalidParameterValue",
            "The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
        ),
        (
            datum(&[("Dimensions", json!([{"Name": "a", "Value": ""}]))]),
            "MissingParameter",
            "The parameter MetricData.member.1.Dimensions.member.1.Value is required.",
        ),
        (
            datum(&[("StatisticValues", set), ("Value", json!(null))]),
            "MissingParameter",
            "The parameter MetricData.member.1.StatisticValues.Maximum is required.",
        ),
        (
            json!({"Namespace": ":x", "MetricData": [{"MetricName": "a", "Value": 1}]}),
            "InvalidParameterValue",
            "The value :x for parameter Namespace is invalid.",
        ),
        (json!({"MetricData": []}), "MissingParameter", "The parameter Namespace is required."),
        (json!({"Namespace": "Shop"}), "MissingParameter", "The parameter MetricData is required."),
    ] {
        let refusal = world.try_call("PutMetricData", input.clone()).await.unwrap_err();
        assert_eq!(refusal, (code.to_owned(), message.to_owned()), "{input}");
    }
    let bad = json!({
        "Namespace": "Shop", "MetricName": "a", "StartTime": NOW - 60, "EndTime": NOW, "Period": 0, "Statistics": ["Sum", "Mean"],
    });
    assert_eq!(
        world.try_call("GetMetricStatistics", bad).await.unwrap_err().1,
        "The parameter Period must be greater than or equal to 1.\n\
         The parameter Statistics.member.2 must be a value in the set [ SampleCount, Average, Sum, Minimum, Maximum ]."
    );
}

#[tokio::test]
async fn an_invalid_entity_is_told_in_a_header_or_fails_the_request() {
    let world = World::new().await;
    let input = |strict: bool, keys: serde_json::Value| {
        json!({
            "Namespace": "Shop", "StrictEntityValidation": strict, "MetricData": [],
            "EntityMetricData": [{
                "Entity": {"KeyAttributes": keys}, "MetricData": [{"MetricName": "orders", "Value": 1}],
            }],
        })
        .to_string()
    };
    let sound = json!({"Type": "Service", "Name": "shop", "Environment": "prod"});
    let one_key = json!({"Type": "Service"});
    let put = async |strict, keys| {
        world.answer(ACCOUNT, Protocol::Json10, "PutMetricData", input(strict, keys).as_bytes()).await
    };
    for (strict, keys, header) in
        [(true, &sound, None), (false, &sound, None), (false, &one_key, Some("InvalidKeyAttributes"))]
    {
        let (_, answer) = put(strict, keys.clone()).await.unwrap();
        let found: Vec<(&str, &str)> = answer.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let expected: Vec<(&str, &str)> =
            header.map(|failure| ("x-amzn-failure-message", failure)).into_iter().collect();
        assert_eq!(found, expected);
    }
    let error = put(true, one_key).await.unwrap_err();
    assert_eq!(
        error.message.as_deref(),
        Some("The parameter EntityMetricData.member.1.Entity is invalid: InvalidKeyAttributes.")
    );
    let count = json!({
        "Namespace": "Shop", "MetricName": "orders", "StartTime": NOW - 300, "EndTime": NOW + 60, "Period": 60,
        "Statistics": ["SampleCount"],
    });
    let found = world.call("GetMetricStatistics", count).await;
    assert_eq!(found["Datapoints"][0]["SampleCount"], 3.0, "the refused request stored nothing");
}

#[tokio::test]
async fn one_bad_datum_keeps_all_from_being_stored() {
    let world = World::new().await;
    let good = json!({"MetricName": "orders", "Value": 1});
    let old = json!({"MetricName": "orders", "Value": 1, "Timestamp": NOW - 15 * 86_400});
    let refusal = world.try_call("PutMetricData", json!({"Namespace": "Shop", "MetricData": [good, old]})).await;
    assert_eq!(
        refusal.unwrap_err().1,
        "The parameter MetricData.member.2.Timestamp must specify a time within the past two weeks."
    );
    assert_eq!(world.call("ListMetrics", json!({})).await["Metrics"], json!([]));
}
