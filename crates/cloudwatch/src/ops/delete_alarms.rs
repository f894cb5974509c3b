//! `DeleteAlarms`: removes alarms; names that nothing has are passed over (cloudwatch.md §6.7).

use std::collections::BTreeSet;

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use store::catalog::{Expect, Transaction};

use super::put_composite_alarm::composites_key;
use crate::alarms::configure::{self, Present, present};
use crate::alarms::{composite, key, name_of};
use crate::record::{AlarmKind, AlarmRecord, Busy, CompositeAlarm, CompositesRecord, change};
use crate::{CloudWatch, Parts};

pub(super) async fn delete_alarms(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DeleteAlarmsInput,
) -> Result<api::Unit, ServiceError> {
    let parts = &cloudwatch.parts;
    let names: BTreeSet<&str> = input.alarm_names.iter().map(String::as_str).collect();
    change(&parts.catalog, Busy::Internal, || Ok((decide(parts, cx, &names)?, ()))).await?;
    configure::wake(parts);
    Ok(api::Unit)
}

fn decide(parts: &Parts, cx: &CallContext, names: &BTreeSet<&str>) -> Result<Transaction, ServiceError> {
    // Read before the alarms are: a composite alarm that is put from now on is a conflict.
    let composites = parts.catalog.get::<CompositesRecord>(&composites_key(cx));
    let known = names.iter().filter_map(|name| Some((*name, present(parts, &key(&cx.scope(), name))?)));
    let found: Vec<(&str, Present)> = known.collect();
    let is_composite = |(_, present): &&(&str, Present)| composite_of(&present.alarm.value).is_some();
    if found.iter().filter(is_composite).count() > 1 {
        return Err(ServiceError::validation("Only one composite alarm can be deleted in a request."));
    }
    let present = parts.catalog.list::<AlarmRecord>(cx.account(), Some(&cx.region));
    let others = present.iter().map(|(name, alarm)| (name.as_str(), &*alarm.value));
    refuse_needed(cx, &found, others)?;
    let mut transaction = Transaction::default();
    if found.is_empty() {
        return Ok(transaction);
    }
    let unchanged = composites.map_or(Expect::Absent, |found| Expect::Version(found.version));
    transaction.check::<CompositesRecord>(composites_key(cx), unchanged);
    for (name, present) in &found {
        configure::delete(&mut transaction, parts, cx, &key(&cx.scope(), name), present);
    }
    Ok(transaction)
}

fn composite_of(alarm: &AlarmRecord) -> Option<&CompositeAlarm> {
    match &alarm.kind {
        AlarmKind::Composite(composite) => Some(composite),
        AlarmKind::Metric(_) => None,
    }
}

/// Alarms that a composite alarm needs stay, unless that one goes with them.
fn refuse_needed<'a>(
    cx: &CallContext,
    going: &[(&str, Present)],
    present: impl Iterator<Item = (&'a str, &'a AlarmRecord)>,
) -> Result<(), ServiceError> {
    let goes = |name: &str| going.iter().any(|(going, _)| *going == name);
    let mut needed = BTreeSet::new();
    for (_, alarm) in present.filter(|(name, _)| !goes(name)) {
        let Some(composite) = composite_of(alarm) else { continue };
        let mut uses = composite::references(composite);
        uses.extend(composite.suppressor.as_ref().map(|suppressor| suppressor.alarm.clone()));
        needed.extend(uses.iter().map(|used| name_of(cx, used).to_owned()).filter(|used| goes(used)));
    }
    if needed.is_empty() {
        return Ok(());
    }
    let them = if needed.len() == 1 { "it" } else { "them" };
    let names: Vec<String> = needed.into_iter().collect();
    let names = names.join(",");
    Err(ServiceError::validation(format!("Cannot delete {names} as there are composite alarm(s) depending on {them}.")))
}

#[cfg(test)]
mod tests {
    use super::super::put_composite_alarm;
    use super::*;
    use crate::alarms::backtest::tests::{cloudwatch, context};
    use crate::alarms::test_world::{NOW, World, after, metric_alarm};

    #[tokio::test]
    async fn an_alarm_stays_when_a_composite_alarm_on_it_is_put_at_the_same_time() {
        let world = World::new().await;
        let kind = AlarmKind::Metric(metric_alarm("m", 60, 1));
        for name in ["a", "b"] {
            world.put_alarm(name, kind.clone(), NOW).await;
        }
        let (server, cx) = (cloudwatch(&world), context(after(1)));
        let names = BTreeSet::from(["a"]);
        let put = types::PutCompositeAlarmInput {
            alarm_name: "c".to_owned(),
            alarm_rule: "ALARM(a)".to_owned(),
            actions_enabled: None,
            alarm_actions: None,
            alarm_description: None,
            insufficient_data_actions: None,
            ok_actions: None,
            tags: None,
            actions_suppressor: None,
            actions_suppressor_wait_period: None,
            actions_suppressor_extension_period: None,
        };
        for _ in 0..2 {
            // Both were decided before either is written.
            let removal = decide(&server.parts, &cx, &names).unwrap();
            put_composite_alarm::put_composite_alarm(&server, &cx, put.clone()).await.unwrap();
            assert!(world.parts.catalog.commit(removal).await.is_err());
            let refusal = decide(&server.parts, &cx, &names).unwrap_err();
            assert!(refusal.message.unwrap().starts_with("Cannot delete a as there are composite alarm(s)"));
            // It is put once more, with another rule, and so refers to it again.
            let away = types::PutCompositeAlarmInput { alarm_rule: "ALARM(b)".to_owned(), ..put.clone() };
            put_composite_alarm::put_composite_alarm(&server, &cx, away).await.unwrap();
        }
        world.commit(decide(&server.parts, &cx, &names).unwrap()).await;
    }
}
