//! When rules are evaluated, and what is said of it.

use store::job::Job as _;

use super::*;
use crate::alarms::test_world::after;

use StateValue::{Alarm, InsufficientData, Ok};

const ARN: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm";

#[tokio::test]
async fn a_new_alarm_is_evaluated_at_once_and_all_its_children_are_named() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.child("b").await;
    composites.put("c", "ALARM(a) OR ALARM(b)", None, after(10)).await;
    assert_eq!(composites.value("c"), InsufficientData);
    composites.run_at(after(10)).await;
    let state = composites.world.state("c").value;
    assert_eq!((state.state.value, state.transitioned), (Ok, after(10)));
    assert_eq!(state.state.reason, format!("{ARN}:c was created and its alarm rule evaluates to OK"));
    let child = |name| {
        format!(r#"{{"arn":"{ARN}:{name}","state":{{"value":"OK","timestamp":"2026-02-26T10:00:00.000+0000"}}}}"#)
    };
    let data = format!(r#"{{"triggeringAlarms":[{},{}]}}"#, child("a"), child("b"));
    assert_eq!(state.state.reason_data.as_deref(), Some(data.as_str()));
    assert_eq!(composites.actions("c"), [(InsufficientData, Ok, false)]);
}

#[tokio::test]
async fn a_change_of_a_child_is_followed_and_named() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.child("b").await;
    composites.put("c", &format!("ALARM(\"{ARN}:a\") OR ALARM(b)"), None, NOW).await;
    composites.run_at(NOW).await;
    composites.set("a", Alarm, after(61)).await;
    composites.run_at(after(61)).await;
    let state = composites.world.state("c").value;
    assert_eq!(state.state.value, Alarm);
    assert_eq!(state.state.reason, format!("{ARN}:a transitioned to ALARM at Thursday 26 February, 2026 10:01:01 UTC"));
    let data = format!(
        r#"{{"triggeringAlarms":[{{"arn":"{ARN}:a","state":{{"value":"ALARM","timestamp":"2026-02-26T10:01:01.000+0000"}}}}]}}"#
    );
    assert_eq!(state.state.reason_data.as_deref(), Some(data.as_str()));
    // A second child changes nothing.
    composites.set("b", Alarm, after(62)).await;
    composites.run_at(after(62)).await;
    assert_eq!(composites.world.state("c").value, state);
}

#[tokio::test]
async fn composites_of_composites_follow_in_one_run() {
    let composites = Composites::new().await;
    composites.child("a").await;
    // The names are such that their order is not the one to evaluate in.
    composites.put("3-low", "ALARM(a)", None, NOW).await;
    composites.put("2-middle", "NOT ALARM(3-low)", None, NOW).await;
    composites.put("1-high", "NOT ALARM(2-middle) AND ALARM(3-low)", None, NOW).await;
    composites.run_at(NOW).await;
    let values = || ["3-low", "2-middle", "1-high"].map(|name| composites.value(name));
    assert_eq!(values(), [Ok, Alarm, Ok]);
    composites.set("a", Alarm, after(5)).await;
    composites.job.run(after(5)).await.unwrap();
    assert_eq!(values(), [Alarm, Ok, Alarm]);
    // Each changed once: nothing was evaluated before what is below it.
    assert_eq!(composites.actions("1-high"), [(InsufficientData, Ok, false), (Ok, Alarm, false)]);
}

#[tokio::test]
async fn a_state_that_was_set_stays_until_a_child_changes() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.child("b").await;
    composites.put("c", "ALARM(a)", None, NOW).await;
    composites.run_at(NOW).await;
    composites.set("c", Alarm, after(5)).await;
    composites.run_at(after(5)).await;
    assert_eq!(composites.value("c"), Alarm);
    // The child is evaluated and stays what it is; another alarm changes.
    composites.set("a", Ok, after(6)).await;
    composites.set("b", Alarm, after(6)).await;
    composites.run_at(after(6)).await;
    assert_eq!(composites.value("c"), Alarm);
    composites.set("a", InsufficientData, after(7)).await;
    composites.run_at(after(7)).await;
    assert_eq!(composites.value("c"), Ok);
}

