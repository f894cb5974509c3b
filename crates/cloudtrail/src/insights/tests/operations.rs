//! Selectors, look-ups and rates over the API.

use serde_json::json;

use super::{CALL_RATE, ERROR_RATE, burst, found, watched_for_a_day};
use crate::test_world::World;

const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";

#[tokio::test]
async fn selectors_are_kept_replaced_and_taken_away() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    let none = world.refused("GetInsightSelectors", json!({"TrailName": "main"})).await;
    assert_eq!(none.0, "InsightNotEnabledException");
    assert_eq!(world.ok("GetTrail", json!({"Name": "main"})).await["Trail"]["HasInsightSelectors"], false);
    let given = json!([{"InsightType": CALL_RATE}, {"InsightType": ERROR_RATE, "EventCategories": ["Management"]}]);
    let put = world.ok("PutInsightSelectors", json!({"TrailName": ARN, "InsightSelectors": given})).await;
    let filled = json!([
        {"InsightType": CALL_RATE, "EventCategories": ["Management"]},
        {"InsightType": ERROR_RATE, "EventCategories": ["Management"]},
    ]);
    assert_eq!(put, json!({"TrailARN": ARN, "InsightSelectors": filled}));
    assert_eq!(world.ok("GetInsightSelectors", json!({"TrailName": "main"})).await, put);
    assert_eq!(world.ok("GetTrail", json!({"Name": "main"})).await["Trail"]["HasInsightSelectors"], true);
    let emptied = world.ok("PutInsightSelectors", json!({"TrailName": "main", "InsightSelectors": []})).await;
    assert_eq!(emptied["InsightSelectors"], json!([]));
    assert_eq!(world.refused("GetInsightSelectors", json!({"TrailName": "main"})).await, none);
}

#[tokio::test]
async fn selectors_are_refused_where_they_say_nothing() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    let reads = json!([{"ReadWriteType": "ReadOnly"}]);
    world.ok("PutEventSelectors", json!({"TrailName": "main", "EventSelectors": reads})).await;
    let calls = json!([{"InsightType": CALL_RATE}]);
    let of = |selectors: &serde_json::Value| json!({"TrailName": "main", "InsightSelectors": selectors});
    for (input, error) in [
        (of(&calls), "InvalidInsightSelectorsException"),
        (of(&json!([{"InsightType": ERROR_RATE, "EventCategories": ["Data"]}])), "InvalidInsightSelectorsException"),
        (of(&json!([{"InsightType": "Other"}])), "InvalidInsightSelectorsException"),
        (of(&json!([{}])), "InvalidInsightSelectorsException"),
        (of(&json!([{"InsightType": ERROR_RATE, "EventCategories": []}])), "InvalidInsightSelectorsException"),
        (of(&json!([{"InsightType": ERROR_RATE}, {"InsightType": ERROR_RATE}])), "InvalidInsightSelectorsException"),
        (json!({"TrailName": "other", "InsightSelectors": calls}), "TrailNotFoundException"),
        (json!({"InsightSelectors": calls}), "InvalidParameterCombinationException"),
        (
            json!({"TrailName": "main", "EventDataStore": ARN, "InsightSelectors": calls}),
            "InvalidParameterCombinationException",
        ),
    ] {
        assert_eq!(world.refused("PutInsightSelectors", input.clone()).await.0, error, "{input}");
    }
    world.ok("PutInsightSelectors", of(&json!([{"InsightType": ERROR_RATE}]))).await;
    world.outside.state().refused.push(("CloudTrail-Insight".to_owned(), "AccessDenied"));
    let refused = world.refused("PutInsightSelectors", of(&json!([{"InsightType": ERROR_RATE}]))).await;
    assert_eq!(refused.0, "InsufficientS3BucketPolicyException");
}

#[tokio::test]
async fn insights_are_looked_up_by_three_attributes_and_page_by_page() {
    let world = watched_for_a_day().await;
    burst(&world, 5, "CreateQueue", 12, json!({})).await;
    world.advance(3_600).await;
    let ids: Vec<_> = found(&world).await.iter().map(|record| record["eventID"].as_str().unwrap().to_owned()).collect();
    for (key, value, count) in [
        ("EventId", ids[0].as_str(), 1),
        ("EventName", "CreateQueue", 2),
        ("EventName", "ListQueues", 0),
        ("EventSource", "sqs.amazonaws.com", 2),
    ] {
        let attributes = json!([{"AttributeKey": key, "AttributeValue": value}]);
        let input = json!({"EventCategory": "insight", "LookupAttributes": attributes});
        let events = world.ok("LookupEvents", input).await["Events"].as_array().unwrap().clone();
        assert_eq!(events.len(), count, "{key} {value}");
        for event in events {
            assert!(event.get("Username").is_none() && event.get("ReadOnly").is_none(), "{event}");
        }
    }
    let attributes = json!([{"AttributeKey": "Username", "AttributeValue": "ann"}]);
    let input = json!({"EventCategory": "insight", "LookupAttributes": attributes});
    assert_eq!(world.refused("LookupEvents", input).await.0, "InvalidLookupAttributesException");
    let page = world.ok("LookupEvents", json!({"EventCategory": "insight", "MaxResults": 1})).await;
    assert_eq!(page["Events"][0]["EventId"], ids[1]);
    let next = json!({"EventCategory": "insight", "MaxResults": 1, "NextToken": page["NextToken"]});
    let page = world.ok("LookupEvents", next).await;
    assert_eq!(page["Events"][0]["EventId"], ids[0]);
    assert!(page.get("NextToken").is_none());
}

