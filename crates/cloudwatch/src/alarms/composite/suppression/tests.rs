//! The rules of cloudwatch.md §6.9 one by one; W is 60 s, E is 30 s.

use super::*;
use crate::record::StateValue;

const ALARM: Watched = Watched { in_alarm: true, wait_secs: 60, extension_secs: 30 };
const QUIET: Watched = Watched { in_alarm: false, ..ALARM };

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_772_000_000 + secs)
}

fn state(value: StateValue) -> AlarmState {
    AlarmState { value, reason: String::new(), reason_data: None, since: at(0) }
}

fn ok() -> AlarmState {
    state(StateValue::Ok)
}

fn alarm() -> AlarmState {
    state(StateValue::Alarm)
}

fn suppression(by: SuppressedBy, until: Option<i64>, held: Option<AlarmState>) -> Option<Suppression> {
    Some(Suppression { by, until: until.map(at), held })
}

/// The step of what is present.
fn of(present: Option<Suppression>, suppressor: Watched, cause: Cause, secs: i64) -> Step {
    step(present, Some(suppressor), cause, at(secs))
}

fn kept(suppression: Option<Suppression>) -> Step {
    Step { suppression, release: None }
}

#[test]
fn rule_1_a_change_without_the_suppressor_waits() {
    let waiting = suppression(SuppressedBy::WaitPeriod, Some(60), Some(ok()));
    assert_eq!(of(None, QUIET, Cause::Changed(ok()), 0), kept(waiting.clone()));
    assert_eq!(of(waiting.clone(), QUIET, Cause::Look, 59), kept(waiting));
}

#[test]
fn rule_2_the_end_of_the_wait_runs_the_actions() {
    let waiting = suppression(SuppressedBy::WaitPeriod, Some(60), Some(ok()));
    assert_eq!(of(waiting, QUIET, Cause::Look, 60), Step { suppression: None, release: Some(ok()) });
}

#[test]
fn rule_3_a_suppressor_that_comes_during_the_wait_takes_over() {
    let waiting = suppression(SuppressedBy::WaitPeriod, Some(60), Some(ok()));
    let taken = suppression(SuppressedBy::Alarm, None, Some(ok()));
    assert_eq!(of(waiting, ALARM, Cause::Look, 10), kept(taken.clone()));
    // The end of the wait has no meaning any more.
    assert_eq!(of(taken.clone(), ALARM, Cause::Look, 61), kept(taken));
}

#[test]
fn rule_4_another_change_during_the_wait_starts_a_new_one() {
    let waiting = suppression(SuppressedBy::WaitPeriod, Some(60), Some(ok()));
    let again = suppression(SuppressedBy::WaitPeriod, Some(100), Some(alarm()));
    assert_eq!(of(waiting, QUIET, Cause::Changed(alarm()), 40), kept(again.clone()));
    assert_eq!(of(again.clone(), QUIET, Cause::Look, 60), kept(again.clone()));
    assert_eq!(of(again, QUIET, Cause::Look, 100), Step { suppression: None, release: Some(alarm()) });
}

#[test]
fn rule_5_a_change_under_the_suppressor_is_held_at_once() {
    let held = suppression(SuppressedBy::Alarm, None, Some(ok()));
    assert_eq!(of(None, ALARM, Cause::Changed(ok()), 0), kept(held.clone()));
    let before = suppression(SuppressedBy::Alarm, None, None);
    assert_eq!(of(before, ALARM, Cause::Changed(ok()), 0), kept(held));
}

#[test]
fn rule_6_the_extension_follows_the_suppressor_and_its_end_runs_the_actions() {
    let held = suppression(SuppressedBy::Alarm, None, Some(ok()));
    let extended = suppression(SuppressedBy::ExtensionPeriod, Some(130), Some(ok()));
    assert_eq!(of(held, QUIET, Cause::Look, 100), kept(extended.clone()));
    assert_eq!(of(extended.clone(), QUIET, Cause::Look, 129), kept(extended.clone()));
    assert_eq!(of(extended, QUIET, Cause::Look, 130), Step { suppression: None, release: Some(ok()) });
}

#[test]
fn rule_6_nothing_runs_when_nothing_was_held() {
    let idle = of(None, ALARM, Cause::Look, 0).suppression;
    assert_eq!(idle, suppression(SuppressedBy::Alarm, None, None));
    let extended = of(idle, QUIET, Cause::Look, 100).suppression;
    assert_eq!(extended, suppression(SuppressedBy::ExtensionPeriod, Some(130), None));
    assert_eq!(of(extended, QUIET, Cause::Look, 130), kept(None));
}

#[test]
fn a_suppressor_that_comes_back_during_the_extension_holds_on() {
    let extended = suppression(SuppressedBy::ExtensionPeriod, Some(130), Some(ok()));
    assert_eq!(of(extended, ALARM, Cause::Look, 110), kept(suppression(SuppressedBy::Alarm, None, Some(ok()))));
}

#[test]
fn rule_7_a_change_during_the_extension_starts_a_wait() {
    let extended = suppression(SuppressedBy::ExtensionPeriod, Some(130), Some(ok()));
    let waiting = suppression(SuppressedBy::WaitPeriod, Some(170), Some(alarm()));
    assert_eq!(of(extended, QUIET, Cause::Changed(alarm()), 110), kept(waiting));
}

#[test]
fn rule_8_another_suppressor_drops_every_period() {
    for by in [SuppressedBy::WaitPeriod, SuppressedBy::ExtensionPeriod, SuppressedBy::Alarm] {
        let present = suppression(by, Some(60), Some(ok()));
        let released = Step { suppression: None, release: Some(ok()) };
        assert_eq!(of(present.clone(), QUIET, Cause::Replaced, 1), released, "{by:?}");
        let held = kept(suppression(SuppressedBy::Alarm, None, Some(ok())));
        assert_eq!(of(present.clone(), ALARM, Cause::Replaced, 1), held, "{by:?}");
        // None at all.
        for cause in [Cause::Replaced, Cause::Look] {
            assert_eq!(step(present.clone(), None, cause, at(1)), released, "{by:?}");
        }
        assert_eq!(step(present, None, Cause::Changed(ok()), at(1)), kept(None), "{by:?}");
    }
}

#[test]
fn periods_of_no_length_hold_nothing() {
    let none = |in_alarm| Watched { in_alarm, wait_secs: 0, extension_secs: 0 };
    assert_eq!(of(None, none(false), Cause::Changed(ok()), 0), kept(None));
    let held = suppression(SuppressedBy::Alarm, None, Some(ok()));
    assert_eq!(of(held, none(false), Cause::Look, 9), Step { suppression: None, release: Some(ok()) });
}
