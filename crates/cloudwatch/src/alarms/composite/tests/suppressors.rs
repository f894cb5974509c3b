//! Suppressors, as the job drives them: W is 60 s, E is 30 s.

use store::job::Job as _;

use super::*;
use crate::alarms::test_world::after;
use crate::record::{AlarmMuteRuleRecord, SuppressedBy, Suppression};

use StateValue::{Alarm, InsufficientData, Ok};

fn suppressor(alarm: &str) -> Option<Suppressor> {
    Some(Suppressor { alarm: alarm.to_owned(), wait_secs: 60, extension_secs: 30 })
}

/// `c` follows `a` and is suppressed by `s`; it has been in OK since before.
async fn suppressed() -> Composites {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.child("s").await;
    composites.put("c", "ALARM(a)", suppressor("s"), NOW).await;
    composites.run_until(after(100)).await;
    assert_eq!(composites.actions("c"), [(InsufficientData, Ok, false)]);
    composites
}

fn by(composites: &Composites) -> Option<(SuppressedBy, Option<Timestamp>)> {
    let suppression = composites.world.state("c").value.suppression.clone();
    suppression.map(|Suppression { by, until, .. }| (by, until))
}

/// The actions after the first ones.
fn later(composites: &Composites) -> Vec<(StateValue, StateValue, bool)> {
    composites.actions("c").split_off(1)
}

#[tokio::test]
async fn actions_wait_and_run_when_the_suppressor_stays_away() {
    let composites = suppressed().await;
    composites.set("a", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    assert_eq!(composites.value("c"), Alarm);
    assert_eq!(by(&composites), Some((SuppressedBy::WaitPeriod, Some(after(260)))));
    assert!(later(&composites).is_empty());
    assert_eq!(composites.job.next_due(after(200)), Some(after(260)));
    composites.run_until(after(260)).await;
    assert_eq!((by(&composites), later(&composites)), (None, vec![(Ok, Alarm, false)]));
    assert_eq!(composites.job.next_due(after(260)), None);
}

#[tokio::test]
async fn a_suppressor_holds_actions_until_its_extension_is_over() {
    let composites = suppressed().await;
    composites.set("a", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    composites.set("s", Alarm, after(210)).await;
    composites.run_at(after(210)).await;
    assert_eq!(by(&composites), Some((SuppressedBy::Alarm, None)));
    composites.run_until(after(400)).await;
    assert!(later(&composites).is_empty());
    composites.set("s", Ok, after(400)).await;
    composites.run_at(after(400)).await;
    assert_eq!(by(&composites), Some((SuppressedBy::ExtensionPeriod, Some(after(430)))));
    composites.run_until(after(430)).await;
    assert_eq!((by(&composites), later(&composites)), (None, vec![(Ok, Alarm, false)]));
}

#[tokio::test]
async fn the_state_at_the_end_decides_what_runs() {
    let composites = suppressed().await;
    composites.set("s", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    for (secs, value) in [(210, Alarm), (220, Ok), (230, Alarm), (240, Ok)] {
        composites.set("a", value, after(secs)).await;
        composites.run_at(after(secs)).await;
        assert_eq!(composites.value("c"), value, "changes of state are recorded all the same");
    }
    composites.set("s", Ok, after(300)).await;
    composites.run_at(after(300)).await;
    composites.run_until(after(400)).await;
    assert_eq!(later(&composites), [(Alarm, Ok, false)]);
}

#[tokio::test]
async fn another_suppressor_ends_the_wait() {
    let composites = suppressed().await;
    composites.child("t").await;
    composites.set("a", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    composites.put("c", "ALARM(a)", suppressor("t"), after(210)).await;
    composites.run_at(after(210)).await;
    assert_eq!((by(&composites), later(&composites)), (None, vec![(Ok, Alarm, false)]));
}

#[tokio::test]
async fn other_periods_of_the_same_suppressor_leave_a_running_one_as_it_is() {
    let composites = suppressed().await;
    composites.set("a", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    let longer = Suppressor { alarm: "s".to_owned(), wait_secs: 600, extension_secs: 600 };
    composites.put("c", "ALARM(a)", Some(longer), after(210)).await;
    composites.run_at(after(210)).await;
    assert_eq!(by(&composites), Some((SuppressedBy::WaitPeriod, Some(after(260)))));
}

#[tokio::test]
async fn a_state_that_was_set_waits_too_and_the_end_of_the_wait_does_not_evaluate_the_rule() {
    let composites = suppressed().await;
    composites.set("c", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    assert_eq!(by(&composites), Some((SuppressedBy::WaitPeriod, Some(after(260)))));
    composites.run_until(after(300)).await;
    assert_eq!((composites.value("c"), later(&composites)), (Alarm, vec![(Ok, Alarm, false)]));
}

#[tokio::test]
async fn a_wait_survives_a_restart() {
    let composites = suppressed().await;
    composites.set("a", Alarm, after(200)).await;
    composites.run_at(after(200)).await;
    let Composites { world, .. } = composites;
    let job = EvaluateComposites::new(world.parts.clone(), world.signals.clone());
    let composites = Composites { world, job };
    composites.run_at(after(220)).await;
    assert_eq!(composites.job.next_due(after(220)), Some(after(260)));
    composites.run_until(after(260)).await;
    assert_eq!(later(&composites), [(Ok, Alarm, false)]);
}

#[tokio::test]
async fn what_a_mute_window_held_back_waits_for_a_suppressor_that_is_in_alarm_when_it_ends() {
    let composites = suppressed().await;
    let rule = AlarmMuteRuleRecord {
        description: None,
        expression: "0 10 * * *".to_owned(),
        duration: "PT30M".to_owned(),
        timezone: None,
        targets: vec!["c".to_owned()],
        start: None,
        expire: None,
        updated: after(150),
    };
    let mut transaction = Transaction::default();
    transaction.put(alarm_key("r"), &rule);
    composites.world.commit(transaction).await;
    composites.set("a", Alarm, after(200)).await;
    // The wait ends, and the window mutes what it would have run.
    composites.run_until(after(300)).await;
    composites.set("s", Alarm, after(600)).await;
    composites.run_at(after(600)).await;
    composites.run_until(after(1900)).await;
    assert!(later(&composites).is_empty(), "the window is over, and the suppressor in ALARM");
    composites.set("s", Ok, after(2000)).await;
    composites.run_at(after(2000)).await;
    assert!(later(&composites).is_empty());
    composites.run_until(after(2030)).await;
    assert_eq!(later(&composites), [(Ok, Alarm, false)]);
}
