//! Others that change the same records meanwhile.

use store::catalog::Transaction;

use crate::alarms::evaluate::{Pending, Sight};
use crate::alarms::points::{Asked, observe_compiled};
use crate::alarms::test_world::{NOW, World, after, alarm_key, datum, metric_alarm};
use crate::alarms::transition::Transition;
use crate::record::{AlarmKind, AlarmRecord, StateValue};

/// Three alarms that are about to go into ALARM.
async fn world() -> World {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.put_alarm(name, AlarmKind::Metric(metric_alarm("m", 60, 1)), NOW).await;
    }
    world.put_data(vec![datum("m", None, after(-60), 20.0)]).await;
    world
}

/// Evaluates all that is due, and lets others do something between decision and writing.
async fn evaluate_around(world: &World, others: impl AsyncFnOnce()) {
    let due = world.job.queue.take_due(after(2));
    let asked = due.iter().map(|alarm| Asked {
        scope: alarm.scope(),
        alarm: alarm.metric().unwrap(),
        compiled: alarm.compiled().unwrap(),
    });
    let seen =
        observe_compiled(world.store.metrics(), world.store.catalog(), &asked.collect::<Vec<_>>(), after(2)).await;
    let sights: Vec<Sight> = seen.observed;
    let pending = due.iter().zip(&sights).filter_map(|(alarm, sight)| world.job.pending(alarm, sight, after(2)));
    let pending: Vec<Pending<'_>> = pending.collect();
    others().await;
    world.job.write(&pending, after(2)).await.unwrap();
}

#[tokio::test]
async fn an_alarm_that_others_changed_is_decided_anew_and_the_rest_is_written() {
    let world = world().await;
    evaluate_around(&world, async || {
        let (key, alarm, present) = (alarm_key("b"), world.alarm("b"), world.state("b"));
        let mut transaction = Transaction::default();
        let mut transition = Transition::of(&world.parts, &key, &alarm, &present, after(2));
        transition.enter(StateValue::Ok, "by hand".to_owned(), None);
        transition.record(&mut transaction);
        world.commit(transaction).await;
    })
    .await;
    for name in ["a", "b", "c"] {
        assert_eq!(world.value(name), StateValue::Alarm, "{name}");
    }
    let summaries: Vec<String> = world.history("b").iter().map(|entry| entry.summary.clone()).collect();
    assert_eq!(summaries, ["Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM"]);
    assert_eq!(world.history("a").len(), 1, "written once");
}

#[tokio::test]
async fn an_alarm_that_was_put_anew_is_left_to_its_next_evaluation() {
    let world = world().await;
    evaluate_around(&world, async || {
        let record = AlarmRecord { configured: after(2), ..AlarmRecord::clone(&world.alarm("b").value) };
        world.put_record("b", &record).await;
    })
    .await;
    assert_eq!((world.value("a"), world.value("b")), (StateValue::Alarm, StateValue::InsufficientData));
    world.run_until(after(4)).await;
    assert_eq!(world.value("b"), StateValue::Alarm);
}

#[tokio::test]
async fn an_alarm_that_was_removed_leaves_nothing_behind() {
    let world = world().await;
    evaluate_around(&world, async || {
        let mut transaction = Transaction::default();
        transaction.delete::<AlarmRecord>(alarm_key("b"), world.alarm("b").version);
        transaction.delete::<crate::record::AlarmStateRecord>(alarm_key("b"), world.state("b").version);
        world.commit(transaction).await;
    })
    .await;
    assert_eq!((world.value("a"), world.value("c")), (StateValue::Alarm, StateValue::Alarm));
    assert_eq!((world.history("b").len(), world.tasks("b").len()), (0, 0));
}
