//! `VPC_DEFAULT_SECURITY_GROUP_CLOSED`: the default security group of a VPC lets nothing in or out.

use serde_json::Value;

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::openings::SECURITY_GROUP;
use crate::shapes::untold;

/// `VPC_DEFAULT_SECURITY_GROUP_CLOSED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[SECURITY_GROUP]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

/// Only the default group of a VPC has this name.
fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let name = item.text("groupName").or(item.resource_name.as_deref()).ok_or_else(|| untold("groupName"))?;
    if name != "default" {
        return Ok(Verdict::not_applicable());
    }
    let has_some = |path| match item.at(path).and_then(Value::as_array) {
        Some(permissions) => Ok(!permissions.is_empty()),
        None => Err(untold(path)),
    };
    if has_some("ipPermissions")? {
        return Ok(Verdict::non_compliant("The default security group has inbound rules."));
    }
    Ok(Verdict::of(has_some("ipPermissionsEgress")?.then_some("The default security group has outbound rules.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::openings::examples::permission;

    #[test]
    fn the_default_group_has_no_permissions() {
        let from_itself = json!({ "ipProtocol": "-1", "userIdGroupPairs": [{ "groupId": "sg-1" }], "ipRanges": [] });
        let out = permission("-1", None, "0.0.0.0/0");
        for (name, inward, outward, expected) in [
            ("default", json!([]), json!([]), Compliance::Compliant),
            ("default", json!([from_itself]), json!([]), Compliance::NonCompliant),
            ("default", json!([]), json!([out]), Compliance::NonCompliant),
            ("default", json!([from_itself]), json!([out]), Compliance::NonCompliant),
            ("default", json!([]), json!(null), Compliance::InsufficientData),
            ("default", json!(null), json!([]), Compliance::InsufficientData),
            ("web", json!([out]), json!([out]), Compliance::NotApplicable),
        ] {
            let configuration = json!({ "groupName": name, "ipPermissions": inward, "ipPermissionsEgress": outward });
            let item = shelf::item(SECURITY_GROUP, "sg-1", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{configuration}");
        }
    }
}
