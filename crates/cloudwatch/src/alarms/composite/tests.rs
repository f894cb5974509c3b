//! Composite alarms through the job, on a catalog.

mod cycles;
mod rules;
mod suppressors;

use base::Timestamp;
use store::catalog::Transaction;
use store::job::Job as _;

use super::evaluate::EvaluateComposites;
use super::suppression_of_change;
use crate::alarms::key;
use crate::alarms::test_world::{NOW, World, alarm_key, metric_alarm, scope};
use crate::alarms::transition::Transition;
use crate::record::{AlarmKind, AlarmRecord, AlarmTask, CompositeAlarm, StateValue, Suppressor};

/// A world with the job on composite alarms.
struct Composites {
    world: World,
    job: EvaluateComposites,
}

impl Composites {
    async fn new() -> Self {
        let world = World::new().await;
        let job = EvaluateComposites::new(world.parts.clone(), world.signals.clone());
        Self { world, job }
    }

    /// A metric alarm, which is in OK.
    async fn child(&self, name: &str) {
        self.world.put_alarm(name, AlarmKind::Metric(metric_alarm("m", 60, 1)), NOW).await;
        self.set(name, StateValue::Ok, NOW).await;
    }

    async fn put(&self, name: &str, rule: &str, suppressor: Option<Suppressor>, now: Timestamp) {
        let kind = AlarmKind::Composite(CompositeAlarm { rule: rule.to_owned(), suppressor });
        self.world.put_alarm(name, kind, now).await;
    }

    /// What SetAlarmState does.
    async fn set(&self, name: &str, value: StateValue, now: Timestamp) {
        let parts = &self.world.parts;
        let (key, alarm, present) = (alarm_key(name), self.world.alarm(name), self.world.state(name));
        let mut transition = Transition::of(parts, &key, &alarm, &present, now);
        if value != present.value.state.value {
            let held = suppression_of_change(&parts.catalog, &scope(), &alarm.value, &present.value, now);
            transition.edit(|record| record.suppression = held);
        }
        transition.enter(value, "set".to_owned(), None);
        let mut transaction = Transaction::default();
        transition.record(&mut transaction);
        self.world.commit(transaction).await;
    }

    async fn delete(&self, name: &str) {
        let (alarm, state) = (self.world.alarm(name), self.world.state(name));
        let mut transaction = Transaction::default();
        transaction.delete::<AlarmRecord>(key(&scope(), name), alarm.version);
        transaction.delete::<crate::record::AlarmStateRecord>(key(&scope(), name), state.version);
        self.world.commit(transaction).await;
    }

    /// Runs the job whenever it is due up to a time; tells how often it ran.
    async fn run_until(&self, until: Timestamp) -> usize {
        let (mut now, mut runs) = (NOW, 0);
        while let Some(due) = self.job.next_due(now).filter(|due| *due <= until) {
            now = now.max(due);
            self.job.run(now).await.unwrap();
            runs += 1;
            assert!(runs < 100, "the job does not come to rest");
        }
        runs
    }

    /// Lets changes that were made at a time be seen at that time.
    async fn run_at(&self, now: Timestamp) {
        for _ in 0..10 {
            if self.job.next_due(now).is_none_or(|due| due > now) {
                return;
            }
            self.job.run(now).await.unwrap();
        }
        panic!("the job does not come to rest");
    }

    fn value(&self, name: &str) -> StateValue {
        self.world.value(name)
    }

    /// The actions asked for: from which state into which, and whether after a mute window.
    fn actions(&self, name: &str) -> Vec<(StateValue, StateValue, bool)> {
        let tasks = self.world.tasks(name);
        let runs = tasks.iter().filter(|task| matches!(task.task, AlarmTask::Run(_)));
        runs.map(|task| (task.old.value, task.new.value, task.after_mute_window)).collect()
    }
}
