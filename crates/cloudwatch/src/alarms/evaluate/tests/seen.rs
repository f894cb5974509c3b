//! What alarms of one series see.

use std::sync::Arc;

use base::Timestamp;
use store::job::Job as _;
use store::metric::{Datum, Unit};

use crate::alarms::decide::Observation;
use crate::alarms::points::{Observed, observe};
use crate::alarms::test_world::{NOW, World, after, datum, expression, metric_alarm, metric_query, query_alarm, scope};
use crate::record::{
    AlarmKind, Comparison, EvaluationProblem, MetricAlarm, StateValue, SubjectQueryForm, Watched, WatchedMetric,
};

async fn see(world: &World, alarm: MetricAlarm, now: Timestamp) -> Observed {
    let (metrics, catalog) = (world.store.metrics(), world.store.catalog());
    let seen = observe(metrics, catalog, &[(scope(), Arc::new(alarm))], now).await.unwrap();
    let [seen] = <[Observed; 1]>::try_from(seen).unwrap();
    seen
}

async fn see_one(world: &World, alarm: MetricAlarm, now: Timestamp) -> Observation {
    match see(world, alarm, now).await {
        Observed::One(seen) => seen,
        other => panic!("{other:?}"),
    }
}

/// The values by bucket, newest first: (seconds after NOW, value).
fn values(seen: &Observation) -> Vec<(i64, Option<f64>)> {
    seen.points.iter().map(|point| (point.start_secs - NOW.secs(), point.value)).collect()
}

fn watched(alarm: &mut MetricAlarm) -> &mut WatchedMetric {
    match &mut alarm.watched {
        Watched::Metric(watched) => watched,
        Watched::Queries(_) => panic!("it watches a metric"),
    }
}

fn in_unit(unit: &str, datum: Datum) -> Datum {
    Datum { unit: Unit::parse(unit).unwrap(), ..datum }
}

#[tokio::test]
async fn the_buckets_of_a_long_period_slide_by_the_minute() {
    let world = World::new().await;
    world.put_data((0..20).map(|minute| datum("m", None, after(60 * minute), minute as f64)).collect()).await;
    let mut alarm = metric_alarm("m", 300, 2);
    watched(&mut alarm).stat = "Sum".to_owned();
    let seen = see_one(&world, alarm.clone(), after(10 * 60 + 4)).await;
    assert_eq!(values(&seen), [(300, Some(35.0)), (0, Some(10.0)), (-300, None), (-600, None)]);
    assert_eq!((seen.period_secs, seen.query_millis), (300, after(604).millis()));
    let seen = see_one(&world, alarm, after(11 * 60 + 4)).await;
    assert_eq!(values(&seen)[..2], [(360, Some(40.0)), (60, Some(15.0))]);
}

#[tokio::test]
async fn buckets_of_high_resolution_end_at_the_last_ten_seconds() {
    let world = World::new().await;
    let datum = |at, value| Datum { high_resolution: true, ..datum("m", None, after(at), value) };
    world.put_data(vec![datum(5, 1.0), datum(35, 2.0), datum(41, 3.0)]).await;
    let seen = see_one(&world, metric_alarm("m", 30, 1), after(43)).await;
    assert_eq!(values(&seen), [(10, Some(2.0)), (-20, Some(1.0)), (-50, None)]);
    let math = MetricAlarm {
        watched: Watched::Queries(vec![
            {
                let mut query = metric_query("m1", "m", false);
                let SubjectQueryForm::Metric { period_secs, .. } = &mut query.form else { panic!("a metric") };
                *period_secs = 30;
                query
            },
            expression("e1", "m1 * 10"),
        ]),
        ..metric_alarm("m", 30, 1)
    };
    let seen = see_one(&world, math, after(43)).await;
    assert_eq!(values(&seen), [(10, Some(20.0)), (-20, Some(10.0)), (-50, None)]);
}

#[tokio::test]
async fn alarms_over_more_than_a_day_see_up_to_the_last_hour() {
    let world = World::new().await;
    world.put_data(vec![datum("m", None, after(-1800), 4.0), datum("m", None, after(600), 9.0)]).await;
    let seen = see_one(&world, metric_alarm("m", 3600, 25), after(1800)).await;
    assert_eq!(values(&seen)[0], (-3600, Some(4.0)));
    assert_eq!(seen.points.len(), 27);
}

#[tokio::test]
async fn a_unit_filters_and_without_one_the_preferred_is_seen() {
    let world = World::new().await;
    let of = |unit, value| in_unit(unit, datum("m", None, NOW, value));
    world.put_data(vec![of("Seconds", 1.0), of("Count", 2.0), of("Milliseconds", 3.0)]).await;
    for (unit, value) in
        [(Some("Seconds"), Some(1.0)), (Some("Milliseconds"), Some(3.0)), (Some("Bytes"), None), (None, Some(2.0))]
    {
        let mut alarm = metric_alarm("m", 60, 1);
        watched(&mut alarm).unit = unit.map(str::to_owned);
        assert_eq!(see_one(&world, alarm, after(64)).await.points[0].value, value, "{unit:?}");
    }
}

#[tokio::test]
async fn dimensions_are_the_same_in_any_order() {
    let world = World::new().await;
    let pairs = [("Host", "web"), ("Zone", "a")];
    let mut stored = datum("m", None, NOW, 5.0);
    stored.metric.dimensions = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    world.put_data(vec![stored]).await;
    let mut alarm = metric_alarm("m", 60, 1);
    watched(&mut alarm).dimensions =
        pairs.iter().rev().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let point = see_one(&world, alarm, after(64)).await.points[0];
    assert_eq!((point.value, point.samples), (Some(5.0), Some(1.0)));
}

