//! What it costs to evaluate a hundred thousand alarms, in the time of one core.

use std::path::Path;
use std::sync::Arc;

use base::{Clock, Scope, SeededEntropy, SystemClock, Timestamp};
use cloudwatch::alarms::Signals;
use cloudwatch::alarms::evaluate::EvaluateAlarms;
use cloudwatch::alarms::transition::TransitionParts;
use cloudwatch::record::{
    AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, Comparison, MetricAlarm, StateValue, Watched, WatchedMetric,
};
use store::catalog::{Key, Transaction};
use store::job::Job;
use store::metric::{Datum, Metric, StatSample, Unit};
use store::{Store, StoreOptions};

use crate::Failure;
use crate::table::Table;

const ALARMS: usize = 100_000;
/// One alarm of so many is of high resolution.
const HIGH_RESOLUTION_OF: usize = 10;
const WRITTEN_AT_ONCE: usize = 1_000;
const MINUTE_MS: i64 = 60_000;

/// Measures one minute of evaluations in which no state changes, and the first of all.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions::new(folder.join("alarms"), clock.clone())).await?;
    let scope = Scope { account: "000000000000".parse()?, region: "us-east-1".parse()? };
    let start = Timestamp::from_secs(clock.now().secs().div_euclid(60) * 60);
    put_alarms(&store, &scope, start.plus_millis(-MINUTE_MS)).await?;
    put_data(&store, &scope, start.secs()).await?;
    let parts =
        TransitionParts { catalog: store.catalog().clone(), entropy: Arc::new(SeededEntropy::new(1)), events: false };
    let job = EvaluateAlarms::new(store.metrics().clone(), parts, Arc::<Signals>::default());
    let before = cpu_secs()?;
    job.run(start).await?;
    row(table, &format!("first evaluation of {ALARMS} alarms, each goes into OK"), cpu_secs()? - before, "");
    in_ok(&store)?;
    let end = start.plus_millis(MINUTE_MS);
    let before = cpu_secs()?;
    while let Some(due) = job.next_due(start).filter(|due| *due <= end) {
        job.run(due).await?;
    }
    let what = format!("one minute of {ALARMS} alarms, 3 of 5, a tenth of them each 10 s");
    row(table, &what, cpu_secs()? - before, " (aim ≤ 0.08)");
    in_ok(&store)?;
    store.close().await?;
    Ok(())
}

fn row(table: &mut Table, what: &str, secs: f64, aim: &str) {
    let limit = "60 s (one core's minute)".to_owned();
    table.row(what, format!("{secs:.2} s of CPU"), limit, format!("{:.3}{aim}", secs / 60.0));
}

fn in_ok(store: &Store) -> Result<(), Failure> {
    let states = store.catalog().list_all::<AlarmStateRecord>();
    let ok = states.iter().filter(|(_, state)| state.value.state.value == StateValue::Ok).count();
    if ok == ALARMS { Ok(()) } else { Err(format!("{ok} of {ALARMS} alarms are in OK").into()) }
}

fn is_high_resolution(number: usize) -> bool {
    number.is_multiple_of(HIGH_RESOLUTION_OF)
}

async fn put_alarms(store: &Store, scope: &Scope, put: Timestamp) -> Result<(), Failure> {
    for first in (0..ALARMS).step_by(WRITTEN_AT_ONCE) {
        let mut transaction = Transaction::default();
        for number in first..first + WRITTEN_AT_ONCE {
            let key = Key::regional(&scope.account, &scope.region, format!("alarm-{number:06}"));
            transaction.create(key.clone(), &alarm(number, put)).create(key, &unchecked(put));
        }
        store.catalog().commit(transaction).await?;
    }
    Ok(())
}

fn alarm(number: usize, put: Timestamp) -> AlarmRecord {
    let Metric { namespace, name, dimensions } = metric(number);
    let watched = WatchedMetric {
        namespace: namespace.to_string(),
        name: name.to_string(),
        dimensions: dimensions.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        stat: "Average".to_owned(),
        extended: false,
        period_secs: if is_high_resolution(number) { 10 } else { 60 },
        unit: None,
    };
    let metric = MetricAlarm {
        watched: Watched::Metric(watched),
        comparison: Comparison::GreaterThanThreshold,
        threshold: Some(90.0),
        threshold_metric_id: None,
        evaluation_periods: 5,
        datapoints_to_alarm: Some(3),
        treat_missing_data: None,
        low_samples: None,
    };
    AlarmRecord {
        description: None,
        actions_enabled: true,
        ok_actions: Vec::new(),
        alarm_actions: vec!["arn:aws:sns:us-east-1:000000000000:bench".to_owned()],
        insufficient_data_actions: Vec::new(),
        created: put,
        configured: put,
        switched: None,
        kind: AlarmKind::Metric(metric),
    }
}

fn unchecked(put: Timestamp) -> AlarmStateRecord {
    let reason = "Unchecked: Initial alarm creation".to_owned();
    AlarmStateRecord {
        state: AlarmState { value: StateValue::InsufficientData, reason, reason_data: None, since: put },
        updated: put,
        transitioned: put,
        evaluation: None,
        contributors: Default::default(),
        suppression: None,
        muted: None,
        notified: None,
    }
}

/// Data of ten minutes before and of the minute that is measured.
async fn put_data(store: &Store, scope: &Scope, start_secs: i64) -> Result<(), Failure> {
    for first in (0..ALARMS).step_by(WRITTEN_AT_ONCE) {
        let numbers = first..first + WRITTEN_AT_ONCE;
        let data = numbers.flat_map(|number| {
            let (from, step) = if is_high_resolution(number) { (start_secs - 180, 10) } else { (start_secs - 600, 60) };
            let times = (from..start_secs + 60).step_by(step);
            times.map(move |time_secs| Datum {
                metric: metric(number),
                unit: Unit::NONE,
                time_secs,
                high_resolution: is_high_resolution(number),
                sample: StatSample::single((number % 80) as f64),
            })
        });
        store.metrics().put(scope, data.collect()).await?;
    }
    Ok(())
}

fn metric(number: usize) -> Metric {
    let dimension = ("host".into(), format!("host-{:05}", number / 10).into());
    Metric { namespace: "Bench".into(), name: format!("metric_{}", number % 10).into(), dimensions: [dimension].into() }
}

/// The time that this process has had of all cores, in seconds.
fn cpu_secs() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold anything; user and system time are the 12th and 13th after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    if ticks.len() == 2 {
        Ok(ticks.iter().sum::<f64>() / rustix::param::clock_ticks_per_second() as f64)
    } else {
        Err("no times in /proc/self/stat".into())
    }
}
