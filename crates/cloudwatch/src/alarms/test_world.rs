//! Alarms over a store in a temporary folder, for the tests of what works on them.

use std::sync::Arc;

use base::{Scope, SeededEntropy, SimulatedClock, Timestamp};
use store::catalog::{Key, Transaction, Versioned};
use store::job::Job as _;
use store::metric::{Datum, Metric, StatSample, Unit};
use store::{Store, StoreOptions};
use tempfile::TempDir;

use super::evaluate::EvaluateAlarms;
use super::transition::TransitionParts;
use super::{Signals, key};
use crate::record::{
    AlarmActionRecord, AlarmHistoryRecord, AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, Comparison,
    MetricAlarm, StateValue, SubjectQuery, SubjectQueryForm, Watched, WatchedMetric,
};

/// 2026-02-26T10:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_772_100_000);

pub(crate) const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) parts: TransitionParts,
    pub(crate) signals: Arc<Signals>,
    pub(crate) job: EvaluateAlarms,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(SimulatedClock::new(NOW));
        let store = Store::open(StoreOptions::new(folder.path().to_owned(), clock)).await.unwrap();
        let entropy = Arc::new(SeededEntropy::new(1));
        let parts = TransitionParts { catalog: store.catalog().clone(), entropy, events: true };
        let signals = Arc::new(Signals::default());
        let job = EvaluateAlarms::new(store.metrics().clone(), parts.clone(), signals.clone());
        Self { store, parts, signals, job, folder }
    }

    /// Puts an alarm at a time, as the operation does.
    pub(crate) async fn put_alarm(&self, name: &str, kind: AlarmKind, now: Timestamp) {
        let record = AlarmRecord { kind, configured: now, created: now, ..alarm(metric_alarm("m", 60, 1)) };
        self.put_record(name, &record).await;
    }

    pub(crate) async fn put_record(&self, name: &str, record: &AlarmRecord) {
        let mut transaction = Transaction::default();
        transaction.put(key(&scope(), name), record);
        if self.parts.catalog.get::<AlarmStateRecord>(&key(&scope(), name)).is_none() {
            transaction.create(key(&scope(), name), &unchecked(record.created));
        }
        self.commit(transaction).await;
    }

    pub(crate) async fn commit(&self, transaction: Transaction) {
        self.parts.catalog.commit(transaction).await.unwrap();
    }

    pub(crate) fn alarm(&self, name: &str) -> Versioned<AlarmRecord> {
        self.parts.catalog.get(&key(&scope(), name)).unwrap()
    }

    pub(crate) fn state(&self, name: &str) -> Versioned<AlarmStateRecord> {
        self.parts.catalog.get(&key(&scope(), name)).unwrap()
    }

    pub(crate) fn value(&self, name: &str) -> StateValue {
        self.state(name).value.state.value
    }

    /// The history, oldest first.
    pub(crate) fn history(&self, name: &str) -> Vec<Arc<AlarmHistoryRecord>> {
        self.below::<AlarmHistoryRecord>(name)
    }

    /// The tasks, in the order they were asked for.
    pub(crate) fn tasks(&self, name: &str) -> Vec<Arc<AlarmActionRecord>> {
        self.below::<AlarmActionRecord>(name)
    }

    fn below<R: store::catalog::Record>(&self, name: &str) -> Vec<Arc<R>> {
        let Scope { account, region } = scope();
        let found = self.parts.catalog.list_prefix::<R>(&account, Some(&region), &format!("{name}\n"));
        found.into_iter().map(|(_, found)| found.value).collect()
    }

    pub(crate) async fn put_data(&self, data: Vec<Datum>) {
        self.store.metrics().put(&scope(), data).await.unwrap();
    }

    /// Runs the job at every time it is due up to a time, as moving the simulated clock does;
    /// tells at which times it ran.
    pub(crate) async fn run_until(&self, until: Timestamp) -> Vec<Timestamp> {
        let mut ran: Vec<Timestamp> = Vec::new();
        while let Some(due) = self.job.next_due(NOW).filter(|due| *due <= until) {
            let now = ran.last().map_or(due, |last| due.max(*last));
            self.job.run(now).await.unwrap();
            ran.push(now);
        }
        ran
    }
}

pub(crate) fn scope() -> Scope {
    Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

pub(crate) fn alarm_key(name: &str) -> Key {
    key(&scope(), name)
}

pub(crate) fn unchecked(now: Timestamp) -> AlarmStateRecord {
    let state = AlarmState {
        value: StateValue::InsufficientData,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        reason_data: None,
        since: now,
    };
    AlarmStateRecord {
        state,
        updated: now,
        transitioned: now,
        evaluation: None,
        contributors: Default::default(),
        suppression: None,
        muted: None,
        notified: None,
    }
}

/// An alarm with actions for OK and ALARM.
pub(crate) fn alarm(metric: MetricAlarm) -> AlarmRecord {
    AlarmRecord {
        description: None,
        actions_enabled: true,
        ok_actions: vec![TOPIC.to_owned()],
        alarm_actions: vec![TOPIC.to_owned()],
        insufficient_data_actions: Vec::new(),
        created: NOW,
        configured: NOW,
        switched: None,
        kind: AlarmKind::Metric(metric),
    }
}

/// An alarm on the average of a metric without dimensions above 10.
pub(crate) fn metric_alarm(name: &str, period_secs: u32, evaluation_periods: u32) -> MetricAlarm {
    let watched = WatchedMetric {
        namespace: "Shop".to_owned(),
        name: name.to_owned(),
        dimensions: Vec::new(),
        stat: "Average".to_owned(),
        extended: false,
        period_secs,
        unit: None,
    };
    MetricAlarm {
        watched: Watched::Metric(watched),
        comparison: Comparison::GreaterThanThreshold,
        threshold: Some(10.0),
        threshold_metric_id: None,
        evaluation_periods,
        datapoints_to_alarm: None,
        treat_missing_data: None,
        low_samples: None,
    }
}

/// An alarm on queries, with a value above 10.
pub(crate) fn query_alarm(queries: Vec<SubjectQuery>) -> MetricAlarm {
    MetricAlarm { watched: Watched::Queries(queries), ..metric_alarm("", 60, 1) }
}

pub(crate) fn metric_query(id: &str, name: &str, return_data: bool) -> SubjectQuery {
    let form = SubjectQueryForm::Metric {
        namespace: "Shop".to_owned(),
        name: name.to_owned(),
        dimensions: Vec::new(),
        period_secs: 60,
        stat: "Sum".to_owned(),
        unit: None,
    };
    SubjectQuery { id: id.to_owned(), form, label: None, return_data: Some(return_data), period_secs: None }
}

pub(crate) fn expression(id: &str, text: &str) -> SubjectQuery {
    let form = SubjectQueryForm::Expression(text.to_owned());
    SubjectQuery { id: id.to_owned(), form, label: None, return_data: Some(true), period_secs: Some(60) }
}

/// One sample of a metric of the namespace `Shop`, with a host when one is named.
pub(crate) fn datum(name: &str, host: Option<&str>, time: Timestamp, value: f64) -> Datum {
    let dimensions = host.map(|host| ("Host".into(), host.into()));
    Datum {
        metric: Metric { namespace: "Shop".into(), name: name.into(), dimensions: dimensions.into_iter().collect() },
        unit: Unit::NONE,
        time_secs: time.secs(),
        high_resolution: false,
        sample: StatSample::single(value),
    }
}

/// A time so many seconds after [`NOW`].
pub(crate) fn after(secs: i64) -> Timestamp {
    NOW.plus_millis(secs * 1000)
}
