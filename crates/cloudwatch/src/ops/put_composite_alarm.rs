//! `PutCompositeAlarm`: makes a composite alarm or replaces its configuration (cloudwatch.md §6.9).
//!
//! Alarms may refer to each other in a cycle: AWS saves them and does not evaluate them until
//! the cycle is broken (documented). An alarm that refers to itself is refused.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use base::Arn;
use lang::alarm_rule::Rule;
use store::Catalog;
use store::catalog::{Expect, Key, Transaction};

use crate::alarms::validate::actions::{self, Acting, ActionLists};
use crate::alarms::validate::check_name;
use crate::alarms::{composite, configure, key, name_of};
use crate::record::{AlarmKind, AlarmRecord, Busy, CompositeAlarm, CompositesRecord, Suppressor, change};
use crate::{CloudWatch, Parts};

/// Composite alarms that one alarm can serve (cloudwatch.md §6.9).
const PARENTS_MAX: usize = 150;

pub(super) async fn put_composite_alarm(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::PutCompositeAlarmInput,
) -> Result<api::Unit, ServiceError> {
    let parts = &cloudwatch.parts;
    let name = &input.alarm_name;
    let (asked, composite) = alarm_of(cx, &input)?;
    let tags = input.tags.as_deref().unwrap_or_default();
    change(&parts.catalog, Busy::Internal, || Ok((decide(parts, cx, name, &asked, &composite, tags)?, ()))).await?;
    configure::wake(parts);
    parts.alarm_signals.changed.notify_one();
    Ok(api::Unit)
}

fn decide(
    parts: &Parts,
    cx: &CallContext,
    name: &str,
    asked: &AlarmRecord,
    composite: &CompositeAlarm,
    tags: &[types::Tag],
) -> Result<Transaction, ServiceError> {
    let composites = parts.catalog.get::<CompositesRecord>(&composites_key(cx));
    let needed = needed(&parts.catalog, cx, composite)?;
    check_parents(&parts.catalog, cx, name, composite)?;
    let mut transaction = configure::put(parts, cx, name, asked, tags)?;
    require(&mut transaction, needed, &key(&cx.scope(), name));
    // Whoever removes an alarm at the same time looks again at what refers to it.
    match composites {
        Some(found) => {
            let record = CompositesRecord { puts: found.value.puts + 1 };
            transaction.update(composites_key(cx), found.version, &record)
        }
        None => transaction.create(composites_key(cx), &CompositesRecord { puts: 1 }),
    };
    Ok(transaction)
}

/// The key of the record that changes with every composite alarm.
pub(super) fn composites_key(cx: &CallContext) -> Key {
    key(&cx.scope(), "")
}

/// The alarm that is asked for.
fn alarm_of(
    cx: &CallContext,
    input: &types::PutCompositeAlarmInput,
) -> Result<(AlarmRecord, CompositeAlarm), ServiceError> {
    check_name(&input.alarm_name)?;
    check_rule(cx, &input.alarm_name, &input.alarm_rule)?;
    let composite = CompositeAlarm { rule: input.alarm_rule.clone(), suppressor: suppressor(cx, input)? };
    let list = |given: &Option<Vec<String>>| given.clone().unwrap_or_default();
    let alarm = AlarmRecord {
        description: input.alarm_description.clone(),
        actions_enabled: input.actions_enabled.unwrap_or(true),
        ok_actions: list(&input.ok_actions),
        alarm_actions: list(&input.alarm_actions),
        insufficient_data_actions: list(&input.insufficient_data_actions),
        created: cx.now,
        configured: cx.now,
        switched: None,
        kind: AlarmKind::Composite(composite.clone()),
    };
    let lists = ActionLists {
        ok: &alarm.ok_actions,
        alarm: &alarm.alarm_actions,
        insufficient_data: &alarm.insufficient_data_actions,
    };
    actions::check(&lists, Acting::Composite, &cx.scope())?;
    Ok((alarm, composite))
}

fn check_rule(cx: &CallContext, name: &str, rule: &str) -> Result<(), ServiceError> {
    if rule.trim() != rule {
        return refused("AlarmRule must not contain leading or trailing whitespace or be null");
    }
    let parsed = match Rule::parse(rule) {
        Ok(parsed) => parsed,
        Err(error) => return refused(format!("Error in AlarmRule [{error}]")),
    };
    if parsed.references().into_iter().any(|reference| name_of(cx, reference) == name) {
        return refused("A composite alarm cannot have a child relation with itself via its AlarmRule");
    }
    Ok(())
}

