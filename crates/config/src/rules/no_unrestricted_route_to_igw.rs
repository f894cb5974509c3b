//! `NO_UNRESTRICTED_ROUTE_TO_IGW`: route tables send not all of the world to an internet gateway.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::untold;

/// `NO_UNRESTRICTED_ROUTE_TO_IGW`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "NO_UNRESTRICTED_ROUTE_TO_IGW",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&["AWS::EC2::RouteTable"]),
    parameters: &[Parameter::optional("routeTableIds", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    if parameters.list("routeTableIds").unwrap_or_default().contains(&item.resource_id.as_str()) {
        return Verdict::compliant();
    }
    // Each table has at least the route within its VPC.
    if item.at("routes").is_none() {
        return untold("routes");
    }
    let is_wrong = item.list("routes").iter().any(is_open);
    Verdict::of(is_wrong.then_some("A route to an internet gateway has the destination 0.0.0.0/0 or ::/0."))
}

fn is_open(route: &Value) -> bool {
    let said = |key| item::at(route, key).and_then(Value::as_str).unwrap_or_default();
    let is_everywhere = said("destinationCidrBlock") == "0.0.0.0/0" || said("destinationIpv6CidrBlock") == "::/0";
    is_everywhere && said("gatewayId").starts_with("igw-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn no_route_of_the_whole_world_leads_to_an_internet_gateway() {
        let local = json!({ "destinationCidrBlock": "10.0.0.0/16", "gatewayId": "local", "state": "active" });
        for (route, parameters, expected) in [
            (json!({ "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1" }), json!({}), Compliance::NonCompliant),
            (json!({ "destinationIpv6CidrBlock": "::/0", "gatewayId": "igw-1" }), json!({}), Compliance::NonCompliant),
            (
                json!({ "destinationCidrBlock": "203.0.113.0/24", "gatewayId": "igw-1" }),
                json!({}),
                Compliance::Compliant,
            ),
            (json!({ "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1" }), json!({}), Compliance::Compliant),
            (
                json!({ "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1" }),
                json!({ "routeTableIds": "rtb-2, rtb-1" }),
                Compliance::Compliant,
            ),
            (
                json!({ "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1" }),
                json!({ "routeTableIds": "rtb-2" }),
                Compliance::NonCompliant,
            ),
        ] {
            let configuration = json!({ "routeTableId": "rtb-1", "vpcId": "vpc-1", "routes": [local, route] });
            let item = shelf::item("AWS::EC2::RouteTable", "rtb-1", configuration);
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{route} {parameters}");
        }
        let untold = shelf::item("AWS::EC2::RouteTable", "rtb-1", json!({ "routeTableId": "rtb-1" }));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }
}
