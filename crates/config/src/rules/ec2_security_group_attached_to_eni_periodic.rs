//! `EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC`: security groups are those of some network interface.

use crate::item::{self, Item};
use crate::rule::{Inventory, ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::openings::SECURITY_GROUP;
use crate::shapes::untold;

/// `EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[SECURITY_GROUP]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, inventory| judge(item, inventory).unwrap_or_else(|untold| untold),
};

/// The default group of a VPC cannot be deleted, so that nothing is said of one that nobody uses.
fn judge(item: &Item, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let name = item.text("groupName").or(item.resource_name.as_deref()).ok_or_else(|| untold("groupName"))?;
    if name == "default" {
        return Ok(Verdict::not_applicable());
    }
    let is_this = |group| item::at(group, "groupId").is_some_and(|id| *id == item.resource_id);
    let interfaces = inventory.items("AWS::EC2::NetworkInterface");
    let is_used = interfaces.iter().any(|interface| interface.list("groups").iter().any(is_this));
    Ok(Verdict::of((!is_used).then_some("No network interface has the security group.")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    #[test]
    fn a_group_is_that_of_an_interface() {
        for (name, groups, expected) in [
            ("web", json!([{ "groupId": "sg-1", "groupName": "web" }]), Compliance::Compliant),
            ("web", json!([{ "groupId": "sg-2" }, { "groupId": "sg-1" }]), Compliance::Compliant),
            ("web", json!([{ "groupId": "sg-2", "groupName": "web" }]), Compliance::NonCompliant),
            ("web", json!([]), Compliance::NonCompliant),
            ("default", json!([]), Compliance::NotApplicable),
        ] {
            let interface = json!({ "networkInterfaceId": "eni-1", "status": "in-use", "groups": groups });
            let items = vec![Arc::new(shelf::item("AWS::EC2::NetworkInterface", "eni-1", interface))];
            let item = shelf::item(SECURITY_GROUP, "sg-1", json!({ "groupId": "sg-1", "groupName": name }));
            let shelf = Shelf { items, ..Shelf::default() };
            assert_eq!(shelf::judged_among(&RULE, &item, json!({}), &shelf), expected, "{name} {groups}");
        }
    }
}