#[tokio::test]
async fn another_rule_is_evaluated_at_once() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.put("c", "ALARM(a)", None, NOW).await;
    composites.run_at(NOW).await;
    composites.put("c", "OK(a) AND TRUE", None, after(5)).await;
    composites.run_at(after(5)).await;
    let state = composites.world.state("c").value;
    assert_eq!(state.state.value, Alarm);
    assert_eq!(state.state.reason, format!("{ARN}:c was updated and its alarm rule evaluates to ALARM"));
}

#[tokio::test]
async fn a_restart_misses_no_change_and_keeps_a_state_that_was_set() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.child("b").await;
    composites.put("missed", "ALARM(a)", None, NOW).await;
    composites.put("set", "ALARM(b)", None, NOW).await;
    composites.run_at(NOW).await;
    composites.set("set", Alarm, after(5)).await;
    composites.set("a", Alarm, after(6)).await;
    let Composites { world, .. } = composites;
    let job = EvaluateComposites::new(world.parts.clone(), world.signals.clone());
    let composites = Composites { world, job };
    composites.run_at(after(10)).await;
    assert_eq!((composites.value("missed"), composites.value("set")), (Alarm, Alarm));
    let reason = &composites.world.state("missed").value.state.reason;
    assert!(reason.starts_with(&format!("{ARN}:a transitioned to ALARM at")), "{reason}");
}

#[tokio::test]
async fn changes_of_other_alarms_write_nothing_and_the_job_comes_to_rest() {
    let composites = Composites::new().await;
    composites.child("a").await;
    assert!(composites.run_until(after(60)).await > 0);
    assert_eq!(composites.job.next_due(after(60)), None);
    composites.set("a", Alarm, after(60)).await;
    assert_eq!(composites.job.next_due(after(60)), Some(after(60)));
    composites.run_at(after(60)).await;
    assert_eq!(composites.job.next_due(after(60)), None);
}

#[tokio::test]
async fn more_changes_than_are_remembered_are_not_missed() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.child("busy").await;
    composites.put("c", "ALARM(a)", None, NOW).await;
    composites.run_at(NOW).await;
    composites.set("a", Alarm, after(1)).await;
    for n in 0..1100 {
        composites.set("busy", if n % 2 == 0 { Alarm } else { Ok }, after(2)).await;
    }
    composites.run_at(after(3)).await;
    assert_eq!(composites.value("c"), Alarm);
}

#[tokio::test]
async fn an_alarm_that_is_gone_is_forgotten() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.put("c", "ALARM(a)", None, NOW).await;
    composites.run_at(NOW).await;
    composites.delete("c").await;
    composites.set("a", Alarm, after(5)).await;
    composites.run_at(after(5)).await;
    assert_eq!(composites.job.next_due(after(5)), None);
    // Made anew, it starts anew.
    composites.put("c", "ALARM(a)", None, after(6)).await;
    composites.run_at(after(6)).await;
    assert!(
        composites.world.state("c").value.state.reason.ends_with("was created and its alarm rule evaluates to ALARM")
    );
}

#[tokio::test]
async fn disabling_actions_does_not_evaluate_a_rule_anew() {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.put("c", "ALARM(a)", None, NOW).await;
    composites.run_at(NOW).await;
    composites.set("c", Alarm, after(10)).await;
    composites.run_at(after(10)).await;
    let before = composites.world.state("c");
    let alarm = AlarmRecord::clone(&composites.world.alarm("c").value);
    let switched = AlarmRecord { actions_enabled: false, switched: Some(after(20)), ..alarm };
    composites.world.put_record("c", &switched).await;
    composites.run_at(after(20)).await;
    let state = composites.world.state("c");
    assert_eq!((state.value.state.value, state.version), (Alarm, before.version), "what was set stays");
}
