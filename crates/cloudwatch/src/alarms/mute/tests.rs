//! Mute rules on a catalog: who is muted, and what runs when the windows are over.

use base::Timestamp;
use store::catalog::Transaction;
use store::job::Job as _;

use super::*;
use crate::alarms::composite::evaluate::EvaluateComposites;
use crate::alarms::test_world::{NOW, World, after, alarm, alarm_key, metric_alarm, scope};
use crate::alarms::transition::Transition;
use crate::record::{AlarmTask, StateValue};

use StateValue::{Alarm, InsufficientData, Ok};

fn rule(expression: &str, duration: &str, targets: &[&str]) -> AlarmMuteRuleRecord {
    AlarmMuteRuleRecord {
        description: None,
        expression: expression.to_owned(),
        duration: duration.to_owned(),
        timezone: None,
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        start: None,
        expire: None,
        updated: NOW,
    }
}

async fn put(world: &World, name: &str, rule: &AlarmMuteRuleRecord) {
    let mut transaction = Transaction::default();
    transaction.put(key(&scope(), name), rule);
    world.commit(transaction).await;
}

async fn enter(world: &World, value: StateValue, now: Timestamp) {
    let (key, alarm, present) = (alarm_key("a"), world.alarm("a"), world.state("a"));
    let mut transition = Transition::of(&world.parts, &key, &alarm, &present, now);
    transition.enter(value, "set".to_owned(), None);
    let mut transaction = Transaction::default();
    transition.record(&mut transaction);
    world.commit(transaction).await;
}

/// The actions asked for: from which state into which, and whether after a mute window.
fn actions(world: &World) -> Vec<(StateValue, StateValue, bool)> {
    let tasks = world.tasks("a");
    let runs = tasks.iter().filter(|task| matches!(task.task, AlarmTask::Run(_)));
    runs.map(|task| (task.old.value, task.new.value, task.after_mute_window)).collect()
}

async fn world() -> (World, EvaluateComposites) {
    let world = World::new().await;
    world.put_record("a", &alarm(metric_alarm("m", 60, 1))).await;
    let job = EvaluateComposites::new(world.parts.clone(), world.signals.clone());
    job.run(NOW).await.unwrap();
    (world, job)
}

async fn run_until(job: &EvaluateComposites, until: Timestamp) {
    let mut now = NOW;
    for _ in 0..100 {
        let Some(due) = job.next_due(now).filter(|due| *due <= until) else { return };
        now = now.max(due);
        job.run(now).await.unwrap();
    }
    panic!("the job does not come to rest");
}

#[tokio::test]
async fn the_newest_window_is_told_and_the_others_are_counted() {
    let (world, _) = world().await;
    let now = after(3600 + 60);
    let muted = |alarm: &str| active(&world.parts.catalog, &scope(), alarm, now);
    put(&world, "other", &rule("0 * * * *", "PT1H", &["b"])).await;
    put(&world, "closed", &rule("0 9 * * *", "PT1H", &["a"])).await;
    assert_eq!(muted("a"), None);
    put(&world, "long", &rule("0 10 * * *", "PT8H", &["a", "b"])).await;
    put(&world, "new", &rule("at(2026-02-26T11:00)", "PT30M", &["a"])).await;
    let expected = ActiveMute { rule: "new".to_owned(), start: after(3600), end: after(5400), others: 1 };
    assert_eq!(muted("a"), Some(expected));
    assert_eq!(muted("b").map(|mute| (mute.rule, mute.others)), Some(("other".to_owned(), 1)));
    assert_eq!(muted("c"), None);
}

