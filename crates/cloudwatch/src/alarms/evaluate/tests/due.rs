//! When alarms are evaluated.

use std::time::Duration;

use store::catalog::Transaction;
use store::job::Job as _;

use crate::alarms::evaluate::Shard;
use crate::alarms::evaluate::queue::Queue;
use crate::alarms::schedule;
use crate::alarms::test_world::{NOW, World, after, alarm, alarm_key, datum, metric_alarm, scope};
use crate::record::{AlarmKind, AlarmRecord, AlarmStateRecord, CompositeAlarm, StateValue};

fn metric(period_secs: u32) -> AlarmKind {
    AlarmKind::Metric(metric_alarm("m", period_secs, 1))
}

#[tokio::test]
async fn without_alarms_nothing_is_ever_due() {
    let world = World::new().await;
    assert_eq!(world.job.next_due(NOW), None);
    let composite = CompositeAlarm { rule: "ALARM(a)".to_owned(), suppressor: None };
    world.put_alarm("c", AlarmKind::Composite(composite), NOW).await;
    assert_eq!(world.job.next_due(NOW), None, "composite alarms are not evaluated here");
}

#[tokio::test]
async fn an_alarm_is_due_two_seconds_after_it_was_put_and_then_by_its_schedule() {
    let world = World::new().await;
    world.put_alarm("a", metric(60), NOW).await;
    let ran = world.run_until(after(300)).await;
    let mut expected = vec![after(2)];
    while let Some(last) = expected.last().copied().filter(|last| *last < after(300)) {
        expected.push(schedule::next_after(&scope(), "a", &metric_alarm("m", 60, 1), last));
    }
    expected.pop();
    assert_eq!(ran, expected);
    assert!(ran.len() >= 5);
}

#[tokio::test]
async fn high_resolution_is_evaluated_every_ten_seconds() {
    let world = World::new().await;
    world.put_alarm("a", metric(10), NOW).await;
    let ran = world.run_until(after(62)).await;
    let steps: Vec<Duration> = ran[1..].windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert_eq!(steps, [Duration::from_secs(10); 5]);
}

#[tokio::test]
async fn after_a_pause_an_alarm_is_evaluated_once_at_the_present() {
    let world = World::new().await;
    world.put_alarm("a", metric(60), NOW).await;
    world.put_data(vec![datum("m", None, after(3540), 20.0)]).await;
    world.job.run(after(3600)).await.unwrap();
    assert_eq!(world.value("a"), StateValue::Alarm);
    assert_eq!(world.history("a").len(), 1);
    assert!(world.job.next_due(NOW).unwrap() > after(3600));
    let version = world.state("a").version;
    world.job.run(after(3600)).await.unwrap();
    assert_eq!(world.state("a").version, version, "it is not evaluated again");
}

#[tokio::test]
async fn a_state_that_stays_is_not_written() {
    let world = World::new().await;
    world.put_alarm("a", metric(60), NOW).await;
    world.put_data((-60..600).step_by(60).map(|at| datum("m", None, after(at), 1.0)).collect()).await;
    world.run_until(after(60)).await;
    assert_eq!(world.value("a"), StateValue::Ok);
    let changes = world.parts.catalog.changes::<AlarmStateRecord>();
    assert!(world.run_until(after(600)).await.len() >= 8);
    assert_eq!(world.parts.catalog.changes::<AlarmStateRecord>(), changes);
}

#[tokio::test]
async fn putting_an_alarm_anew_lets_it_be_due_a_moment_later_and_disabling_its_actions_does_not() {
    let world = World::new().await;
    world.put_alarm("a", metric(60), NOW).await;
    world.run_until(after(20)).await;
    let due = world.job.next_due(NOW).unwrap();
    let mut record = AlarmRecord::clone(&world.alarm("a").value);
    record.actions_enabled = false;
    record.switched = Some(after(20));
    world.put_record("a", &record).await;
    assert_eq!(world.job.next_due(NOW), Some(due));
    record.configured = after(30);
    world.put_record("a", &record).await;
    assert_eq!(world.job.next_due(NOW), Some(after(32)));
}

#[tokio::test]
async fn a_removed_alarm_is_not_due() {
    let world = World::new().await;
    for name in ["a", "b"] {
        world.put_alarm(name, metric(60), NOW).await;
    }
    assert!(world.job.next_due(NOW).is_some());
    for name in ["a", "b"] {
        let mut transaction = Transaction::default();
        transaction.delete::<AlarmRecord>(alarm_key(name), world.alarm(name).version);
        world.commit(transaction).await;
    }
    assert_eq!(world.job.next_due(NOW), None);
    world.job.run(after(60)).await.unwrap();
}

#[tokio::test]
async fn more_changes_than_are_remembered_are_taken_in() {
    let world = World::new().await;
    world.put_alarm("gone", metric(60), NOW).await;
    assert_eq!(world.job.next_due(NOW), Some(after(2)));
    let mut transaction = Transaction::default();
    transaction.delete::<AlarmRecord>(alarm_key("gone"), world.alarm("gone").version);
    for name in 0..2_000 {
        let record = AlarmRecord { configured: after(60), ..alarm(metric_alarm("m", 60, 1)) };
        transaction.put(alarm_key(&name.to_string()), &record);
    }
    world.commit(transaction).await;
    assert_eq!(world.job.next_due(NOW), Some(after(62)));
}

#[tokio::test]
async fn every_alarm_is_in_one_shard() {
    let world = World::new().await;
    for name in 0..50 {
        world.put_alarm(&name.to_string(), metric(60), NOW).await;
    }
    let due = |index| Queue::new(world.parts.catalog.clone(), Shard { index, of: 3 }).take_due(after(2)).len();
    let parts = [due(0), due(1), due(2)];
    assert_eq!(parts.iter().sum::<usize>(), 50);
    assert!(parts.iter().all(|part| *part > 0), "{parts:?}");
}
