//! Explanations of alarms over a store.

use serde_json::{Value as Json, json};

use crate::alarms::backtest::tests::{cloudwatch, context};
use crate::alarms::test_world::{World, after, datum, expression, metric_alarm, query_alarm};
use crate::record::{AlarmKind, CompositeAlarm, MetricAlarm, TreatMissingData};

async fn world() -> World {
    let world = World::new().await;
    let data = [(60, 25.5), (120, 1.0), (240, 2.0)].map(|(at, value)| datum("m", None, after(at), value));
    world.put_data(data.to_vec()).await;
    let alarm = MetricAlarm {
        datapoints_to_alarm: Some(2),
        treat_missing_data: Some(TreatMissingData::Breaching),
        ..metric_alarm("m", 60, 3)
    };
    world.put_alarm("a", AlarmKind::Metric(alarm), after(100)).await;
    world.run_until(after(400)).await;
    world
}

fn marks(page: &Json, key: &str) -> Vec<String> {
    let points = page["evaluation"]["datapoints"].as_array().unwrap();
    points.iter().map(|point| point[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_present_is_explained_when_no_time_is_given() {
    let world = world().await;
    let page = cloudwatch(&world).explain_alarm(&context(after(304)), "a", None).await.unwrap();
    assert_eq!(page["at"], after(304).iso());
    assert_eq!(page["alarm"]["watches"], "Average of Shop m over 60 s");
    assert_eq!(page["alarm"]["breachesWhen"], "> 10.0");
    assert_eq!(marks(&page, "class"), ["ok", "missing", "ok", "breaching", "missing"]);
    assert_eq!(marks(&page, "part"), ["counted", "passedOver", "counted", "counted", "passedOver"]);
    let evaluation = &page["evaluation"];
    assert_eq!(evaluation["verdict"]["state"], "OK");
    assert_eq!(
        evaluation["why"],
        "OK because there are 3 points, so that missing data plays no part; 1 breach and 2 must."
    );
    assert_eq!((&evaluation["range"], &evaluation["fillers"]), (&json!(5), &json!(0)));
    assert_eq!(page["notes"], json!([]));
    assert!(page["nextEvaluation"].as_str().unwrap() > page["at"].as_str().unwrap());
}

#[tokio::test]
async fn at_a_past_time_the_alarm_is_in_the_state_it_was_found_in() {
    let world = world().await;
    let (cloudwatch, cx) = (cloudwatch(&world), context(after(3000)));
    let at = async |at: i64| cloudwatch.explain_alarm(&cx, "a", Some(&after(at).iso())).await.unwrap();
    // First evaluated two seconds after it was put: with nothing but fillers, in ALARM.
    let first = at(102).await;
    assert_eq!(first["state"], "INSUFFICIENT_DATA");
    assert_eq!(first["evaluation"]["verdict"]["state"], "ALARM");
    assert_eq!(first["evaluation"]["verdict"]["changes"], true);
    let later = at(103).await;
    assert_eq!(later["state"], "ALARM");
    assert_eq!(later["evaluation"]["verdict"]["changes"], false);
    assert_eq!(at(400).await["state"], "OK");
    let before = at(10).await;
    assert_eq!(before["state"], "INSUFFICIENT_DATA");
    assert!(before["notes"][0].as_str().unwrap().starts_with("The alarm was made at "), "{before}");
}

#[tokio::test]
async fn what_cannot_be_explained_is_refused_with_its_reason() {
    let world = world().await;
    let rule = CompositeAlarm { rule: "ALARM(a)".to_owned(), suppressor: None };
    world.put_alarm("both", AlarmKind::Composite(rule), after(0)).await;
    let (cloudwatch, cx) = (cloudwatch(&world), context(after(400)));
    for (name, at, status, words) in [
        ("none", None, 404, "There is no alarm"),
        ("both", None, 400, "is a composite alarm"),
        ("a", Some("tomorrow"), 400, "at must be a time"),
        ("a", Some("2126-01-01"), 400, "after the server's present time"),
    ] {
        let refused = cloudwatch.explain_alarm(&cx, name, at).await.unwrap_err();
        assert_eq!(refused.status, status, "{name}");
        assert!(refused.message.as_ref().unwrap().contains(words), "{refused:?}");
    }
}

#[tokio::test]
async fn series_are_explained_one_by_one() {
    let world = World::new().await;
    let data = [("a", 5.0), ("b", 25.0)].map(|(host, value)| datum("m", Some(host), after(60), value));
    world.put_data(data.to_vec()).await;
    let text = "SELECT AVG(m) FROM SCHEMA(Shop, Host) GROUP BY Host ORDER BY AVG() DESC";
    world.put_alarm("fleet", AlarmKind::Metric(query_alarm(vec![expression("q", text)])), after(100)).await;
    world.run_until(after(130)).await;
    let page = cloudwatch(&world).explain_alarm(&context(after(130)), "fleet", None).await.unwrap();
    let evaluation = &page["evaluation"];
    assert_eq!(evaluation["verdict"]["reason"], "1 out of 2 time series evaluated to ALARM", "{page}");
    let contributors = evaluation["contributors"].as_array().unwrap();
    let b = contributors.iter().find(|one| one["attributes"]["Host"] == "b").unwrap();
    assert_eq!((&b["state"], &b["evaluation"]["verdict"]["state"]), (&json!("ALARM"), &json!("ALARM")));
    assert!(b["evaluation"]["verdict"]["reason"].as_str().unwrap().contains("most recent datapoint which crossed"));
}

#[tokio::test]
async fn an_alarm_that_cannot_be_evaluated_says_why() {
    let world = World::new().await;
    let alarm = query_alarm(vec![expression("e1", "m1 * 2")]);
    world.put_alarm("broken", AlarmKind::Metric(alarm), after(0)).await;
    let page = cloudwatch(&world).explain_alarm(&context(after(60)), "broken", None).await.unwrap();
    assert_eq!(page["evaluation"]["verdict"]["problem"], "EVALUATION_ERROR");
    assert!(page["evaluation"]["why"].as_str().unwrap().contains("Unknown id 'm1'"), "{page}");
}
