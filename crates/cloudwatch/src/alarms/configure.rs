//! Alarms being put, changed and removed: what all kinds of alarms have in common.
//!
//! An alarm, its state, its tags, the history of the change and the event that tells of it are
//! one transaction.

use std::collections::BTreeMap;

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use base::{Timestamp, id};
use store::catalog::{Key, Transaction, Versioned};

use super::actions::events::{self, ConfigurationChange, Operation};
use super::history::{Entries, configuration_update};
use super::key;
use crate::Parts;
use crate::record::{AlarmActionRecord, AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, AlarmTask, StateValue};
use crate::tags;

/// Why a new alarm is in the state it is in (recorded).
pub(crate) const CREATED_REASON: &str = "Unchecked: Initial alarm creation";

/// An alarm with its state.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    /// The alarm.
    pub(crate) alarm: Versioned<AlarmRecord>,
    /// Its state.
    pub(crate) state: Versioned<AlarmStateRecord>,
}

/// The alarm of this key, when there is one.
pub(crate) fn present(parts: &Parts, key: &Key) -> Option<Present> {
    // The two come and go together; one is read after the other, so a change in between looks
    // like an alarm that is not there.
    Some(Present { alarm: parts.catalog.get(key)?, state: parts.catalog.get(key)? })
}

/// A transaction that puts an alarm, as it was `asked` for at the time of the call. A new one
/// has insufficient data and gets the tags; of one that is there, all of the configuration is
/// replaced, while state and tags stay as they are (cloudwatch.md §6.1).
///
/// # Errors
/// `ValidationError` when the alarm that is there is of another kind; those of the tags.
pub(crate) fn put(
    parts: &Parts,
    cx: &CallContext,
    name: &str,
    asked: &AlarmRecord,
    given: &[types::Tag],
) -> Result<Transaction, ServiceError> {
    let mut transaction = Transaction::default();
    let key = key(&cx.scope(), name);
    let resource = tags::Resource::alarm(cx, name);
    resource.check(given)?;
    let tags = tags::merged(Vec::new(), given)?;
    match present(parts, &key) {
        Some(present) => {
            check_kind(name, &present.alarm.value, asked)?;
            let alarm = AlarmRecord { created: present.alarm.value.created, ..asked.clone() };
            update(&mut transaction, parts, cx, &key, &present, &alarm);
            forget_series(&mut transaction, &key, &present, &alarm);
        }
        None => {
            let state = first_state(cx.now);
            transaction.create(key.clone(), asked).create(key.clone(), &state);
            tags::create(&mut transaction, &resource, tags);
            tell(&mut transaction, parts, cx, &key, Operation::Create, asked, &state);
        }
    }
    Ok(transaction)
}

/// The state of an alarm that is put at `now`.
pub(crate) fn first_state(now: Timestamp) -> AlarmStateRecord {
    AlarmStateRecord {
        state: AlarmState {
            value: StateValue::InsufficientData,
            reason: CREATED_REASON.to_owned(),
            reason_data: None,
            since: now,
        },
        updated: now,
        transitioned: now,
        evaluation: None,
        contributors: BTreeMap::new(),
        suppression: None,
        muted: None,
        notified: None,
    }
}

/// Series of what an alarm watched before say nothing of what it watches now: they are forgotten
/// without a word, rather than told that they are gone.
fn forget_series(transaction: &mut Transaction, key: &Key, present: &Present, alarm: &AlarmRecord) {
    let watched = |alarm: &AlarmRecord| match &alarm.kind {
        AlarmKind::Metric(metric) => Some(metric.watched.clone()),
        AlarmKind::Composite(_) => None,
    };
    let state = &present.state.value;
    if state.contributors.is_empty() || watched(&present.alarm.value) == watched(alarm) {
        return;
    }
    let without = AlarmStateRecord { contributors: BTreeMap::new(), ..AlarmStateRecord::clone(state) };
    transaction.update(key.clone(), present.state.version, &without);
}

/// No words are recorded for this refusal.
fn check_kind(name: &str, present: &AlarmRecord, asked: &AlarmRecord) -> Result<(), ServiceError> {
    let kind = |alarm: &AlarmRecord| match alarm.kind {
        AlarmKind::Metric(_) => "metric",
        AlarmKind::Composite(_) => "composite",
    };
    match (kind(present), kind(asked)) {
        (before, after) if before != after => {
            let message = format!("The alarm {name} is a {before} alarm and cannot be changed into a {after} alarm.");
            Err(ServiceError::validation(message))
        }
        _ => Ok(()),
    }
}

/// Adds to a transaction that an alarm has another configuration.
pub(crate) fn update(
    transaction: &mut Transaction,
    parts: &Parts,
    cx: &CallContext,
    key: &Key,
    present: &Present,
    alarm: &AlarmRecord,
) {
    transaction.update(key.clone(), present.alarm.version, alarm);
    let operation = Operation::Update { previous: &present.alarm.value };
    tell(transaction, parts, cx, key, operation, alarm, &present.state.value);
}

/// Adds to a transaction that an alarm is removed with its state, its tags, and the actions that
/// were to be tried or run again. Its history stays, its events are still sent, and what its last
/// changes asked for and nobody tried yet is still done.
pub(crate) fn delete(transaction: &mut Transaction, parts: &Parts, cx: &CallContext, key: &Key, present: &Present) {
    let catalog = &parts.catalog;
    transaction.delete::<AlarmRecord>(key.clone(), present.alarm.version);
    transaction.delete::<AlarmStateRecord>(key.clone(), present.state.version);
    tags::remove(transaction, catalog, &tags::Resource::alarm(cx, &key.name));
    let pending = format!("{}\n", key.name);
    for (name, task) in catalog.list_prefix::<AlarmActionRecord>(&key.account, key.region.as_ref(), &pending) {
        let is_first = matches!(task.value.task, AlarmTask::Run(_)) && task.value.attempts == 0;
        if !is_first && !matches!(task.value.task, AlarmTask::Event(_)) {
            transaction.delete::<AlarmActionRecord>(Key { name, ..key.clone() }, task.version);
        }
    }
    tell(transaction, parts, cx, key, Operation::Delete, &present.alarm.value, &present.state.value);
}