#[tokio::test]
async fn the_status_follows_the_windows() {
    let daily = rule("0 11 * * *", "PT1H", &["a"]);
    assert_eq!(status(&daily, after(0)), AlarmMuteRuleStatus::Scheduled);
    assert_eq!(status(&daily, after(3600)), AlarmMuteRuleStatus::Active);
    assert_eq!(status(&daily, after(7200)), AlarmMuteRuleStatus::Scheduled);
    let expiring = AlarmMuteRuleRecord { expire: Some(after(3700)), ..daily.clone() };
    assert_eq!(status(&expiring, after(3699)), AlarmMuteRuleStatus::Active);
    assert_eq!(status(&expiring, after(3700)), AlarmMuteRuleStatus::Expired);
    let once = rule("at(2026-02-26T11:00)", "PT1M", &["a"]);
    assert_eq!(status(&once, after(3660)), AlarmMuteRuleStatus::Expired);
    assert_eq!((mute_type(&once), mute_type(&daily)), ("ONE_TIME", "RECURRING"));
}

#[tokio::test]
async fn the_end_of_the_window_runs_the_actions_of_the_present_state() {
    let (world, job) = world().await;
    put(&world, "nightly", &rule("0 10 * * *", "PT30M", &["a"])).await;
    enter(&world, Alarm, after(60)).await;
    enter(&world, Ok, after(120)).await;
    enter(&world, Alarm, after(180)).await;
    run_until(&job, after(1799)).await;
    assert!(actions(&world).is_empty());
    assert_eq!(job.next_due(after(1799)), Some(after(1800)));
    run_until(&job, after(1800)).await;
    assert_eq!(actions(&world), [(Ok, Alarm, true)]);
    assert_eq!((job.next_due(after(1800)), &world.state("a").value.muted), (None, &None));
}

#[tokio::test]
async fn a_window_that_follows_at_once_mutes_on() {
    let (world, job) = world().await;
    put(&world, "first", &rule("0 10 * * *", "PT30M", &["a"])).await;
    put(&world, "second", &rule("20 10 * * *", "PT40M", &["a"])).await;
    enter(&world, Alarm, after(60)).await;
    run_until(&job, after(3599)).await;
    assert!(actions(&world).is_empty());
    run_until(&job, after(3600)).await;
    assert_eq!(actions(&world), [(InsufficientData, Alarm, true)]);
}

#[tokio::test]
async fn a_rule_that_is_removed_or_aims_elsewhere_mutes_no_more() {
    for removed in [true, false] {
        let (world, job) = world().await;
        put(&world, "r", &rule("0 10 * * *", "PT8H", &["a"])).await;
        enter(&world, Alarm, after(60)).await;
        run_until(&job, after(60)).await;
        assert!(actions(&world).is_empty());
        if removed {
            let found = world.parts.catalog.get::<AlarmMuteRuleRecord>(&key(&scope(), "r")).unwrap();
            let mut transaction = Transaction::default();
            transaction.delete::<AlarmMuteRuleRecord>(key(&scope(), "r"), found.version);
            world.commit(transaction).await;
        } else {
            put(&world, "r", &rule("0 10 * * *", "PT8H", &["b"])).await;
        }
        assert!(job.next_due(after(90)).is_some_and(|due| due <= after(90)));
        job.run(after(90)).await.unwrap();
        assert_eq!(actions(&world), [(InsufficientData, Alarm, true)], "removed: {removed}");
    }
}

#[tokio::test]
async fn nothing_runs_when_nothing_was_muted() {
    let (world, job) = world().await;
    enter(&world, Alarm, after(1)).await;
    put(&world, "r", &rule("0 10 * * *", "PT30M", &["a"])).await;
    run_until(&job, after(7200)).await;
    // The rule covered the change of 10:00:01, but was put after it.
    assert_eq!(actions(&world), [(InsufficientData, Alarm, false)]);
}

#[tokio::test]
async fn what_was_muted_before_a_restart_runs_after_it() {
    let (world, job) = world().await;
    put(&world, "r", &rule("0 10 * * *", "PT30M", &["a"])).await;
    enter(&world, Alarm, after(60)).await;
    drop(job);
    let job = EvaluateComposites::new(world.parts.clone(), world.signals.clone());
    job.run(after(4000)).await.unwrap();
    assert_eq!(actions(&world), [(InsufficientData, Alarm, true)]);
}
