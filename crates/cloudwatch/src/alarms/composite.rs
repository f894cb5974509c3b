//! Composite alarms: their rules' values, and what holds back their actions (cloudwatch.md §6.9).
//!
//! [`evaluate::EvaluateComposites`] is the job. It keeps an index of who depends on whom
//! ([`graph`]), so that changes of alarms that no composite looks at cost it nothing.
//! [`suppression`] is the pure state machine of suppressors.

pub mod evaluate;
mod evaluation;
mod graph;
mod reason;
pub mod suppression;
#[cfg(test)]
mod tests;

use base::{Arn, Scope, Timestamp};
use lang::alarm_rule::{Rule, State};
use store::Catalog;

use super::key;
use crate::record::{AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, CompositeAlarm, StateValue, Suppression};

/// The reason of an alarm that was not evaluated yet (cloudwatch.md §6.5).
const INITIAL_REASON: &str = "Unchecked: Initial alarm creation";

/// The names of the alarms that the rule refers to, each once, in the order of the rule.
pub fn references(alarm: &CompositeAlarm) -> Vec<String> {
    let Ok(rule) = Rule::parse(&alarm.rule) else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for reference in rule.references() {
        let name = name_in(reference);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The name of the alarm that suppresses actions.
pub fn suppressor(alarm: &CompositeAlarm) -> Option<&str> {
    alarm.suppressor.as_ref().map(|suppressor| name_in(&suppressor.alarm))
}

/// What suppresses the actions of an alarm once it changes its value from `present` at `now`;
/// for every change that does not come from the rule, as SetAlarmState. None for alarms without
/// a suppressor. Goes into the state's record with the change (see [`super::transition`]).
pub fn suppression_of_change(
    catalog: &Catalog,
    scope: &Scope,
    alarm: &AlarmRecord,
    present: &AlarmStateRecord,
    now: Timestamp,
) -> Option<Suppression> {
    let AlarmKind::Composite(composite) = &alarm.kind else { return None };
    let cause = suppression::Cause::Changed(AlarmState::clone(&present.state));
    suppression::step(present.suppression.clone(), watched(catalog, scope, composite), cause, now).suppression
}

/// The suppressor of an alarm as it is.
fn watched(catalog: &Catalog, scope: &Scope, alarm: &CompositeAlarm) -> Option<suppression::Watched> {
    let suppressor = alarm.suppressor.as_ref()?;
    let state = catalog.get::<AlarmStateRecord>(&key(scope, name_in(&suppressor.alarm)));
    Some(suppression::Watched {
        in_alarm: state.is_some_and(|state| state.value.state.value == StateValue::Alarm),
        wait_secs: suppressor.wait_secs,
        extension_secs: suppressor.extension_secs,
    })
}

/// The name of the alarm that a reference is to. References to other accounts and regions are
/// refused when they are put, so the ARN's own are not looked at.
pub(crate) fn name_in(reference: &str) -> &str {
    let is_arn = reference.starts_with("arn:")
        && reference.parse::<Arn>().is_ok_and(|arn| arn.service == "cloudwatch" && arn.resource.starts_with("alarm:"));
    match reference.split_once(":alarm:") {
        Some((_, name)) if is_arn && !name.is_empty() => name,
        _ => reference,
    }
}

/// A state in the language of rules.
fn rule_state(value: StateValue) -> State {
    match value {
        StateValue::Ok => State::Ok,
        StateValue::Alarm => State::Alarm,
        StateValue::InsufficientData => State::InsufficientData,
    }
}
