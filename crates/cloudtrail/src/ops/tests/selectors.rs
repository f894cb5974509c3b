//! PutEventSelectors and GetEventSelectors.

use serde_json::json;

use crate::test_world::World;

#[tokio::test]
async fn a_new_trail_takes_all_management_events() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    let got = world.ok("GetEventSelectors", json!({"TrailName": "main"})).await;
    let default = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]);
    assert_eq!(got["EventSelectors"], default);
    assert_eq!(got["TrailARN"], "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main");
    assert!(got.get("AdvancedEventSelectors").is_none());
}

#[tokio::test]
async fn a_new_list_replaces_the_old_of_either_kind() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    let advanced = json!([{"Name": "objects", "FieldSelectors": [
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}, {"Field": "eventCategory", "Equals": ["Data"]},
    ]}]);
    let put = world.ok("PutEventSelectors", json!({"TrailName": "main", "AdvancedEventSelectors": advanced})).await;
    assert_eq!(put["AdvancedEventSelectors"], advanced, "in the order given");
    let got = world.ok("GetEventSelectors", json!({"TrailName": "main"})).await;
    let fields = &got["AdvancedEventSelectors"][0]["FieldSelectors"];
    assert_eq!((&fields[0]["Field"], &fields[1]["Field"]), (&json!("eventCategory"), &json!("resources.type")));
    assert!(got.get("EventSelectors").is_none());
    assert_eq!(world.ok("GetTrail", json!({"Name": "main"})).await["Trail"]["HasCustomEventSelectors"], true);
    let basic = json!([{"ReadWriteType": "WriteOnly"}]);
    let put = world.ok("PutEventSelectors", json!({"TrailName": "main", "EventSelectors": basic})).await;
    let filled = json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]);
    assert_eq!(put["EventSelectors"], filled);
}

#[tokio::test]
async fn selectors_are_refused_in_aws_words() {
    let world = World::new().await;
    world.ok("CreateTrail", json!({"Name": "main", "S3BucketName": "acme-trail"})).await;
    let field = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]);
    for (more, text) in [
        (
            json!({"EventSelectors": [{}], "AdvancedEventSelectors": field}),
            "You can select events by using either EventSelectors or AdvancedEventSelectors, but not both.",
        ),
        (json!({"EventSelectors": []}), "Specify a valid number of selectors (1 to 5) for your trail"),
        (json!({"AdvancedEventSelectors": []}), "Specify between 1 and 500 selectors for your trail."),
        (json!({"EventSelectors": [{"ReadWriteType": "Some"}]}), "Value Some for ReadWriteType is invalid."),
        (
            json!({"EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b"]}]}]}),
            "Value arn:aws:s3:::b for DataResources.Values is invalid.",
        ),
    ] {
        let mut input = json!({"TrailName": "main"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = world.refused("PutEventSelectors", input).await;
        assert_eq!(refused, ("InvalidEventSelectorsException".to_owned(), text.to_owned()));
    }
}
