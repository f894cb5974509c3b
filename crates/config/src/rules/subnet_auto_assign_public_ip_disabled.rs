//! `SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED`: subnets give no public addresses by themselves.

use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::told_flag;

/// `SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::EC2::Subnet"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| match told_flag(item, "mapPublicIpOnLaunch") {
        Ok(is_wrong) => Verdict::of(is_wrong.then_some("The subnet assigns public IPv4 addresses.")),
        Err(untold) => untold,
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn a_subnet_assigns_no_public_addresses() {
        for (configuration, expected) in [
            (json!({ "subnetId": "subnet-1", "mapPublicIpOnLaunch": false }), Compliance::Compliant),
            (json!({ "subnetId": "subnet-1", "mapPublicIpOnLaunch": true }), Compliance::NonCompliant),
            (json!({ "mapPublicIpOnLaunch": false, "assignIpv6AddressOnCreation": true }), Compliance::Compliant),
            (json!({ "subnetId": "subnet-1" }), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::EC2::Subnet", "subnet-1", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{configuration}");
        }
    }
}
