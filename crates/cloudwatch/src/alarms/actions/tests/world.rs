//! A catalog with one alarm, a clock that is turned, and the job over both.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base::{Scope, SeededEntropy, SimulatedClock};
use outbound::{Fence, HttpClient, Trust, Upstreams};
use serde::{Deserialize, Serialize};
use store::catalog::sqlite::SqliteBackend;
use store::catalog::{CatalogBackend, Change, Key, Record, Stored, Transaction};

use super::super::*;
use crate::alarms::{ActionError, Publication, Topics, key};
use crate::record::{
    AlarmActionRecord, AlarmHistoryRecord, AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, AlarmTask, Comparison,
    MetricAlarm, StateValue, Tag, TagsRecord, Watched, WatchedMetric,
};

pub(super) const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:t";
pub(super) const OTHER_TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:other";
pub(super) const STOP: &str = "arn:aws:automate:us-east-1:ec2:stop";

/// What was published, as it stands in the catalog.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) topic: String,
    pub(super) subject: String,
    pub(super) bodies: String,
}

impl Record for Sent {
    const KIND: &'static str = "test.sent";
    const FORMAT: u32 = 1;
}

/// Topics whose messages are records.
#[derive(Default)]
pub(super) struct FakeTopics {
    pub(super) refusal: Mutex<Option<ActionError>>,
    pub(super) published: AtomicUsize,
}

#[async_trait]
impl Topics for FakeTopics {
    async fn publish(&self, it: &Publication, _: Timestamp, transaction: &mut Transaction) -> Result<(), ActionError> {
        let sent = Sent { topic: it.topic_arn.clone(), subject: it.subject.clone(), bodies: it.bodies.clone() };
        transaction.create(Key::global(&it.scope.account, it.deduplication_id.clone()), &sent);
        self.refusal.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    fn published(&self) {
        self.published.fetch_add(1, Ordering::Relaxed);
    }
}

/// A backend that can be made to have no space.
struct Flaky {
    inner: SqliteBackend,
    full: Arc<AtomicBool>,
    full_once: Arc<AtomicBool>,
}

#[async_trait]
impl CatalogBackend for Flaky {
    async fn load(&self, take: &mut (dyn FnMut(Stored) + Send)) -> Result<(), CatalogError> {
        self.inner.load(take).await
    }

    async fn apply(&self, changes: &[(Change, u64)]) -> Result<(), CatalogError> {
        if self.full_once.swap(false, Ordering::Relaxed) || self.full.load(Ordering::Relaxed) {
            return Err(CatalogError::Full);
        }
        self.inner.apply(changes).await
    }
}

/// All of it.
pub(super) struct World {
    pub(super) catalog: Arc<Catalog>,
    pub(super) topics: Arc<FakeTopics>,
    pub(super) clock: Arc<SimulatedClock>,
    pub(super) full: Arc<AtomicBool>,
    full_once: Arc<AtomicBool>,
    pub(super) job: RunAlarmActions,
    // Not before this time, after a failure.
    paused_until: Mutex<Option<Timestamp>>,
    signals: Arc<Signals>,
    entropy: Arc<SeededEntropy>,
    _folder: tempfile::TempDir,
}

impl World {
    /// A world with these upstreams and this webhook.
    pub(super) async fn new(upstreams: &[String], webhook: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (full, full_once) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let inner = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
        let backend = Arc::new(Flaky { inner, full: full.clone(), full_once: full_once.clone() });
        let catalog = Arc::new(Catalog::open(backend).await.unwrap());
        let clock = Arc::new(SimulatedClock::new(Timestamp::parse_iso("2026-02-26T10:00:00Z").unwrap()));
        let http = HttpClient::new(Trust::Roots(rustls::RootCertStore::empty()), Fence::Open);
        let all = upstreams.iter().map(|text| text.parse().unwrap()).collect();
        let none = Trust::Roots(rustls::RootCertStore::empty());
        let upstreams = Upstreams::new(all, none, Fence::Open, clock.clone()).unwrap();
        let topics = Arc::new(FakeTopics::default());
        let (signals, entropy) = (Arc::new(Signals::default()), Arc::new(SeededEntropy::new(1)));
        let job = RunAlarmActions::new(ActionParts {
            catalog: catalog.clone(),
            outlets: Outlets {
                topics: topics.clone(),
                upstreams,
                http,
                event_webhook: webhook.map(|url| url.parse().unwrap()),
            },
            signals: signals.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        });
        Self {
            catalog,
            topics,
            clock,
            full,
            full_once,
            job,
            paused_until: Mutex::default(),
            signals,
            entropy,
            _folder: folder,
        }
    }

