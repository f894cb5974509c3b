//! Backtests against what really happened.

use std::sync::Arc;

use api::{CallContext, Principal};
use base::{Partition, SeededEntropy, SimulatedClock, Timestamp};
use serde_json::{Value as Json, json};

use crate::alarms::history;
use crate::alarms::points::{Replay, observe};
use crate::alarms::schedule;
use crate::alarms::test_world::{NOW, World, after, datum, expression, metric_alarm, metric_query, query_alarm, scope};
use crate::record::{AlarmKind, HistoryKind, MetricAlarm, TreatMissingData, Watched};
use crate::{CloudWatch, Parts};

pub(crate) fn cloudwatch(world: &World) -> CloudWatch {
    CloudWatch::new(Parts {
        metrics: world.store.metrics().clone(),
        catalog: world.store.catalog().clone(),
        metric_stream_destinations: Arc::default(),
        alarm_signals: world.signals.clone(),
        alarm_events: false,
        clock: Arc::new(SimulatedClock::new(NOW)),
        entropy: Arc::new(SeededEntropy::new(2)),
    })
}

pub(crate) fn context(now: Timestamp) -> CallContext {
    CallContext {
        principal: Principal::Root { account: scope().account, access_key_id: "AKIATEST".to_owned(), session: None },
        region: scope().region,
        partition: Partition::Standard,
        now,
        request_id: "request".to_owned(),
        source_ip: "127.0.0.1".to_owned(),
        user_agent: String::new(),
        host: String::new(),
        tls: None,
    }
}

fn request() -> Json {
    json!({
        "AlarmName": "load",
        "Namespace": "Shop",
        "MetricName": "m",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 1,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
    })
}

/// Points of some minutes of an hour, with gaps of which some are longer than the range.
async fn put_hour(world: &World) {
    let value = |minute: i64| match minute {
        5..=7 | 20 | 43 => Some(25.5),
        _ if minute % 3 == 0 && !(26..36).contains(&minute) => Some(1.0),
        _ => None,
    };
    let data = (0..60).filter_map(|minute| Some(datum("m", None, after(minute * 60), value(minute)?))).collect();
    world.put_data(data).await;
}

/// Time, states and reason of each change that happened.
fn happened(world: &World, name: &str, now: Timestamp) -> Vec<(String, String, String)> {
    let mut entries = history::read(&world.parts.catalog, &scope(), Some(name), now);
    entries.retain(|entry| entry.record.value.kind == HistoryKind::StateUpdate);
    entries.sort_by_key(|entry| (entry.at, entry.sequence));
    let row = |entry: &history::Entry| {
        let data: Json = serde_json::from_str(&entry.record.value.data).unwrap();
        let reason = data["newState"]["stateReason"].as_str().unwrap().to_owned();
        let states = entry.record.value.summary.strip_prefix("Alarm updated from ").unwrap().to_owned();
        (entry.at.iso(), states, reason)
    };
    entries.iter().map(row).collect()
}

