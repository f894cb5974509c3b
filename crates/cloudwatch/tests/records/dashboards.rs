use serde_json::json;

use super::world::*;

const EMPTY: &str = r#"{ "widgets": [] }"#;

async fn put(world: &World, name: &str, body: &str) -> Result<serde_json::Value, Failure> {
    world.call("PutDashboard", json!({"DashboardName": name, "DashboardBody": body})).await
}

#[tokio::test]
async fn a_body_comes_back_as_it_was_sent() {
    let world = World::new().await;
    let put = put(&world, "main", EMPTY).await.unwrap();
    assert_eq!(put, json!({"DashboardValidationMessages": []}));
    let got = world.call("GetDashboard", json!({"DashboardName": "main"})).await.unwrap();
    let arn = format!("arn:aws:cloudwatch::{ACCOUNT}:dashboard/main");
    assert_eq!(got, json!({"DashboardArn": arn, "DashboardBody": EMPTY, "DashboardName": "main"}));
}

#[tokio::test]
async fn dashboards_are_the_same_in_every_region() {
    let world = World::new().await;
    put(&world, "main", EMPTY).await.unwrap();
    let elsewhere = api::CallContext { region: "ap-south-1".parse().unwrap(), ..context() };
    let got = world.call_in(&elsewhere, "GetDashboard", json!({"DashboardName": "main"})).await.unwrap();
    assert_eq!(got["DashboardBody"], EMPTY);
}

#[tokio::test]
async fn a_listing_has_size_and_time_and_takes_a_prefix() {
    let world = World::new().await;
    for name in ["b-1", "a-1", "b-2"] {
        put(&world, name, EMPTY).await.unwrap();
    }
    let later = NOW.plus_millis(1500);
    let body = r#"{"widgets":[],"start":"-PT3H"}"#;
    let input = json!({"DashboardName": "b-2", "DashboardBody": body});
    world.call_at(later, "PutDashboard", input).await.unwrap();
    let list = world.call("ListDashboards", json!({"DashboardNamePrefix": "b-"})).await.unwrap();
    let entry = |name: &str, size: usize, time: base::Timestamp| {
        let arn = format!("arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}");
        json!({"DashboardName": name, "DashboardArn": arn, "LastModified": time.iso(), "Size": size})
    };
    assert_eq!(list, json!({"DashboardEntries": [entry("b-1", EMPTY.len(), NOW), entry("b-2", body.len(), later)]}));
}

#[tokio::test]
async fn names_are_checked() {
    let world = World::new().await;
    for name in ["a b", "ä", "a.b", "a/b"] {
        let text = "The value for field DashboardName contains invalid characters. \
                    It can only contain alphanumerics, dash (-) and underscore (_).\n";
        let expected = ("InvalidParameterValue".to_owned(), text.to_owned());
        assert_eq!(put(&world, name, EMPTY).await.unwrap_err(), expected, "{name}");
    }
    assert_eq!(put(&world, &"a".repeat(256), EMPTY).await.unwrap_err().0, "InvalidParameterValue");
    put(&world, &"a".repeat(255), EMPTY).await.unwrap();
}

#[tokio::test]
async fn an_invalid_body_is_refused_with_a_list_of_what_is_wrong() {
    let world = World::new().await;
    let input = json!({"DashboardName": "main", "DashboardBody": r#"{"widgets": 1}"#});
    let error = world.call_in(&context(), "PutDashboard", input).await.unwrap_err();
    assert_eq!((&*error.name, &*error.code), ("DashboardInvalidInputError", "InvalidParameterInput"));
    let message = error.message.unwrap();
    assert!(message.starts_with("The dashboard body is invalid, there are 1 validation errors:\n["), "{message}");
    let members = error.members.unwrap();
    let list = members.get("dashboardValidationMessages").unwrap().as_list().unwrap();
    assert_eq!(list[0].get("DataPath").unwrap().as_str(), Some("/widgets"));
    assert_eq!(list[0].get("Message").unwrap().as_str(), Some("Should be array"));
    assert_eq!(world.call("GetDashboard", json!({"DashboardName": "main"})).await.unwrap_err().0, "ResourceNotFound");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let world = World::new().await;
    for body in ["", "{", "[]", "1"] {
        let (code, message) = put(&world, "main", body).await.unwrap_err();
        assert_eq!(code, "InvalidParameterInput");
        assert!(message.contains("The field DashboardBody must be a valid JSON object"), "{body}: {message}");
    }
}

#[tokio::test]
async fn all_dashboards_are_deleted_or_none() {
    let world = World::new().await;
    put(&world, "a", EMPTY).await.unwrap();
    put(&world, "b", EMPTY).await.unwrap();
    let error = world.call("DeleteDashboards", json!({"DashboardNames": ["a", "x", "b", "y"]})).await.unwrap_err();
    assert_eq!(error, ("ResourceNotFound".to_owned(), "The specified dashboard does not exist. [x, y]".to_owned()));
    let list = world.call("ListDashboards", json!({})).await.unwrap();
    assert_eq!(list["DashboardEntries"].as_array().unwrap().len(), 2);
    world.call("DeleteDashboards", json!({"DashboardNames": ["a", "b", "a"]})).await.unwrap();
    assert_eq!(world.call("ListDashboards", json!({})).await.unwrap(), json!({"DashboardEntries": []}));
    assert_eq!(world.call("GetDashboard", json!({"DashboardName": "a"})).await.unwrap_err().0, "ResourceNotFound");
    for names in [json!([]), json!(vec!["a"; 101])] {
        let error = world.call("DeleteDashboards", json!({"DashboardNames": names})).await.unwrap_err();
        assert_eq!(error.0, "InvalidParameterValue");
    }
}

#[tokio::test]
async fn a_thousand_dashboards_make_a_page() {
    let world = World::new().await;
    let catalog = world.store.catalog();
    let mut transaction = store::Transaction::default();
    for n in 0..1001 {
        let record = cloudwatch::record::DashboardRecord { body: EMPTY.to_owned(), modified: NOW };
        transaction.create(store::Key::global(&account(), format!("d{n:04}")), &record);
    }
    catalog.commit(transaction).await.unwrap();
    let first = world.call("ListDashboards", json!({})).await.unwrap();
    assert_eq!(first["DashboardEntries"].as_array().unwrap().len(), 1000);
    let rest = world.call("ListDashboards", json!({"NextToken": first["NextToken"]})).await.unwrap();
    assert_eq!(rest["DashboardEntries"][0]["DashboardName"], "d1000");
    assert_eq!(rest.get("NextToken"), None);
    let other = json!({"NextToken": first["NextToken"], "DashboardNamePrefix": "d1"});
    assert_eq!(world.call("ListDashboards", other).await.unwrap_err().0, "InvalidParameterValue");
}
