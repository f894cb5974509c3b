use serde_json::json;

use super::world::*;

fn dashboard(name: &str) -> String {
    format!("arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}")
}

async fn put_dashboard(world: &World, name: &str, pairs: &[(&str, &str)]) {
    let input = json!({"DashboardName": name, "DashboardBody": r#"{"widgets":[]}"#, "Tags": tags(pairs)});
    world.call("PutDashboard", input).await.unwrap();
}

async fn list(world: &World, arn: &str) -> Result<serde_json::Value, Failure> {
    Ok(world.call("ListTagsForResource", json!({"ResourceARN": arn})).await?["Tags"].clone())
}

#[tokio::test]
async fn tags_are_set_changed_and_removed() {
    let world = World::new().await;
    put_dashboard(&world, "main", &[("a", "1"), ("b", "2")]).await;
    let arn = dashboard("main");
    let input = json!({"ResourceARN": arn, "Tags": tags(&[("b", "3"), ("c", "")])});
    world.call("TagResource", input).await.unwrap();
    assert_eq!(list(&world, &arn).await.unwrap(), tags(&[("a", "1"), ("b", "3"), ("c", "")]));
    let input = json!({"ResourceARN": arn, "TagKeys": ["a", "c", "nothing"]});
    world.call("UntagResource", input).await.unwrap();
    assert_eq!(list(&world, &arn).await.unwrap(), tags(&[("b", "3")]));
    world.call("UntagResource", json!({"ResourceARN": arn, "TagKeys": ["b"]})).await.unwrap();
    assert_eq!(list(&world, &arn).await.unwrap(), json!([]));
}

#[tokio::test]
async fn tags_of_a_dashboard_are_given_when_it_is_new_and_go_with_it() {
    let world = World::new().await;
    put_dashboard(&world, "main", &[("a", "1")]).await;
    put_dashboard(&world, "main", &[("a", "2"), ("b", "")]).await;
    assert_eq!(list(&world, &dashboard("main")).await.unwrap(), tags(&[("a", "1")]));
    world.call("DeleteDashboards", json!({"DashboardNames": ["main"]})).await.unwrap();
    assert_eq!(list(&world, &dashboard("main")).await.unwrap_err().0, "ResourceNotFoundException");
    put_dashboard(&world, "main", &[]).await;
    assert_eq!(list(&world, &dashboard("main")).await.unwrap(), json!([]));
}

#[tokio::test]
async fn an_alarm_that_does_not_exist_has_no_tags_and_takes_none() {
    let world = World::new().await;
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:gone: for good");
    assert_eq!(list(&world, &arn).await.unwrap(), json!([]));
    let error = world.call("TagResource", json!({"ResourceARN": arn, "Tags": tags(&[("a", "")])})).await.unwrap_err();
    assert_eq!(error.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_resource_has_one_arn() {
    let world = World::new().await;
    put_dashboard(&world, "main", &[]).await;
    for arn in [
        "main",
        "arn:aws:cloudwatch::111122223333:dashboard/",
        "arn:aws:cloudwatch:eu-west-1:111122223333:dashboard/main",
        "arn:aws-cn:cloudwatch::111122223333:dashboard/main",
        "arn:aws:cloudwatch::444455556666:dashboard/main",
        "arn:aws:cloudwatch:us-east-1:111122223333:alarm:x",
        "arn:aws:logs::111122223333:dashboard/main",
        "arn:aws:cloudwatch::111122223333:thing/main",
    ] {
        assert_eq!(list(&world, arn).await.unwrap_err().0, "InvalidParameterValue", "{arn}");
    }
}

#[tokio::test]
async fn tags_that_cannot_be_are_refused_and_change_nothing() {
    let world = World::new().await;
    put_dashboard(&world, "main", &[("a", "1")]).await;
    let arn = dashboard("main");
    for pairs in [&[("a", "2"), ("aws:b", "")][..], &[("a", "2"), ("a", "3")]] {
        let input = json!({"ResourceARN": arn, "Tags": tags(pairs)});
        assert_eq!(world.call("TagResource", input).await.unwrap_err().0, "InvalidParameterValue");
    }
    assert_eq!(list(&world, &arn).await.unwrap(), tags(&[("a", "1")]));
}

#[tokio::test]
async fn the_interval_that_an_alarm_repeats_itself_at_must_be_one() {
    let world = World::new().await;
    let put = |interval: &str| {
        json!({
            "AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "Threshold": 1.0,
            "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold",
            "Tags": tags(&[("trailwatch:renotify", interval)]),
        })
    };
    let error = world.call("PutMetricAlarm", put("59s")).await.unwrap_err();
    assert_eq!(error.0, "InvalidParameterValue");
    world.call("PutMetricAlarm", put("1m")).await.unwrap();
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a");
    let tag =
        |arn: &str, interval: &str| json!({"ResourceARN": arn, "Tags": tags(&[("trailwatch:renotify", interval)])});
    let error = world.call("TagResource", tag(&arn, "often")).await.unwrap_err();
    assert_eq!(error.0, "InvalidParameterValue");
    world.call("TagResource", tag(&arn, "4h")).await.unwrap();
    assert_eq!(list(&world, &arn).await.unwrap(), tags(&[("trailwatch:renotify", "4h")]));
    // To other resources the tag means nothing.
    put_dashboard(&world, "main", &[]).await;
    world.call("TagResource", tag(&dashboard("main"), "often")).await.unwrap();
}
