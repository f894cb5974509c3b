//! `DeleteAlarms`: removes alarms; names that nothing has are passed over (cloudwatch.md §6.7).

use std::collections::BTreeSet;

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::alarms::configure::{self, Present, present};
use crate::alarms::{composite, key, name_of};
use crate::record::{AlarmKind, AlarmRecord, Busy, CompositeAlarm, change};

pub(super) async fn delete_alarms(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DeleteAlarmsInput,
) -> Result<api::Unit, ServiceError> {
    let parts = &cloudwatch.parts;
    let names: BTreeSet<&str> = input.alarm_names.iter().map(String::as_str).collect();
    change(&parts.catalog, Busy::Internal, || {
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
        for (name, present) in &found {
            configure::delete(&mut transaction, parts, cx, &key(&cx.scope(), name), present);
        }
        Ok((transaction, ()))
    })
    .await?;
    configure::wake(parts);
    Ok(api::Unit)
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
