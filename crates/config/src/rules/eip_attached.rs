//! `EIP_ATTACHED`: elastic addresses are attached to instances or to network interfaces that are in use.

use crate::item::Item;
use crate::rule::{Inventory, ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::{described, filled_text};

/// `EIP_ATTACHED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EIP_ATTACHED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::EC2::EIP"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, inventory| judge(item, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    described(item)?;
    if filled_text(item, "instanceId").is_some() {
        return Ok(Verdict::compliant());
    }
    if let Some(id) = filled_text(item, "networkInterfaceId") {
        let interface = inventory.item("AWS::EC2::NetworkInterface", id);
        let is_unused = interface.is_some_and(|interface| interface.text("status") == Some("available"));
        return Ok(Verdict::of(is_unused.then(|| format!("The network interface {id} is not in use."))));
    }
    let is_associated = filled_text(item, "associationId").is_some();
    Ok(Verdict::of((!is_associated).then_some("The address is attached to nothing.")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    #[test]
    fn an_address_is_attached_to_something_in_use() {
        let interface = |status: &str| {
            Some(shelf::item(
                "AWS::EC2::NetworkInterface",
                "eni-1",
                json!({ "networkInterfaceId": "eni-1", "status": status }),
            ))
        };
        for (more, interface, expected) in [
            (json!({}), None, Compliance::NonCompliant),
            (json!({ "instanceId": "", "networkInterfaceId": "" }), None, Compliance::NonCompliant),
            (json!({ "instanceId": "i-1", "associationId": "eipassoc-1" }), None, Compliance::Compliant),
            (json!({ "networkInterfaceId": "eni-1", "associationId": "eipassoc-1" }), None, Compliance::Compliant),
            (json!({ "networkInterfaceId": "eni-1" }), interface("in-use"), Compliance::Compliant),
            (json!({ "networkInterfaceId": "eni-1" }), interface("available"), Compliance::NonCompliant),
            (json!({ "associationId": "eipassoc-1" }), None, Compliance::Compliant),
        ] {
            let mut configuration = json!({
                "allocationId": "eipalloc-1", "domain": "vpc", "publicIp": "198.51.100.7",
                "instanceId": null, "networkInterfaceId": null, "associationId": null,
            });
            configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let item = shelf::item("AWS::EC2::EIP", "eipalloc-1", configuration);
            let shelf = Shelf { items: interface.into_iter().map(Arc::new).collect(), ..Shelf::default() };
            assert_eq!(shelf::judged_among(&RULE, &item, json!({}), &shelf), expected, "{more}");
        }
        let empty = shelf::item("AWS::EC2::EIP", "eipalloc-1", json!(null));
        assert_eq!(shelf::judged(&RULE, &empty, json!({})), Compliance::InsufficientData);
    }
}
