use serde_json::json;

use super::world::*;

#[tokio::test]
async fn operations_act_on_the_arns_that_they_name() {
    let world = World::new().await;
    let dashboard = |name: &str| format!("arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}");
    let stream = |name: &str| format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:metric-stream/{name}");
    for (operation, input, expected) in [
        ("GetDashboard", json!({"DashboardName": "a"}), vec![dashboard("a")]),
        ("DeleteDashboards", json!({"DashboardNames": ["a", "b"]}), vec![dashboard("a"), dashboard("b")]),
        ("GetMetricStream", json!({"Name": "s"}), vec![stream("s")]),
        ("DeleteMetricStream", json!({"Name": "s"}), vec![stream("s")]),
        ("StopMetricStreams", json!({"Names": ["s", "t"]}), vec![stream("s"), stream("t")]),
        ("TagResource", json!({"ResourceARN": dashboard("a"), "Tags": []}), vec![dashboard("a")]),
        ("ListDashboards", json!({}), vec!["*".to_owned()]),
        ("ListMetricStreams", json!({}), vec!["*".to_owned()]),
        ("DescribeAnomalyDetectors", json!({}), vec!["*".to_owned()]),
    ] {
        let wanted = world.authorization(operation, input);
        assert_eq!(wanted.action, format!("cloudwatch:{operation}"));
        assert_eq!(wanted.resources, expected, "{operation}");
    }
}

#[tokio::test]
async fn tags_of_the_request_and_of_each_resource_are_conditions() {
    let world = World::new().await;
    for (name, team) in [("a", "x"), ("b", "y")] {
        let tags = tags(&[("team", team)]);
        let input = json!({"DashboardName": name, "DashboardBody": r#"{"widgets":[]}"#, "Tags": tags});
        let wanted = world.authorization("PutDashboard", input.clone());
        let keys = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        assert_eq!(wanted.conditions, [keys("aws:RequestTag/team", team), keys("aws:TagKeys", "team")]);
        world.call("PutDashboard", input).await.unwrap();
    }
    let wanted = world.authorization("DeleteDashboards", json!({"DashboardNames": ["b", "a", "c"]}));
    let tagged = |name: &str, team: Option<&str>| {
        let keys = team.map(|team| ("aws:ResourceTag/team".to_owned(), vec![team.to_owned()]));
        (format!("arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"), keys.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(wanted.resource_conditions, [tagged("b", Some("y")), tagged("a", Some("x")), tagged("c", None)]);
}
