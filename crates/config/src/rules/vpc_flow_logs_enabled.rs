//! `VPC_FLOW_LOGS_ENABLED`: VPCs have flow logs.

use crate::item::Item;
use crate::rule::{Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};

/// `VPC_FLOW_LOGS_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "VPC_FLOW_LOGS_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&["AWS::EC2::VPC"]),
    parameters: &[Parameter::optional("trafficType", ParameterKind::Text)],
    facts: &[],
    evaluate: judge,
};

fn judge(vpc: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Verdict {
    let wanted = parameters.text("trafficType");
    let is_right = |log: &Item| {
        log.text("resourceId") == Some(&vpc.resource_id)
            && log.text("flowLogStatus") == Some("ACTIVE")
            && wanted.is_none_or(|wanted| log.text("trafficType").is_some_and(|own| own.eq_ignore_ascii_case(wanted)))
    };
    let has_one = inventory.items("AWS::EC2::FlowLog").iter().any(|log| is_right(log));
    Verdict::of((!has_one).then(|| match wanted {
        Some(wanted) => format!("The VPC has no active flow log of the traffic type {wanted}."),
        None => "The VPC has no active flow log.".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    #[test]
    fn a_vpc_has_an_active_flow_log_of_the_traffic() {
        for (resource_id, status, traffic, parameters, expected) in [
            ("vpc-1", "ACTIVE", "ALL", json!({}), Compliance::Compliant),
            ("vpc-1", "ACTIVE", "REJECT", json!({}), Compliance::Compliant),
            ("vpc-1", "ACTIVE", "REJECT", json!({ "trafficType": "REJECT" }), Compliance::Compliant),
            ("vpc-1", "ACTIVE", "REJECT", json!({ "trafficType": "ALL" }), Compliance::NonCompliant),
            ("vpc-1", "INACTIVE", "ALL", json!({}), Compliance::NonCompliant),
            ("vpc-2", "ACTIVE", "ALL", json!({}), Compliance::NonCompliant),
            ("subnet-1", "ACTIVE", "ALL", json!({}), Compliance::NonCompliant),
        ] {
            let log = json!({
                "creationTime": "2026-01-02T03:04:05.000Z",
                "deliverLogsStatus": "SUCCESS",
                "flowLogId": "fl-1",
                "flowLogStatus": status,
                "logDestinationType": "cloud-watch-logs",
                "logGroupName": "flows",
                "resourceId": resource_id,
                "trafficType": traffic,
            });
            let items = vec![Arc::new(shelf::item("AWS::EC2::FlowLog", "fl-1", log))];
            let vpc = shelf::item("AWS::EC2::VPC", "vpc-1", json!({ "cidrBlock": "10.0.0.0/16", "vpcId": "vpc-1" }));
            let shelf = Shelf { items, ..Shelf::default() };
            let told = shelf::judged_among(&RULE, &vpc, parameters.clone(), &shelf);
            assert_eq!(told, expected, "{resource_id} {status} {traffic} {parameters}");
            assert_eq!(shelf::judged(&RULE, &vpc, parameters), Compliance::NonCompliant);
        }
    }
}