    /// Puts an alarm that is in ALARM since now.
    pub(super) async fn put_alarm(&self, name: &str, actions: &[&str]) -> AlarmRecord {
        let now = self.clock.now();
        let alarm = AlarmRecord {
            description: None,
            actions_enabled: true,
            ok_actions: Vec::new(),
            alarm_actions: actions.iter().map(|arn| (*arn).to_owned()).collect(),
            insufficient_data_actions: Vec::new(),
            created: now,
            configured: now,
            switched: None,
            kind: AlarmKind::Metric(metric()),
        };
        let state = AlarmStateRecord {
            state: state(StateValue::Alarm, now),
            updated: now,
            transitioned: now,
            evaluation: None,
            contributors: Default::default(),
            suppression: None,
            muted: None,
            notified: None,
        };
        let mut transaction = Transaction::default();
        transaction.create(key(&scope(), name), &alarm).create(key(&scope(), name), &state);
        self.catalog.commit(transaction).await.unwrap();
        alarm
    }

    /// Puts an alarm that is in ALARM since now, with the tasks that this asks for.
    pub(super) async fn fire(&self, name: &str, actions: &[&str]) {
        let alarm = self.put_alarm(name, actions).await;
        for arn in actions {
            self.ask(name, &alarm, AlarmTask::Run((*arn).to_owned())).await;
        }
    }

    /// Leaves a task of an alarm.
    pub(super) async fn ask(&self, name: &str, alarm: &AlarmRecord, task: AlarmTask) {
        let now = self.clock.now();
        let action = AlarmActionRecord {
            task,
            alarm: alarm.clone(),
            old: state(StateValue::Ok, now),
            new: state(StateValue::Alarm, now),
            contributor: None,
            after_mute_window: false,
            due: now,
            attempts: 0,
        };
        let id = base::id::uuid(&*self.entropy);
        let mut transaction = Transaction::default();
        let count = self.tasks().len();
        let name = format!("{name}\n{:014}-{count:04}-{id}", now.millis());
        transaction.create(key(&scope(), &name), &action);
        self.catalog.commit(transaction).await.unwrap();
        self.signals.actions.notify_one();
    }

    /// Wakes the job, as those who leave tasks do.
    pub(super) fn wake(&self) {
        self.signals.actions.notify_one();
    }

    /// Lets one commit find no space.
    pub(super) fn fail_next_commit(&self) {
        self.full_once.store(true, Ordering::Relaxed);
    }

    /// Whether that commit is still to come.
    pub(super) fn is_to_fail(&self) -> bool {
        self.full_once.load(Ordering::Relaxed)
    }

    /// Gives an alarm the tag that makes it repeat itself.
    pub(super) async fn tag(&self, name: &str, interval: &str) {
        let tags = vec![Tag { key: renotify::TAG.to_owned(), value: interval.to_owned() }];
        self.put(&format!("alarm:{name}"), &TagsRecord { tags }).await;
    }

    /// Writes a record whatever was there.
    pub(super) async fn put<R: Record>(&self, name: &str, record: &R) {
        let mut transaction = Transaction::default();
        transaction.put(key(&scope(), name), record);
        self.catalog.commit(transaction).await.unwrap();
    }

