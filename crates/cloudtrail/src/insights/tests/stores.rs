//! Event data stores that have rates watched, and those that take what is found.

use serde_json::{Value, json};

use super::{CALL_RATE, ERROR_RATE, burst, found};
use crate::test_world::World;

fn insights() -> Value {
    json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}])
}

#[tokio::test]
async fn what_a_store_has_watched_goes_to_its_destination_once() {
    let world = World::new().await;
    let (source, _) = world.make_store("calls", json!({})).await;
    let (destination, number) = world.make_store("insights", json!({"AdvancedEventSelectors": insights()})).await;
    let selectors = json!([{"InsightType": CALL_RATE}]);
    let input = json!({"EventDataStore": source, "InsightsDestination": destination, "InsightSelectors": selectors});
    let put = world.ok("PutInsightSelectors", input).await;
    assert_eq!((&put["EventDataStoreArn"], &put["InsightsDestination"]), (&json!(source), &json!(destination)));
    assert_eq!(world.ok("GetInsightSelectors", json!({"EventDataStore": source})).await, put);
    world.advance(2 * 86_400).await;
    burst(&world, 6, "CreateQueue", 9, json!({})).await;
    let world = world.restarted().await;
    world.advance(3_600).await;
    let records = found(&world).await;
    assert_eq!(records.len(), 2);
    let mut ids: Vec<_> = records.iter().map(|record| record["eventID"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    assert_eq!(world.stored(number).await, ids);
    let world = world.restarted().await;
    world.run_woken().await;
    assert_eq!(world.stored(number).await, ids, "each is there once");
}

#[tokio::test]
async fn selectors_of_stores_are_refused_where_they_lead_nowhere() {
    let world = World::new().await;
    let (source, _) = world.make_store("calls", json!({})).await;
    let (destination, _) = world.make_store("insights", json!({"AdvancedEventSelectors": insights()})).await;
    let reads = json!([{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["true"]},
    ]}]);
    let (reader, _) = world.make_store("reads", json!({"AdvancedEventSelectors": reads})).await;
    let calls = json!([{"InsightType": CALL_RATE}]);
    let data = json!([{"InsightType": ERROR_RATE, "EventCategories": ["Data"]}]);
    for (store, destination, selectors, error) in [
        (&source, None, &calls, "InvalidParameterException"),
        (&source, Some(&reader), &calls, "InvalidParameterException"),
        (&destination, Some(&destination), &calls, "InvalidInsightSelectorsException"),
        (&reader, Some(&destination), &calls, "InvalidInsightSelectorsException"),
        (&source, Some(&destination), &data, "InvalidInsightSelectorsException"),
    ] {
        let mut input = json!({"EventDataStore": store, "InsightSelectors": selectors});
        if let Some(destination) = destination {
            input["InsightsDestination"] = json!(destination);
        }
        assert_eq!(world.refused("PutInsightSelectors", input.clone()).await.0, error, "{input}");
    }
    let refused = world.refused("GetInsightSelectors", json!({"EventDataStore": source})).await;
    assert_eq!(refused.0, "InsightNotEnabledException");
}