#[tokio::test]
async fn rates_of_data_events_are_those_of_the_trail_that_takes_them() {
    let world = World::new().await;
    world.start("main", json!({})).await;
    let data = json!([{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::wanted/"]}]);
    let selectors = json!([{"IncludeManagementEvents": false, "DataResources": data}]);
    world.ok("PutEventSelectors", json!({"TrailName": "main", "EventSelectors": selectors})).await;
    let watched = json!([{"InsightType": CALL_RATE, "EventCategories": ["Data"]}]);
    world.ok("PutInsightSelectors", json!({"TrailName": "main", "InsightSelectors": watched})).await;
    world.run_woken().await;
    world.advance(2 * 86_400 + 42).await;
    for _ in 0..5 {
        for _ in 0..7 {
            world.happen_to("arn:aws:s3:::wanted/key").await;
            world.happen_to("arn:aws:s3:::other/key").await;
        }
        world.advance(60).await;
    }
    let listed = json!({"InsightSource": ARN, "DataType": "InsightsEvents"});
    let events = world.ok("ListInsightsData", listed.clone()).await["Events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 1);
    let record: serde_json::Value = serde_json::from_str(events[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    let details = &record["insightDetails"];
    assert_eq!((&details["insightSource"], &details["sourceEventCategory"]), (&json!(ARN), &json!("Data")));
    assert_eq!(details["insightContext"]["statistics"]["insight"]["average"], 7);
    assert_eq!(found(&world).await.len(), 0, "they are no management events");
    let mut narrowed = listed.clone();
    narrowed["Dimensions"] = json!({"EventName": "Other"});
    assert_eq!(world.ok("ListInsightsData", narrowed).await["Events"], json!([]));
    let rate = json!({
        "TrailName": "main", "EventSource": "sqs.amazonaws.com", "EventName": "CreateQueue", "InsightType": CALL_RATE,
        "Period": 60,
    });
    let rate = world.ok("ListInsightsMetricData", rate).await;
    assert_eq!((&rate["TrailARN"], &rate["Values"]), (&json!(ARN), &json!([7.0, 7.0, 7.0, 7.0, 7.0])));
}

#[tokio::test]
async fn rates_are_told_by_period() {
    let world = watched_for_a_day().await;
    burst(&world, 2, "CreateQueue", 3, json!({"errorCode": "QueueExists"})).await;
    let ask = |more: serde_json::Value| {
        let mut input =
            json!({"EventSource": "sqs.amazonaws.com", "EventName": "CreateQueue", "InsightType": CALL_RATE});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    // Six calls in each hour of the day, and the six that failed in the hour after it.
    let hours = world.ok("ListInsightsMetricData", ask(json!({}))).await;
    let values: Vec<f64> = hours["Values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert_eq!((values.len(), values[0], values[24]), (25, 6.0, 6.0));
    assert!(hours.get("TrailARN").is_none() && hours.get("NextToken").is_none());
    let errors = json!({"InsightType": ERROR_RATE, "ErrorCode": "QueueExists", "Period": 60});
    let errors = world.ok("ListInsightsMetricData", ask(errors)).await;
    assert_eq!((&errors["Values"], &errors["ErrorCode"]), (&json!([3.0, 3.0]), &json!("QueueExists")));
    let start = world.now().plus_millis(-4 * 60_000).secs();
    let mut filled = json!({"Period": 60, "DataType": "FillWithZeros", "StartTime": start, "MaxResults": 3});
    let first = world.ok("ListInsightsMetricData", ask(filled.clone())).await;
    assert_eq!(first["Values"], json!([0.0, 0.0, 3.0]));
    assert_eq!(first["Timestamps"][0].as_f64(), Some(start as f64));
    filled["NextToken"] = first["NextToken"].clone();
    let second = world.ok("ListInsightsMetricData", ask(filled)).await;
    assert_eq!(second["Values"], json!([3.0]));
    assert!(second.get("NextToken").is_none());
    for more in [
        json!({"Period": 120}),
        json!({"InsightType": ERROR_RATE}),
        json!({"ErrorCode": "QueueExists"}),
        json!({"TrailName": "main"}),
        json!({"StartTime": start, "EndTime": start - 1}),
        json!({"NextToken": "other"}),
    ] {
        let refused = world.refused("ListInsightsMetricData", ask(more.clone())).await;
        assert_eq!(refused.0, "InvalidParameterException", "{more}");
    }
}
