//! `EC2_STOPPED_INSTANCE`: no instance is stopped for longer than a number of days.

use base::Timestamp;

use crate::item::Item;
use crate::rule::{
    Asked, Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict,
};
use crate::shapes::DAY_MILLIS;
use crate::shapes::instance::{INSTANCE, not_terminated, state};

/// `EC2_STOPPED_INSTANCE`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_STOPPED_INSTANCE",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[Parameter::optional("AllowedDays", ParameterKind::Integer).with_default("30")],
    facts: &[Fact::History],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    if state(item)? != "stopped" {
        return Ok(Verdict::compliant());
    }
    let days = parameters.integer("AllowedDays").unwrap_or(30);
    let since = match told_by_reason(item) {
        Some(since) => Some(since),
        None => told_by_history(item, inventory)?,
    };
    // As AWS documents it, a time that cannot be told is too long.
    let Some(since) = since else {
        return Ok(Verdict::non_compliant("Since when the instance is stopped cannot be told."));
    };
    let is_too_long = since < inventory.now().plus_millis(days.saturating_mul(-DAY_MILLIS));
    Ok(Verdict::of(is_too_long.then(|| format!("The instance is stopped since {}.", since.iso_secs()))))
}

/// EC2 writes `User initiated (2026-06-01 10:20:30 GMT)`.
fn told_by_reason(item: &Item) -> Option<Timestamp> {
    let (_, rest) = item.text("stateTransitionReason")?.rsplit_once('(')?;
    let (date, time) = rest.split_once(')')?.0.strip_suffix(" GMT")?.split_once(' ')?;
    Timestamp::parse_iso(&format!("{date}T{time}Z"))
}

/// When the first item of the stopped instance was taken, back to the last that tells another state.
fn told_by_history(item: &Item, inventory: &dyn Inventory) -> Result<Option<Timestamp>, Verdict> {
    let history = match inventory.history(&item.resource_type, &item.resource_id) {
        Asked::Known(history) => history,
        Asked::Nothing => Vec::new(),
        Asked::Unknown => return Err(Verdict::insufficient_data("The items of the past could not be read.")),
    };
    let is_stopped = |item: &&std::sync::Arc<Item>| item.text("state.name") == Some("stopped");
    Ok(history.iter().take_while(is_stopped).last().map(|first| first.taken))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};
    use crate::shapes::instance::examples::{in_state, instance};

    #[test]
    fn ec2_tells_since_when() {
        let stopped =
            |reason: &str| instance(json!({ "state": { "name": "stopped" }, "stateTransitionReason": reason }));
        // The tests' time is 2026-07-04T09:30:00Z.
        for (item, parameters, expected) in [
            (stopped("User initiated (2026-06-05 10:00:00 GMT)"), json!({}), Compliance::Compliant),
            (stopped("User initiated (2026-06-04 09:00:00 GMT)"), json!({}), Compliance::NonCompliant),
            (
                stopped("User initiated (2026-07-02 09:00:00 GMT)"),
                json!({ "AllowedDays": "1" }),
                Compliance::NonCompliant,
            ),
            (stopped("User initiated (2026-07-04 09:00:00 GMT)"), json!({ "AllowedDays": "1" }), Compliance::Compliant),
            (stopped("Server.InternalError"), json!({}), Compliance::InsufficientData),
            (in_state("running"), json!({}), Compliance::Compliant),
            (in_state("stopping"), json!({}), Compliance::Compliant),
            (in_state("terminated"), json!({}), Compliance::NotApplicable),
            (instance(json!({ "state": null })), json!({}), Compliance::InsufficientData),
        ] {
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{item:?} {parameters}");
        }
    }

    #[test]
    fn history_tells_where_ec2_does_not() {
        for (states, expected) in [
            (vec![("stopped", 10)], Compliance::Compliant),
            (vec![("stopped", 31)], Compliance::NonCompliant),
            (vec![("stopped", 1), ("stopped", 31), ("running", 40)], Compliance::NonCompliant),
            (vec![("stopped", 1), ("running", 31), ("stopped", 60)], Compliance::Compliant),
        ] {
            let item = |(word, days_ago): &(&str, i64)| {
                let taken = shelf::now().plus_millis(-days_ago * DAY_MILLIS);
                Arc::new(Item { taken, ..in_state(word) })
            };
            let history: Vec<_> = states.iter().map(item).collect();
            let current = Arc::clone(&history[0]);
            let shelf = Shelf { histories: [(current.resource_id.clone(), history)].into(), ..Shelf::default() };
            assert_eq!(shelf::judged_among(&RULE, &current, json!({}), &shelf), expected, "{states:?}");
        }
    }

    #[test]
    fn what_nothing_tells_of_is_stopped_for_too_long() {
        let item = in_state("stopped");
        let shelf = Shelf { histories: [(item.resource_id.clone(), Vec::new())].into(), ..Shelf::default() };
        assert_eq!(shelf::judged_among(&RULE, &item, json!({}), &shelf), Compliance::NonCompliant);
    }
}
