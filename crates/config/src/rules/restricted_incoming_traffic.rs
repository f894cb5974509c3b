//! `RESTRICTED_INCOMING_TRAFFIC`: security groups do not let traffic in from everywhere to certain ports.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::openings::{SECURITY_GROUP, openings};
use crate::shapes::ports;

/// `RESTRICTED_INCOMING_TRAFFIC`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "RESTRICTED_INCOMING_TRAFFIC",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&[SECURITY_GROUP]),
    parameters: &[
        Parameter::optional("blockedPort1", ParameterKind::Integer).with_default("20"),
        Parameter::optional("blockedPort2", ParameterKind::Integer).with_default("21"),
        Parameter::optional("blockedPort3", ParameterKind::Integer).with_default("3389"),
        Parameter::optional("blockedPort4", ParameterKind::Integer).with_default("3306"),
        Parameter::optional("blockedPort5", ParameterKind::Integer).with_default("4333"),
        Parameter::optional("blockedPorts", ParameterKind::List),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    let singles = ["blockedPort1", "blockedPort2", "blockedPort3", "blockedPort4", "blockedPort5"];
    let mut blocked: Vec<i64> = singles.into_iter().filter_map(|name| parameters.integer(name)).collect();
    blocked.extend(ports::read(parameters.text("blockedPorts").unwrap_or_default())?.into_iter().flatten());
    let openings = openings(item)?;
    let open = blocked.into_iter().find(|port| openings.iter().any(|opening| opening.has_tcp_port(*port)));
    Ok(Verdict::of(open.map(|port| format!("Port {port} is open to all addresses."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::openings::examples::{group, permission};

    #[test]
    fn blocked_ports_are_not_open_to_all_addresses() {
        for (permission, parameters, expected) in [
            (permission("tcp", Some((443, 443)), "0.0.0.0/0"), json!({}), Compliance::Compliant),
            (permission("tcp", Some((3389, 3389)), "0.0.0.0/0"), json!({}), Compliance::NonCompliant),
            (permission("tcp", Some((3300, 3310)), "::/0"), json!({}), Compliance::NonCompliant),
            (permission("-1", None, "0.0.0.0/0"), json!({}), Compliance::NonCompliant),
            (permission("udp", Some((20, 21)), "0.0.0.0/0"), json!({}), Compliance::Compliant),
            (permission("tcp", Some((21, 21)), "192.0.2.0/24"), json!({}), Compliance::Compliant),
            (permission("tcp", Some((20, 20)), "0.0.0.0/0"), json!({ "blockedPort1": "8080" }), Compliance::Compliant),
            (
                permission("tcp", Some((21, 21)), "0.0.0.0/0"),
                json!({ "blockedPort1": "8080" }),
                Compliance::NonCompliant,
            ),
            (
                permission("tcp", Some((6379, 6379)), "::/0"),
                json!({ "blockedPorts": "5432, 6379" }),
                Compliance::NonCompliant,
            ),
            (permission("tcp", Some((6379, 6379)), "::/0"), json!({ "blockedPorts": "5432" }), Compliance::Compliant),
            // The single ports stay blocked.
            (permission("tcp", Some((20, 20)), "::/0"), json!({ "blockedPorts": "5432" }), Compliance::NonCompliant),
            (permission("tcp", Some((1, 1)), "::/0"), json!({ "blockedPorts": "ssh" }), Compliance::InsufficientData),
        ] {
            let group = group(std::slice::from_ref(&permission));
            assert_eq!(shelf::judged(&RULE, &group, parameters.clone()), expected, "{permission} {parameters}");
        }
    }
}