fn suppressor(cx: &CallContext, input: &types::PutCompositeAlarmInput) -> Result<Option<Suppressor>, ServiceError> {
    let (wait, extension) = (input.actions_suppressor_wait_period, input.actions_suppressor_extension_period);
    let Some(alarm) = &input.actions_suppressor else {
        return match (wait, extension) {
            (Some(_), _) => refused("ActionsSuppressorWaitPeriod requires an ActionSuppressor"),
            (None, Some(_)) => refused("ActionsSuppressorExtensionPeriod requires an ActionSuppressor"),
            (None, None) => Ok(None),
        };
    };
    let name = name_of(cx, alarm);
    if name.parse::<Arn>().is_ok() || check_name(name).is_err() || name.chars().count() > 255 {
        return refused("ActionsSuppressor must be a valid CloudWatch Alarm ARN or an Alarm name");
    }
    if name == input.alarm_name {
        return refused("A composite alarm cannot be its own ActionsSuppressor");
    }
    let Some(wait) = wait else { return refused("ActionsSuppressorWaitPeriod must not be null") };
    let Some(extension) = extension else { return refused("ActionsSuppressorExtensionPeriod must not be null") };
    let (Ok(wait_secs), Ok(extension_secs)) = (u32::try_from(wait), u32::try_from(extension)) else {
        let period = if wait < 0 { "ActionsSuppressorWaitPeriod" } else { "ActionsSuppressorExtensionPeriod" };
        return refused(format!("{period} must be greater than or equal to 0"));
    };
    Ok(Some(Suppressor { alarm: alarm.clone(), wait_secs, extension_secs }))
}

/// The alarms that must be there, with their versions.
fn needed(catalog: &Catalog, cx: &CallContext, composite: &CompositeAlarm) -> Result<Vec<(Key, u64)>, ServiceError> {
    let scope = cx.scope();
    let find = |name: &str| {
        let key = key(&scope, name);
        let version = catalog.get::<AlarmRecord>(&key)?.version;
        Some((key, version))
    };
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let rule = Rule::parse(&composite.rule).map_err(|error| ServiceError::validation(error.to_string()))?;
    for reference in rule.references() {
        // An alarm of another account or region keeps its whole ARN here, which no name is.
        match find(name_of(cx, reference)) {
            Some(alarm) => found.push(alarm),
            None => missing.push(reference),
        }
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return refused(format!(
            "Could not save the composite alarm as alarms [{missing}] in the alarm rule do not exist"
        ));
    }
    if let Some(suppressor) = &composite.suppressor {
        let Some(alarm) = find(name_of(cx, &suppressor.alarm)) else {
            return refused(format!(
                "Could not save the composite alarm as the ActionsSuppressor {} does not exist",
                suppressor.alarm
            ));
        };
        found.push(alarm);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn check_parents(
    catalog: &Catalog,
    cx: &CallContext,
    name: &str,
    composite: &CompositeAlarm,
) -> Result<(), ServiceError> {
    let children = composite::references(composite);
    let mut parents = vec![0usize; children.len()];
    for (other, alarm) in catalog.list::<AlarmRecord>(cx.account(), Some(&cx.region)) {
        let AlarmKind::Composite(parent) = &alarm.value.kind else { continue };
        if other == name {
            continue;
        }
        let used = composite::references(parent);
        for (child, parents) in children.iter().zip(&mut parents) {
            *parents += usize::from(used.contains(child));
        }
    }
    match children.iter().zip(&parents).find(|(_, parents)| **parents >= PARENTS_MAX) {
        Some((child, _)) => Err(errors::limit_exceeded_fault(format!(
            "The alarm {child} cannot be in the rules of more than {PARENTS_MAX} composite alarms."
        ))),
        None => Ok(()),
    }
}

/// Makes a transaction rest on alarms being as they were looked at.
fn require(transaction: &mut Transaction, needed: Vec<(Key, u64)>, own: &Key) {
    for (key, version) in needed.into_iter().filter(|(key, _)| key != own) {
        transaction.check::<AlarmRecord>(key, Expect::Version(version));
    }
}

fn refused<T>(message: impl Into<String>) -> Result<T, ServiceError> {
    Err(ServiceError::validation(message))
}
