//! What transitions write, and what they hold back.

use store::catalog::CatalogError;

use super::*;
use crate::alarms::test_world::{
    NOW, TOPIC, World, after, alarm, alarm_key, expression, metric_alarm, query_alarm, unchecked,
};
use crate::record::{AlarmMuteRuleRecord, HistoryKind, SuppressedBy, Suppression};

const LAMBDA: &str = "arn:aws:lambda:eu-west-1:111122223333:function:f";
const OPS_ITEM: &str = "arn:aws:ssm:eu-west-1:111122223333:opsitem:3";

async fn world() -> World {
    let world = World::new().await;
    world.put_record("a", &alarm(metric_alarm("m", 60, 1))).await;
    world
}

/// Makes a transition of the alarm `a` as it is now, and commits it.
async fn change(world: &World, now: Timestamp, change: impl FnOnce(&mut Transition<'_>)) -> Result<(), CatalogError> {
    let (alarm, present) = (world.alarm("a"), world.state("a"));
    commit(world, &alarm, &present, now, change).await
}

async fn commit(
    world: &World,
    alarm: &Versioned<AlarmRecord>,
    present: &Versioned<AlarmStateRecord>,
    now: Timestamp,
    change: impl FnOnce(&mut Transition<'_>),
) -> Result<(), CatalogError> {
    let key = alarm_key("a");
    let mut transition = Transition::of(&world.parts, &key, alarm, present, now);
    change(&mut transition);
    let mut transaction = Transaction::default();
    transition.record(&mut transaction);
    match transaction.is_empty() {
        true => Ok(()),
        false => world.parts.catalog.commit(transaction).await,
    }
}

fn enter(value: StateValue) -> impl FnOnce(&mut Transition<'_>) {
    move |transition| _ = transition.enter(value, format!("now {}", value.as_str()), Some(r#"{"n":1}"#.to_owned()))
}

/// The ARNs of the actions that wait to be run; an event is `event`.
fn tasks(world: &World) -> Vec<String> {
    let name = |task: &AlarmTask| match task {
        AlarmTask::Run(arn) | AlarmTask::Repeat(arn) => arn.clone(),
        AlarmTask::Event(_) => "event".to_owned(),
    };
    world.tasks("a").iter().map(|action| name(&action.task)).collect()
}

#[tokio::test]
async fn a_change_writes_state_history_event_and_actions() {
    let world = world().await;
    change(&world, after(60), enter(StateValue::Alarm)).await.unwrap();
    let record = world.state("a").value;
    assert_eq!((record.state.value, record.state.since), (StateValue::Alarm, after(60)));
    assert_eq!((record.updated, record.transitioned), (after(60), after(60)));
    let [entry] = &world.history("a")[..] else { panic!("one entry") };
    assert_eq!(entry.kind, HistoryKind::StateUpdate);
    assert_eq!(entry.summary, "Alarm updated from INSUFFICIENT_DATA to ALARM");
    assert_eq!(
        entry.data,
        concat!(
            r#"{"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","#,
            r#""stateReason":"Unchecked: Initial alarm creation"},"#,
            r#""newState":{"stateValue":"ALARM","stateReason":"now ALARM","stateReasonData":{"n":1}}}"#
        )
    );
    assert_eq!(tasks(&world), ["event", TOPIC]);
    let action = &world.tasks("a")[1];
    assert_eq!((action.old.value, action.new.value), (StateValue::InsufficientData, StateValue::Alarm));
    assert_eq!((action.due, action.after_mute_window, action.attempts), (after(60), false, 0));
}

#[tokio::test]
async fn nothing_is_written_when_alarm_or_state_changed_meanwhile() {
    let world = world().await;
    let (alarm, present) = (world.alarm("a"), world.state("a"));
    change(&world, after(60), enter(StateValue::Ok)).await.unwrap();
    let late = commit(&world, &alarm, &present, after(61), enter(StateValue::Alarm)).await;
    assert!(matches!(late, Err(CatalogError::Conflict { .. })));
    let present = world.state("a");
    world.put_record("a", &alarm.value).await;
    let late = commit(&world, &alarm, &present, after(62), enter(StateValue::Alarm)).await;
    assert!(matches!(late, Err(CatalogError::Conflict { .. })));
    assert_eq!((world.value("a"), world.history("a").len()), (StateValue::Ok, 1));
    assert_eq!(tasks(&world), ["event", TOPIC]);
}

#[tokio::test]
async fn the_same_value_moves_the_time_of_the_update_alone() {
    let world = world().await;
    change(&world, after(60), |transition| {
        transition.enter(StateValue::InsufficientData, "still".to_owned(), None);
    })
    .await
    .unwrap();
    let record = world.state("a").value;
    assert_eq!((record.state.reason.as_str(), record.updated, record.transitioned), ("still", after(60), NOW));
    assert_eq!(tasks(&world), [""; 0]);
    assert_eq!(world.history("a")[0].summary, "Alarm updated from INSUFFICIENT_DATA to INSUFFICIENT_DATA");
}

#[tokio::test]
async fn entries_of_one_moment_stay_in_order() {
    let world = world().await;
    for value in [StateValue::Ok, StateValue::Alarm, StateValue::Ok] {
        change(&world, after(60), enter(value)).await.unwrap();
    }
    let summaries: Vec<String> = world.history("a").iter().map(|entry| entry.summary.clone()).collect();
    assert_eq!(
        summaries,
        [
            "Alarm updated from INSUFFICIENT_DATA to OK",
            "Alarm updated from OK to ALARM",
            "Alarm updated from ALARM to OK"
        ]
    );
}

#[tokio::test]
async fn an_edit_of_the_evaluation_moves_the_time_of_the_update() {
    use crate::record::EvaluationProblem::EvaluationFailure;
    let world = world().await;
    change(&world, after(60), |transition| _ = transition.edit(|record| record.evaluation = Some(EvaluationFailure)))
        .await
        .unwrap();
    let record = world.state("a").value;
    assert_eq!((record.evaluation, record.updated, record.transitioned), (Some(EvaluationFailure), after(60), NOW));
    let version = world.state("a").version;
    change(&world, after(61), |transition| _ = transition.edit(|_| {})).await.unwrap();
    assert_eq!(world.state("a").version, version, "nothing changed, and nothing is written");
    change(&world, after(62), |transition| _ = transition.edit(|record| record.notified = Some(after(62))))
        .await
        .unwrap();
    assert_eq!(world.state("a").value.updated, after(60));
}

#[tokio::test]
async fn disabled_actions_do_not_run_and_the_event_is_sent_all_the_same() {
    let world = world().await;
    world.put_record("a", &AlarmRecord { actions_enabled: false, ..alarm(metric_alarm("m", 60, 1)) }).await;
    change(&world, after(60), enter(StateValue::Alarm)).await.unwrap();
    assert_eq!(tasks(&world), ["event"]);
}

#[tokio::test]
async fn held_actions_run_when_they_are_released() {
    let world = world().await;
    let held = world.state("a").value.state.clone();
    change(&world, after(60), |transition| {
        let suppression = Suppression { by: SuppressedBy::WaitPeriod, until: None, held: Some(held.clone()) };
        // The order makes no difference.
        enter(StateValue::Alarm)(transition);
        transition.edit(|record| record.suppression = Some(suppression));
    })
    .await
    .unwrap();
    assert_eq!(tasks(&world), ["event"]);
    change(&world, after(120), |transition| {
        transition.edit(|record| record.suppression = None).release(held.clone());
    })
    .await
    .unwrap();
    assert_eq!(tasks(&world), ["event", TOPIC]);
    let action = &world.tasks("a")[1];
    assert_eq!((action.old.clone(), action.new.value), (held, StateValue::Alarm));
    assert!(!action.after_mute_window);
    assert_eq!(world.history("a").len(), 1, "the state did not change");
}

#[tokio::test]
async fn a_change_while_nothing_mutes_forgets_what_was_muted() {
    let world = world().await;
    let old = unchecked(NOW).state;
    change(&world, after(60), |transition| _ = transition.edit(|record| record.muted = Some(old.clone())))
        .await
        .unwrap();
    change(&world, after(61), enter(StateValue::Alarm)).await.unwrap();
    assert_eq!(world.state("a").value.muted, None);
    change(&world, after(62), |transition| _ = transition.release_muted()).await.unwrap();
    assert_eq!(tasks(&world), ["event", TOPIC], "they ran once");
}

#[tokio::test]
async fn a_mute_rule_holds_actions_back_and_the_history_names_it() {
    let world = world().await;
    let mute = |hour: &str| AlarmMuteRuleRecord {
        description: None,
        expression: format!("at(2026-02-26T{hour})"),
        duration: "PT1H".to_owned(),
        timezone: None,
        targets: vec!["a".to_owned()],
        start: None,
        expire: None,
        updated: NOW,
    };
    let mut transaction = Transaction::default();
    transaction.create(alarm_key("older"), &mute("09:30")).create(alarm_key("night"), &mute("10:00"));
    world.commit(transaction).await;
    change(&world, after(60), enter(StateValue::Alarm)).await.unwrap();
    assert_eq!(tasks(&world), ["event"]);
    let record = world.state("a").value;
    assert_eq!(record.muted.as_ref().map(|old| old.value), Some(StateValue::InsufficientData));
    let [_, entry] = &world.history("a")[..] else { panic!("the change and the muted action") };
    assert_eq!(entry.kind, HistoryKind::Action);
    assert_eq!(
        entry.summary,
        format!("Muted action {TOPIC}. Action is muted by alarm mute rule night and 1 other active mute rule")
    );
    change(&world, after(120), |transition| _ = transition.release_muted()).await.unwrap();
    assert_eq!((tasks(&world), world.state("a").value.muted.clone()), (vec!["event".to_owned()], record.muted.clone()));
    change(&world, after(3601), |transition| _ = transition.release_muted()).await.unwrap();
    assert_eq!(tasks(&world), ["event", TOPIC]);
    assert!(world.tasks("a")[1].after_mute_window);
}

#[tokio::test]
async fn actions_that_were_muted_run_for_the_present_state() {
    let world = world().await;
    change(&world, after(60), enter(StateValue::Alarm)).await.unwrap();
    let old = unchecked(NOW).state;
    change(&world, after(60), |transition| _ = transition.edit(|record| record.muted = Some(old.clone())))
        .await
        .unwrap();
    change(&world, after(61), |transition| _ = transition.release_muted()).await.unwrap();
    let tasks = world.tasks("a");
    let [.., action] = &tasks[..] else { panic!("there are tasks") };
    assert_eq!((action.after_mute_window, &action.old, action.new.value), (true, &old, StateValue::Alarm));
    assert_eq!((tasks.len(), world.state("a").value.muted.clone()), (3, None));
}

#[tokio::test]
async fn series_act_on_topics_and_functions_and_the_alarm_on_all_else() {
    let world = World::new().await;
    let query = r#"SELECT SUM(m) FROM "Shop" GROUP BY Host ORDER BY SUM()"#;
    let metric = query_alarm(vec![expression("q1", query)]);
    let actions = [TOPIC, LAMBDA, OPS_ITEM].map(str::to_owned).to_vec();
    world.put_record("a", &AlarmRecord { alarm_actions: actions, ..alarm(metric) }).await;
    let attributes = BTreeMap::from([("Host".to_owned(), "web".to_owned())]);
    change(&world, after(60), |transition| {
        transition.enter_contributor("00ff", &attributes, StateValue::Alarm, "crossed".to_owned(), None);
        enter(StateValue::Alarm)(transition);
    })
    .await
    .unwrap();
    assert_eq!(tasks(&world), ["event", TOPIC, LAMBDA, "event", OPS_ITEM]);
    let named = Some(("00ff".to_owned(), attributes));
    let contributors: Vec<_> = world.tasks("a").iter().map(|action| action.contributor.clone()).collect();
    assert_eq!(contributors, [named.clone(), named.clone(), named.clone(), None, None]);
    let [series, own] = &world.history("a")[..] else { panic!("two entries") };
    assert_eq!((series.kind, &series.contributor), (HistoryKind::AlarmContributorStateUpdate, &named));
    assert_eq!(series.summary, "Alarm contributor updated from OK to ALARM");
    assert_eq!((own.kind, &own.contributor), (HistoryKind::StateUpdate, &None));
    assert_eq!(world.state("a").value.contributors["00ff"].state.value, StateValue::Alarm);
}

#[tokio::test]
async fn long_reasons_fit_into_the_history() {
    let world = world().await;
    let data = format!(r#"{{"n":"{}"}}"#, "x".repeat(3_000));
    change(&world, after(60), |transition| {
        transition.enter(StateValue::Ok, "r".repeat(1_023), Some(data.clone()));
    })
    .await
    .unwrap();
    change(&world, after(61), |transition| {
        transition.enter(StateValue::Alarm, "\u{1}".repeat(1_023), Some(data.clone()));
    })
    .await
    .unwrap();
    for entry in world.history("a") {
        assert!(entry.data.len() <= 4_095, "{}", entry.data.len());
        assert!(serde_json::from_str::<serde_json::Value>(&entry.data).is_ok());
    }
}