    /// Changes an alarm's state record.
    pub(super) async fn edit_state(&self, name: &str, edit: impl FnOnce(&mut AlarmStateRecord)) {
        let found = self.catalog.get::<AlarmStateRecord>(&key(&scope(), name)).unwrap();
        let mut record = AlarmStateRecord::clone(&found.value);
        edit(&mut record);
        self.put(name, &record).await;
    }

    /// Takes an alarm back into OK.
    pub(super) async fn recover(&self, name: &str) {
        let now = self.clock.now();
        self.edit_state(name, |record| {
            record.state = state(StateValue::Ok, now);
            record.transitioned = now;
        })
        .await;
    }

    /// Removes an alarm.
    pub(super) async fn remove(&self, name: &str) {
        let key = key(&scope(), name);
        let version = self.catalog.get::<AlarmRecord>(&key).unwrap().version;
        let mut transaction = Transaction::default();
        transaction.delete::<AlarmRecord>(key, version);
        self.catalog.commit(transaction).await.unwrap();
    }

    /// Runs the job as a move of the clock by so many seconds would, and gives the seconds after
    /// which it ran. After a failure it is left alone for ten seconds.
    pub(super) async fn pass(&self, secs: i64) -> Vec<i64> {
        let (began, mut ran) = (self.clock.now(), Vec::new());
        let end = began.plus_millis(secs * 1000);
        while let Some(due) = self.next_due(began).filter(|due| *due <= end) {
            let now = self.clock.move_to(due.max(self.clock.now()));
            ran.push((now.millis() - began.millis()) / 1000);
            let failed = self.job.run(now).await.is_err();
            *self.paused_until.lock().unwrap() = failed.then(|| now.plus_millis(10_000));
        }
        self.clock.move_to(end);
        ran
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let due = self.job.next_due(last_run)?;
        Some(self.paused_until.lock().unwrap().map_or(due, |until| due.max(until)))
    }

    pub(super) fn tasks(&self) -> Vec<(Key, AlarmActionRecord)> {
        let all = self.catalog.list_all::<AlarmActionRecord>().into_iter();
        all.map(|(key, found)| (key, AlarmActionRecord::clone(&found.value))).collect()
    }

    /// The entries of the history, oldest first.
    pub(super) fn history(&self) -> Vec<AlarmHistoryRecord> {
        let mut all = self.catalog.list_all::<AlarmHistoryRecord>();
        all.sort_by(|a, b| a.0.name.split_once('\n').unwrap().1.cmp(b.0.name.split_once('\n').unwrap().1));
        all.into_iter().map(|(_, found)| AlarmHistoryRecord::clone(&found.value)).collect()
    }

    /// The one-line summaries of the history, oldest first.
    pub(super) fn summaries(&self) -> Vec<String> {
        self.history().into_iter().map(|entry| entry.summary).collect()
    }

    pub(super) fn sent(&self) -> Vec<Arc<Sent>> {
        self.catalog.list_all::<Sent>().into_iter().map(|(_, found)| found.value).collect()
    }
}

pub(super) fn scope() -> Scope {
    Scope { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

/// A state with the reason data of an evaluation.
pub(super) fn state(value: StateValue, since: Timestamp) -> AlarmState {
    let data = r#"{"version":"1.0","recentDatapoints":[3.0,21.5],"threshold":21.0}"#;
    AlarmState { value, reason: "it is".to_owned(), reason_data: Some(data.to_owned()), since }
}

fn metric() -> MetricAlarm {
    MetricAlarm {
        watched: Watched::Metric(WatchedMetric {
            namespace: "AWS/EC2".to_owned(),
            name: "CPUUtilization".to_owned(),
            dimensions: vec![("InstanceId".to_owned(), "i-0abc".to_owned())],
            stat: "Average".to_owned(),
            extended: false,
            period_secs: 60,
            unit: None,
        }),
        comparison: Comparison::GreaterThanThreshold,
        threshold: Some(21.0),
        threshold_metric_id: None,
        evaluation_periods: 1,
        datapoints_to_alarm: None,
        treat_missing_data: None,
        low_samples: None,
    }
}
