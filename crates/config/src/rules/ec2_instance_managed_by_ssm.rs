//! `EC2_INSTANCE_MANAGED_BY_SSM`: running instances are managed by Systems Manager, and their agent answers.

use serde_json::Value;

use crate::item::Item;
use crate::rule::{Asked, Fact, Inventory, ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, running};
use crate::shapes::software::INVENTORY;

/// How long an agent may be silent: it tells of itself every five minutes.
const SILENCE_MILLIS_MAX: i64 = 30 * 60 * 1000;

/// `EC2_INSTANCE_MANAGED_BY_SSM`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_INSTANCE_MANAGED_BY_SSM",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE, INVENTORY]),
    parameters: &[],
    facts: &[Fact::AgentContact],
    evaluate: |item, _, inventory| judge(item, inventory).unwrap_or_else(|untold| untold),
};

/// The verdict is of the instance. An inventory has none of its own: there is one only of what is managed.
fn judge(item: &Item, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    if item.resource_type != INSTANCE {
        return Ok(Verdict::not_applicable());
    }
    running(item)?;
    let is_managed = inventory.item(INVENTORY, &item.resource_id).is_some_and(|managed| !is_unmanaged(&managed));
    if !is_managed {
        return Ok(Verdict::non_compliant("The instance is not managed by Systems Manager."));
    }
    let is_silent = match inventory.last_agent_contact(&item.resource_id) {
        Asked::Known(at) => at < inventory.now().plus_millis(-SILENCE_MILLIS_MAX),
        Asked::Nothing => true,
        Asked::Unknown => return Err(Verdict::insufficient_data("When the agent was last heard of is not known.")),
    };
    Ok(Verdict::of(is_silent.then_some("The agent of the instance has not been heard of for 30 minutes.")))
}

/// Of an instance that was deregistered the inventory stays, with a status (I-7).
fn is_unmanaged(inventory: &Item) -> bool {
    let status = inventory.supplement("InstanceStatus");
    let word = status.as_deref().and_then(Value::as_str).unwrap_or_default();
    word.trim_matches('"') == "Unmanaged"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};
    use crate::shapes::instance::examples::{in_state, instance};

    fn shelf(status: Option<&str>, silent_minutes: Option<i64>) -> Shelf {
        let id = instance(json!({})).resource_id;
        let mut inventory = shelf::item(INVENTORY, &id, json!({ "AWS:InstanceInformation": { "Content": {} } }));
        inventory.supplementary = status.map(|word| ("InstanceStatus".to_owned(), json!(word))).into_iter().collect();
        let contact = |minutes: i64| (id.clone(), shelf::now().plus_millis(-minutes * 60_000));
        let contacts = silent_minutes.map(contact).into_iter().collect();
        Shelf { items: vec![Arc::new(inventory)], contacts, ..Shelf::default() }
    }

    #[test]
    fn a_running_instance_is_managed_and_its_agent_answers() {
        for (item, shelf, expected) in [
            (instance(json!({})), shelf(None, Some(5)), Compliance::Compliant),
            (instance(json!({})), shelf(None, Some(30)), Compliance::Compliant),
            (instance(json!({})), shelf(None, Some(31)), Compliance::NonCompliant),
            (instance(json!({})), shelf(None, None), Compliance::InsufficientData),
            (instance(json!({})), shelf(Some("Unmanaged"), Some(5)), Compliance::NonCompliant),
            (instance(json!({})), shelf(Some("\"Unmanaged\""), Some(5)), Compliance::NonCompliant),
            (instance(json!({})), Shelf::default(), Compliance::NonCompliant),
            (in_state("stopped"), Shelf::default(), Compliance::NotApplicable),
            (in_state("terminated"), Shelf::default(), Compliance::NotApplicable),
            (shelf::item(INVENTORY, "mi-1", json!({})), Shelf::default(), Compliance::NotApplicable),
        ] {
            assert_eq!(shelf::judged_among(&RULE, &item, json!({}), &shelf), expected, "{item:?}");
        }
    }
}