fn backtested(page: &Json) -> Vec<(String, String, String)> {
    let text = |change: &Json, key: &str| change[key].as_str().unwrap().to_owned();
    let row = |change: &Json| {
        let states = format!("{} to {}", text(change, "oldState"), text(change, "newState"));
        (text(change, "at"), states, text(change, "reason"))
    };
    page["changes"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn a_backtest_is_what_happened() {
    let world = World::new().await;
    put_hour(&world).await;
    for (name, period, n, m, treatment) in [
        ("load", 60, 2, Some(1), None),
        ("long", 300, 2, None, Some(TreatMissingData::NotBreaching)),
        ("fast", 10, 3, Some(1), Some(TreatMissingData::Ignore)),
        ("none", 60, 3, Some(3), Some(TreatMissingData::Breaching)),
    ] {
        let alarm =
            MetricAlarm { datapoints_to_alarm: m, treat_missing_data: treatment, ..metric_alarm("m", period, n) };
        world.put_alarm(name, AlarmKind::Metric(alarm), after(30)).await;
    }
    let to = after(65 * 60);
    world.run_until(to).await;
    let cloudwatch = cloudwatch(&world);
    for (name, changes) in [
        ("load", json!({})),
        ("long", json!({ "Period": 300, "DatapointsToAlarm": null, "TreatMissingData": "notBreaching" })),
        ("fast", json!({ "Period": 10, "EvaluationPeriods": 3, "TreatMissingData": "ignore" })),
        ("none", json!({ "EvaluationPeriods": 3, "DatapointsToAlarm": 3, "TreatMissingData": "breaching" })),
    ] {
        let mut asked = request();
        asked["AlarmName"] = json!(name);
        for (key, value) in changes.as_object().unwrap() {
            asked[key] = value.clone();
        }
        asked.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let page = cloudwatch.backtest_alarm(&context(to), &asked, &after(30).iso(), None).await.unwrap();
        let happened = happened(&world, name, to);
        assert!(happened.len() > 2, "{name}: {happened:?}");
        assert_eq!(backtested(&page), happened, "{name}");
        let seconds: f64 = page["seconds"].as_object().unwrap().values().filter_map(Json::as_f64).sum();
        assert_eq!(seconds, 65.0 * 60.0 - 30.0);
        assert_eq!(page["changesLeftOff"], 0);
    }
}

#[tokio::test]
async fn many_times_show_what_each_alone_shows() {
    let world = World::new().await;
    put_hour(&world).await;
    let mut named = metric_alarm("m", 60, 3);
    let Watched::Metric(watched) = &mut named.watched else { panic!() };
    watched.unit = Some("None".to_owned());
    let mut percentile = metric_alarm("m", 7200, 2);
    let Watched::Metric(watched) = &mut percentile.watched else { panic!() };
    watched.stat = "p90".to_owned();
    let alarms = [
        metric_alarm("m", 60, 1),
        metric_alarm("m", 120, 5),
        metric_alarm("m", 3600, 24),
        metric_alarm("m", 3660, 2),
        metric_alarm("m", 7200, 3),
        metric_alarm("m", 86_400, 1),
        metric_alarm("m", 86_400, 3),
        metric_alarm("m", 10, 3),
        metric_alarm("m", 30, 700),
        metric_alarm("none", 60, 3),
        named,
        percentile,
        query_alarm(vec![metric_query("m1", "m", false), expression("e1", "m1 * 2")]),
    ];
    for alarm in alarms {
        let mut times = vec![after(2)];
        while times.len() < 90 {
            times.push(schedule::next_after(&scope(), "a", &alarm, times[times.len() - 1]));
        }
        let (place, shared) = (scope(), Arc::new(alarm.clone()));
        let replay = Replay::of(world.store.metrics(), world.store.catalog(), &place, &alarm);
        let together = replay.observe(&times).await.unwrap();
        assert_eq!(together.len(), times.len());
        for (now, (seen, problem)) in times.iter().zip(together) {
            let asked = [(place.clone(), shared.clone())];
            let alone = observe(world.store.metrics(), world.store.catalog(), &asked, *now).await.unwrap();
            assert_eq!(seen, alone[0], "{alarm:?} at {now}");
            assert_eq!(problem, None);
        }
    }
}

#[tokio::test]
async fn expressions_are_read_anew_at_each_time_and_their_range_is_shorter() {
    let world = World::new().await;
    let metric = metric_alarm("m", 60, 1);
    let queries = query_alarm(vec![metric_query("m1", "m", false), expression("e1", "m1 * 2")]);
    let place = scope();
    let cheap = |alarm| Replay::of(world.store.metrics(), world.store.catalog(), &place, alarm).is_cheap();
    assert!(cheap(&metric));
    assert!(!cheap(&queries));
    let (cloudwatch, cx) = (cloudwatch(&world), context(NOW));
    let refused = cloudwatch.backtest_alarm(&cx, &request(), "800d", None).await.unwrap_err();
    assert!(refused.message.unwrap().contains("more than the 1000000 of one backtest; 694 days"));
    let asked = json!({
        "AlarmName": "rate", "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [
            { "Id": "m1", "ReturnData": false, "MetricStat":
                { "Metric": { "Namespace": "Shop", "MetricName": "m" }, "Period": 60, "Stat": "Sum" } },
            { "Id": "e1", "Expression": "m1 * 2" },
        ],
    });
    let refused = cloudwatch.backtest_alarm(&cx, &asked, "80d", None).await.unwrap_err();
    assert!(refused.message.unwrap().contains("more than the 100000 of one backtest; 69 days"));
    let page = cloudwatch.backtest_alarm(&cx, &asked, "10m", None).await.unwrap();
    assert_eq!(page["evaluations"], 11);
}

#[tokio::test]
async fn what_cannot_be_backtested_is_refused_with_its_reason() {
    let world = World::new().await;
    let (cloudwatch, cx) = (cloudwatch(&world), context(NOW));
    let with = |key: &str, value: Json| {
        let mut asked = request();
        asked[key] = value;
        asked
    };
    for (asked, from, to, words) in [
        (with("Treshold", json!(1)), "1h", None, "Unknown parameter in the alarm: Treshold"),
        (with("Dimensions", json!([{ "Nam": "a" }])), "1h", None, "Unknown parameter in the alarm: Dimensions[0].Nam"),
        (with("Period", json!(7)), "1h", None, "Period must be 10, 20, 30 or a multiple of 60"),
        (with("Period", json!("sixty")), "1h", None, "The alarm cannot be read"),
        (with("ComparisonOperator", json!("Above")), "1h", None, "comparisonOperator"),
        (json!([]), "1h", None, "The alarm cannot be read"),
        (request(), "soon", None, "from must be a time"),
        (request(), "1h", Some("2h"), "which is not before to"),
        (request(), "1h", Some("2126-02-26T10:00:00Z"), "which is after the server's present time"),
    ] {
        let refused = cloudwatch.backtest_alarm(&cx, &asked, from, to).await.unwrap_err();
        let message = refused.message.unwrap_or_default();
        assert!(message.contains(words), "{message}");
        assert_eq!(refused.status, 400);
    }
}

#[tokio::test]
async fn an_alarm_that_cannot_be_evaluated_says_so() {
    let world = World::new().await;
    let metric = |id: &str, host: &str| {
        json!({
            "Id": id, "ReturnData": false,
            "MetricStat": { "Period": 60, "Stat": "Sum", "Metric": {
                "Namespace": "Shop", "MetricName": "m", "Dimensions": [{ "Name": "Host", "Value": host }],
            } },
        })
    };
    let asked = json!({
        "AlarmName": "many", "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [metric("m1", "a"), metric("m2", "b"), { "Id": "e1", "Expression": "[m1, m2] * 2" }],
    });
    let data = ["a", "b"].map(|host| datum("m", Some(host), after(-90), 5.0));
    world.put_data(data.to_vec()).await;
    let page = cloudwatch(&world).backtest_alarm(&context(NOW), &asked, "1m", None).await.unwrap();
    let note = page["notes"][0].as_str().unwrap_or_default();
    assert!(note.starts_with("EVALUATION_ERROR at 2 evaluations, the first at 2026-02-26T09:59:02Z"), "{page}");
}

#[tokio::test]
async fn series_of_a_query_change_for_themselves() {
    let world = World::new().await;
    let asked = json!({
        "AlarmName": "fleet", "EvaluationPeriods": 1, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [{
            "Id": "q", "Expression": "SELECT AVG(m) FROM SCHEMA(Shop, Host) GROUP BY Host ORDER BY AVG() DESC",
            "Period": 60,
        }],
    });
    let data = [("a", 5.0), ("b", 25.0)].map(|(host, value)| datum("m", Some(host), after(-120), value));
    world.put_data(data.to_vec()).await;
    let page = cloudwatch(&world).backtest_alarm(&context(NOW), &asked, "2m", None).await.unwrap();
    let changes = page["changes"].as_array().unwrap();
    let of = |contributor: &Json| changes.iter().find(|change| change.get("contributor") == Some(contributor)).unwrap();
    assert_eq!(of(&json!({ "Host": "b" }))["newState"], "ALARM");
    let whole = changes.iter().find(|change| change.get("contributor").is_none()).unwrap();
    assert_eq!(whole["reason"], "1 out of 2 time series evaluated to ALARM", "{page}");
}
