//! Multi-series alarms.

use std::collections::BTreeMap;

use base::Timestamp;

use crate::alarms::decide::{DataPoint, Observation};
use crate::alarms::evaluate::series::{contributor_id, judge};
use crate::alarms::test_world::{NOW, World, after, datum, expression, query_alarm, unchecked};
use crate::record::{AlarmKind, AlarmStateRecord, AlarmTask, Contributor, HistoryKind, MetricAlarm, StateValue};

const QUERY: &str = r#"SELECT SUM(m) FROM SCHEMA("Shop", Host) GROUP BY Host ORDER BY SUM() DESC"#;

fn alarm() -> MetricAlarm {
    query_alarm(vec![expression("q1", QUERY)])
}

fn host(name: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("Host".to_owned(), name.to_owned())])
}

fn states(record: &AlarmStateRecord) -> Vec<(String, StateValue, String)> {
    let of =
        |series: &Contributor| (series.attributes["Host"].clone(), series.state.value, series.state.reason.clone());
    record.contributors.values().map(of).collect()
}

#[tokio::test]
async fn each_series_changes_state_for_itself() {
    let world = World::new().await;
    world.put_alarm("a", AlarmKind::Metric(alarm()), NOW).await;
    let web = |minute: i64, value| datum("m", Some("web"), after(60 * minute), value);
    let db = |minute: i64, value| datum("m", Some("db"), after(60 * minute), value);
    world.put_data(vec![web(0, 20.0), db(0, 1.0)]).await;
    world.run_until(after(100)).await;
    let record = world.state("a").value;
    assert_eq!(record.state.value, StateValue::Alarm);
    assert_eq!(record.state.reason, "1 out of 2 time series evaluated to ALARM");
    let [(name, value, reason)] = &states(&record)[..] else { panic!("{record:?}") };
    assert_eq!((name.as_str(), *value), ("web", StateValue::Alarm));
    assert!(reason.starts_with("Threshold Crossed: 1 datapoint was greater than the threshold (10.0)."), "{reason}");
    let id = record.contributors.keys().next().unwrap();
    assert_eq!((id.len(), id.as_str()), (16, contributor_id(&host("web")).as_str()));

    world.put_data(vec![web(2, 20.0), db(2, 30.0)]).await;
    world.run_until(after(220)).await;
    let record = world.state("a").value;
    assert_eq!(record.contributors.len(), 2);
    assert_eq!(record.state.reason, "1 out of 2 time series evaluated to ALARM", "the alarm itself did not change");

    world.put_data(vec![web(4, 1.0), db(4, 1.0)]).await;
    world.run_until(after(340)).await;
    let record = world.state("a").value;
    assert_eq!(
        (record.state.value, record.state.reason.as_str()),
        (StateValue::Ok, "0 out of 2 time series evaluated to ALARM")
    );
    let count = |kind| world.history("a").iter().filter(|entry| entry.kind == kind).count();
    assert_eq!((count(HistoryKind::AlarmContributorStateUpdate), count(HistoryKind::StateUpdate)), (4, 2));
    let tasks = world.tasks("a");
    let runs: Vec<_> = tasks.iter().filter(|action| matches!(action.task, AlarmTask::Run(_))).collect();
    assert_eq!(runs.len(), 4, "one for each change of a series");
    assert!(runs.iter().all(|action| action.contributor.is_some()));
}

#[tokio::test]
async fn a_series_that_is_gone_is_in_ok_and_without_any_there_is_insufficient_data() {
    let world = World::new().await;
    world.put_alarm("a", AlarmKind::Metric(alarm()), NOW).await;
    world.put_data(vec![datum("m", Some("web"), NOW, 20.0), datum("m", Some("db"), after(180), 1.0)]).await;
    world.run_until(after(100)).await;
    assert_eq!(world.value("a"), StateValue::Alarm);
    world.run_until(after(255)).await;
    let record = world.state("a").value;
    assert_eq!(record.state.value, StateValue::Ok);
    let gone = "No data was returned for this contributor".to_owned();
    assert_eq!(states(&record), [("web".to_owned(), StateValue::Ok, gone)]);
    world.run_until(after(1000)).await;
    assert_eq!(world.value("a"), StateValue::InsufficientData);
}

fn observation(value: f64) -> Observation {
    let point = |back: i64| DataPoint { start_secs: NOW.secs() - 60 * back, value: None, samples: None, band: None };
    let mut points: Vec<DataPoint> = (1..=3).map(point).collect();
    points[0].value = Some(value);
    Observation { query_millis: NOW.millis(), period_secs: 60, points }
}

#[test]
fn a_hundred_series_in_alarm_are_kept() {
    let all: Vec<_> = (0..150).map(|number| (host(&number.to_string()), observation(20.0))).collect();
    let now = Timestamp::from_secs(NOW.secs() + 3);
    let change = judge(&alarm(), &unchecked(NOW), &all, None, now);
    assert_eq!(change.series.entered.len(), 100);
    let entered = change.entered.unwrap();
    assert_eq!((entered.value, entered.reason.as_str()), (StateValue::Alarm, "100+ time series evaluated to ALARM"));
}

#[test]
fn ids_of_series_never_change() {
    assert_eq!(contributor_id(&host("web")), contributor_id(&host("web")));
    assert_ne!(contributor_id(&host("web")), contributor_id(&host("db")));
}