/// Adds the history of a change of configuration, and the event when there is somewhere to send it.
fn tell(
    transaction: &mut Transaction,
    parts: &Parts,
    cx: &CallContext,
    key: &Key,
    operation: Operation<'_>,
    alarm: &AlarmRecord,
    state: &AlarmStateRecord,
) {
    let scope = cx.scope();
    let entry = configuration_update(&scope, &key.name, operation, alarm, state);
    Entries::at(&parts.catalog, key, cx.now).add(transaction, &entry);
    if !parts.alarm_events {
        return;
    }
    let suppressed = state.suppression.as_ref().map(|suppression| suppression.by);
    let change =
        ConfigurationChange { scope: &scope, name: &key.name, operation, alarm, state: &state.state, suppressed };
    let event = events::configuration_change(&change, id::uuid(&*parts.entropy), cx.now);
    let task = AlarmActionRecord {
        task: AlarmTask::Event(event),
        alarm: alarm.clone(),
        old: state.state.clone(),
        new: state.state.clone(),
        contributor: None,
        after_mute_window: false,
        due: cx.now,
        attempts: 0,
    };
    // Told before what a change of state at the same time asks for.
    let random = id::uuid(&*parts.entropy).simple();
    let name = format!("{}\n{:014}-0000-{random}", key.name, cx.now.millis().max(0));
    transaction.create(Key { name, ..key.clone() }, &task);
}

/// Wakes the jobs that look at alarms and run their actions.
pub(crate) fn wake(parts: &Parts) {
    parts.alarm_signals.configured.notify_one();
    if parts.alarm_events {
        parts.alarm_signals.actions.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarms::backtest::tests::{cloudwatch, context};
    use crate::alarms::test_world::{NOW, TOPIC, World, after, alarm, alarm_key, expression, query_alarm};
    use crate::record::{Contributor, MetricAlarm};

    const QUERY: &str = r#"SELECT SUM(m) FROM SCHEMA("Shop", Host) GROUP BY Host ORDER BY SUM() DESC"#;

    fn on(query: &str) -> MetricAlarm {
        query_alarm(vec![expression("q", query)])
    }

    /// An alarm on a query with a series in ALARM; gives how many series are known after another
    /// configuration was put.
    async fn series_after(put: MetricAlarm) -> usize {
        let world = World::new().await;
        world.put_record("a", &alarm(on(QUERY))).await;
        let mut state = AlarmStateRecord::clone(&world.state("a").value);
        let in_alarm = AlarmState { value: StateValue::Alarm, ..state.state.clone() };
        let series = Contributor { attributes: BTreeMap::new(), state: in_alarm, muted: None };
        state.contributors.insert("0123456789abcdef".to_owned(), series);
        let mut transaction = Transaction::default();
        transaction.put(alarm_key("a"), &state);
        world.commit(transaction).await;
        let asked = AlarmRecord { configured: after(1), ..alarm(put) };
        let transaction = super::put(&cloudwatch(&world).parts, &context(after(1)), "a", &asked, &[]).unwrap();
        world.commit(transaction).await;
        world.state("a").value.contributors.len()
    }

    #[tokio::test]
    async fn series_are_forgotten_when_something_else_is_watched() {
        assert_eq!(series_after(on(&QUERY.replace("SUM(m)", "SUM(other)"))).await, 0);
        let higher = MetricAlarm { threshold: Some(99.0), ..on(QUERY) };
        assert_eq!(series_after(higher).await, 1, "of another threshold they still tell");
    }

    #[tokio::test]
    async fn removing_an_alarm_leaves_what_was_asked_for_and_not_tried_yet() {
        let world = World::new().await;
        world.put_record("a", &alarm(on(QUERY))).await;
        let record = world.alarm("a");
        let task = |task, attempts| AlarmActionRecord {
            task,
            alarm: AlarmRecord::clone(&record.value),
            old: world.state("a").value.state.clone(),
            new: world.state("a").value.state.clone(),
            contributor: None,
            after_mute_window: false,
            due: NOW,
            attempts,
        };
        let mut transaction = Transaction::default();
        for (id, task) in [
            ("first", task(AlarmTask::Run(TOPIC.to_owned()), 0)),
            ("again", task(AlarmTask::Run(TOPIC.to_owned()), 1)),
            ("repeated", task(AlarmTask::Repeat(TOPIC.to_owned()), 0)),
            ("event", task(AlarmTask::Event("{}".to_owned()), 3)),
        ] {
            transaction.create(Key { name: format!("a\n{id}"), ..alarm_key("a") }, &task);
        }
        world.commit(transaction).await;
        let parts = cloudwatch(&world).parts;
        let (mut transaction, found) = (Transaction::default(), present(&parts, &alarm_key("a")).unwrap());
        delete(&mut transaction, &parts, &context(after(1)), &alarm_key("a"), &found);
        world.commit(transaction).await;
        let left: Vec<AlarmTask> = world.tasks("a").iter().map(|task| task.task.clone()).collect();
        assert_eq!(left, [AlarmTask::Event("{}".to_owned()), AlarmTask::Run(TOPIC.to_owned())]);
    }
}