#[tokio::test]
async fn alarms_are_seen_in_the_order_they_are_given() {
    let world = World::new().await;
    let data = (0..100).map(|number| datum(&format!("m{number}"), None, NOW, f64::from(number))).collect();
    world.put_data(data).await;
    // Some have the same buckets, some others; some have no data.
    let alarm = |number: u32| {
        let metric = metric_alarm(&format!("m{number}"), 60 * (1 + number % 3), 1 + number % 2);
        (scope(), Arc::new(metric))
    };
    let alarms: Vec<_> = (0..120).map(alarm).collect();
    let seen = observe(world.store.metrics(), world.store.catalog(), &alarms, after(64)).await.unwrap();
    for (number, seen) in (0..).zip(seen) {
        let Observed::One(seen) = seen else { panic!("{seen:?}") };
        let found = seen.points.iter().find_map(|point| point.value);
        assert_eq!(found, (number < 100).then_some(f64::from(number)), "{number}");
    }
}

#[tokio::test]
async fn math_is_compared_bucket_by_bucket() {
    let world = World::new().await;
    world
        .put_data(vec![
            datum("errors", None, NOW, 4.0),
            datum("requests", None, NOW, 8.0),
            datum("requests", None, after(60), 5.0),
        ])
        .await;
    let queries = vec![
        metric_query("m1", "errors", false),
        metric_query("m2", "requests", false),
        expression("e1", "100 * m1 / m2"),
    ];
    let seen = see_one(&world, query_alarm(queries.clone()), after(124)).await;
    // Where one of the two has no data it counts as zero (cloudwatch.md §4.2); where both have none
    // the point is missing.
    assert_eq!(values(&seen), [(60, Some(0.0)), (0, Some(50.0)), (-60, None)]);
    assert_eq!(seen.points[1].samples, None);
    world.put_alarm("a", AlarmKind::Metric(query_alarm(queries)), after(60)).await;
    world.job.run(after(64)).await.unwrap();
    assert_eq!(world.value("a"), StateValue::Alarm);
}

#[tokio::test]
async fn an_alarm_that_cannot_be_evaluated_says_why_until_it_can() {
    let world = World::new().await;
    let broken = query_alarm(vec![expression("e1", "100 * m1")]);
    world.put_alarm("a", AlarmKind::Metric(broken), NOW).await;
    world.put_data(vec![datum("m", None, NOW, 20.0)]).await;
    world.run_until(after(64)).await;
    let record = world.state("a").value;
    assert_eq!(record.evaluation, Some(EvaluationProblem::EvaluationError));
    assert_eq!(record.state.value, StateValue::InsufficientData);
    assert!(record.state.reason.contains("Unknown id 'm1'"), "{}", record.state.reason);
    assert_eq!(world.history("a").len(), 1, "it is said once");
    world.put_alarm("a", AlarmKind::Metric(metric_alarm("m", 60, 1)), after(70)).await;
    world.run_until(after(72)).await;
    assert_eq!((world.value("a"), world.state("a").value.evaluation), (StateValue::Alarm, None));
}

#[tokio::test]
async fn an_anomaly_alarm_sees_the_band_around_each_point() {
    let world = World::new().await;
    let value = |minute: i64| if minute % 2 == 0 { 9.0 } else { 11.0 };
    let mut data: Vec<Datum> = (-600..0).map(|minute| datum("m", None, after(60 * minute), value(minute))).collect();
    data.push(datum("m", None, NOW, 500.0));
    world.put_data(data).await;
    let alarm = MetricAlarm {
        comparison: Comparison::LessThanLowerOrGreaterThanUpperThreshold,
        threshold: None,
        threshold_metric_id: Some("ad1".to_owned()),
        ..query_alarm(vec![metric_query("m1", "m", true), expression("ad1", "ANOMALY_DETECTION_BAND(m1, 2)")])
    };
    let seen = see_one(&world, alarm.clone(), after(64)).await;
    let point = seen.points[0];
    let (lower, upper) = point.band.unwrap();
    assert_eq!((point.start_secs, point.value), (NOW.secs(), Some(500.0)));
    assert!(lower <= 10.0 && (10.0..500.0).contains(&upper), "{lower} to {upper}");
    world.put_alarm("a", AlarmKind::Metric(alarm), after(60)).await;
    world.job.run(after(64)).await.unwrap();
    assert_eq!(world.value("a"), StateValue::Alarm);
}

#[tokio::test]
async fn a_store_that_fails_is_an_evaluation_failure_and_not_the_end() {
    let world = World::new().await;
    // Old enough not to be kept in memory beside the files.
    let old = after(-6 * 3600);
    world.put_data(vec![datum("m", None, old, 20.0)]).await;
    world.store.metrics().flush(NOW).await.unwrap();
    world.store.metrics().compact(NOW).await.unwrap();
    let tables = world.folder.path().join("tables/metric_1m");
    let away = world.folder.path().join("away");
    std::fs::rename(&tables, &away).unwrap();
    let alarm = MetricAlarm { datapoints_to_alarm: Some(1), ..metric_alarm("m", 3600, 8) };
    world.put_alarm("a", AlarmKind::Metric(alarm), NOW).await;
    world.put_alarm("b", AlarmKind::Metric(metric_alarm("m", 60, 1)), NOW).await;
    world.run_until(after(70)).await;
    assert_eq!(world.state("a").value.evaluation, Some(EvaluationProblem::EvaluationFailure));
    assert_eq!(world.value("a"), StateValue::InsufficientData);
    assert_eq!(world.state("b").value.evaluation, None, "it needs no files");
    std::fs::rename(&away, &tables).unwrap();
    world.run_until(after(140)).await;
    assert_eq!((world.value("a"), world.state("a").value.evaluation), (StateValue::Alarm, None));
}
