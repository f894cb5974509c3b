use serde_json::{Value as Json, json};

use super::world::*;

pub fn firehose(name: &str) -> String {
    format!("arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{name}")
}

/// A stream to the delivery stream `out`.
pub fn stream(name: &str) -> Json {
    json!({
        "Name": name, "FirehoseArn": firehose("out"), "OutputFormat": "json",
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/streams"),
    })
}

/// A stream with other members.
pub fn stream_with(name: &str, more: Json) -> Json {
    let mut input = stream(name);
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

async fn world() -> World {
    World::with_destinations(|_| vec!["out=http://127.0.0.1:9/".to_owned()]).await
}

async fn state(world: &World, name: &str) -> Json {
    world.call("GetMetricStream", json!({"Name": name})).await.unwrap()["State"].clone()
}

#[tokio::test]
async fn a_stream_runs_from_the_start_and_is_shown_whole() {
    let world = world().await;
    let more = json!({
        "IncludeFilters": [{"Namespace": "App"}, {"Namespace": "Db", "MetricNames": ["Load"]}],
        "StatisticsConfigurations": [{
            "IncludeMetrics": [{"Namespace": "App", "MetricName": "Latency"}], "AdditionalStatistics": ["p99", "TM(25%:75%)"],
        }],
        "Tags": tags(&[("a", "1")]),
    });
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:metric-stream/s");
    let put = world.call("PutMetricStream", stream_with("s", more.clone())).await.unwrap();
    assert_eq!(put, json!({"Arn": arn}));
    let expected = json!({
        "Arn": arn, "Name": "s", "FirehoseArn": firehose("out"), "RoleArn": stream("s")["RoleArn"], "State": "running",
        "IncludeFilters": [
            {"Namespace": "App", "MetricNames": []}, {"Namespace": "Db", "MetricNames": ["Load"]},
        ],
        "ExcludeFilters": [], "CreationDate": NOW.iso(), "LastUpdateDate": NOW.iso(), "OutputFormat": "json",
        "StatisticsConfigurations": more["StatisticsConfigurations"], "IncludeLinkedAccountsMetrics": false,
    });
    assert_eq!(world.call("GetMetricStream", json!({"Name": "s"})).await.unwrap(), expected);
    let listed = world.call("ListTagsForResource", json!({"ResourceARN": arn})).await.unwrap();
    assert_eq!(listed["Tags"], tags(&[("a", "1")]));
}

#[tokio::test]
async fn a_stream_that_is_put_again_keeps_its_state_and_age() {
    let world = world().await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    world.call("StopMetricStreams", json!({"Names": ["s"]})).await.unwrap();
    let later = NOW.plus_millis(60_000);
    let more = json!({"ExcludeFilters": [{"Namespace": "App"}], "Tags": tags(&[("late", "")])});
    world.call_at(later, "PutMetricStream", stream_with("s", more)).await.unwrap();
    let got = world.call("GetMetricStream", json!({"Name": "s"})).await.unwrap();
    assert_eq!((&got["State"], &got["CreationDate"]), (&json!("stopped"), &json!(NOW.iso())));
    assert_eq!(got["LastUpdateDate"], later.iso());
    assert_eq!(got["ExcludeFilters"][0]["Namespace"], "App");
    let listed = world.call("ListTagsForResource", json!({"ResourceARN": got["Arn"]})).await.unwrap();
    assert_eq!(listed["Tags"], json!([]));
}

#[tokio::test]
async fn streams_are_stopped_and_started_together_or_not_at_all() {
    let world = world().await;
    world.call("PutMetricStream", stream("a")).await.unwrap();
    world.call("PutMetricStream", stream("b")).await.unwrap();
    let error = world.call("StopMetricStreams", json!({"Names": ["a", "x"]})).await.unwrap_err();
    assert_eq!(error.0, "InvalidParameterValue");
    assert_eq!(state(&world, "a").await, "running");
    world.call("StopMetricStreams", json!({"Names": ["a", "b"]})).await.unwrap();
    assert_eq!((state(&world, "a").await, state(&world, "b").await), (json!("stopped"), json!("stopped")));
    world.call("StartMetricStreams", json!({"Names": ["b", "b"]})).await.unwrap();
    assert_eq!((state(&world, "a").await, state(&world, "b").await), (json!("stopped"), json!("running")));
    assert_eq!(world.call("StartMetricStreams", json!({"Names": []})).await.unwrap_err().0, "MissingParameter");
}

#[tokio::test]
async fn streams_are_listed_page_by_page() {
    let world = world().await;
    for name in ["c", "a", "b"] {
        world.call("PutMetricStream", stream(name)).await.unwrap();
    }
    let first = world.call("ListMetricStreams", json!({"MaxResults": 2})).await.unwrap();
    let names: Vec<&Json> = first["Entries"].as_array().unwrap().iter().map(|entry| &entry["Name"]).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(first["Entries"][0]["State"], "running");
    let rest = world.call("ListMetricStreams", json!({"NextToken": first["NextToken"]})).await.unwrap();
    assert_eq!(rest["Entries"].as_array().unwrap().len(), 1);
    assert_eq!(world.call("ListMetricStreams", json!({"NextToken": "x"})).await.unwrap_err().0, "InvalidNextToken");
}

#[tokio::test]
async fn a_deleted_stream_is_gone_with_its_tags_and_deleting_it_again_is_no_error() {
    let world = world().await;
    world.call("PutMetricStream", stream_with("s", json!({"Tags": tags(&[("a", "1")])}))).await.unwrap();
    world.call("DeleteMetricStream", json!({"Name": "s"})).await.unwrap();
    let error = world.call("GetMetricStream", json!({"Name": "s"})).await.unwrap_err();
    assert_eq!(error, ("ResourceNotFoundException".to_owned(), "The metric stream s does not exist.".to_owned()));
    world.call("DeleteMetricStream", json!({"Name": "s"})).await.unwrap();
    world.call("PutMetricStream", stream("s")).await.unwrap();
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:metric-stream/s");
    let listed = world.call("ListTagsForResource", json!({"ResourceARN": arn})).await.unwrap();
    assert_eq!(listed["Tags"], json!([]));
}

#[tokio::test]
async fn a_stream_that_could_not_deliver_is_refused() {
    let world = world().await;
    let other = |arn: String| json!({"FirehoseArn": arn});
    let filters = json!({"IncludeFilters": [{"Namespace": "a"}], "ExcludeFilters": [{"Namespace": "b"}]});
    let metrics = json!([{"Namespace": "a", "MetricName": "b"}]);
    let statistics = |names: Json| json!({"StatisticsConfigurations": [{"IncludeMetrics": metrics.clone(), "AdditionalStatistics": names}]});
    for (more, code, text) in [
        (other(firehose("missing")), "InvalidParameterValue", "--metric-stream-destination missing=URL"),
        (other(firehose("out").replace(REGION, "us-east-1")), "InvalidParameterValue", "account and region"),
        (other(firehose("out").replace(ACCOUNT, "444455556666")), "InvalidParameterValue", "account and region"),
        (other("out".to_owned()), "InvalidParameterValue", "FirehoseArn is invalid"),
        (other(firehose("out").replace("firehose", "kinesis")), "InvalidParameterValue", "FirehoseArn is invalid"),
        (json!({"RoleArn": "me"}), "InvalidParameterValue", "RoleArn is invalid"),
        (json!({"Name": "a b"}), "InvalidParameterValue", "invalid characters"),
        (json!({"OutputFormat": "opentelemetry1.0"}), "InvalidParameterValue", "opentelemetry1.0 is not built"),
        (json!({"OutputFormat": "xml"}), "ValidationError", "enum value set"),
        (json!({"IncludeLinkedAccountsMetrics": true}), "InvalidParameterValue", "links no accounts"),
        (filters, "InvalidParameterCombination", "mutually exclusive"),
        (json!({"IncludeFilters": [{"MetricNames": ["a"]}]}), "MissingParameter", "IncludeFilters.member.1.Namespace"),
        (statistics(json!(["p99", "p999"])), "InvalidParameterValue", "p999"),
        (statistics(json!(vec!["p99"; 21])), "InvalidParameterValue", "size greater than 20"),
    ] {
        let (found, message) = world.call("PutMetricStream", stream_with("s", more.clone())).await.unwrap_err();
        assert_eq!(found, code, "{more}: {message}");
        assert!(message.contains(text), "{more}: {message}");
    }
    assert_eq!(world.call("ListMetricStreams", json!({})).await.unwrap(), json!({"Entries": []}));
}
