//! `VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS`: what security groups let in from everywhere is at authorized ports.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::openings::{Opening, Protocol, SECURITY_GROUP, openings};
use crate::shapes::ports;

/// `VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&[SECURITY_GROUP]),
    parameters: &[
        Parameter::optional("authorizedTcpPorts", ParameterKind::Text),
        Parameter::optional("authorizedUdpPorts", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

/// As AWS documents it, a group that is open to nobody is not what the rule is about.
fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    let tcp = ports::read(parameters.text("authorizedTcpPorts").unwrap_or_default())?;
    let udp = ports::read(parameters.text("authorizedUdpPorts").unwrap_or_default())?;
    let openings = openings(item)?;
    if openings.is_empty() {
        return Ok(Verdict::not_applicable());
    }
    let is_unauthorized = |opening: &&Opening| match opening.protocol {
        Protocol::All => true,
        Protocol::Tcp => !ports::cover(&tcp, &opening.ports),
        Protocol::Udp => !ports::cover(&udp, &opening.ports),
        Protocol::Other => false,
    };
    Ok(Verdict::of(openings.iter().find(is_unauthorized).map(annotation)))
}

fn annotation(opening: &Opening) -> String {
    let protocol = match opening.protocol {
        Protocol::Tcp => "TCP ports",
        Protocol::Udp => "UDP ports",
        Protocol::All | Protocol::Other => return "All traffic is open to all addresses.".to_owned(),
    };
    format!("The {protocol} {}-{} are open to all addresses.", opening.ports.start(), opening.ports.end())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::openings::examples::{group, permission};

    #[test]
    fn what_is_open_is_at_authorized_ports() {
        let tcp = json!({ "authorizedTcpPorts": "443,1020-1025" });
        let udp = json!({ "authorizedUdpPorts": "500" });
        for (permissions, parameters, expected) in [
            (vec![permission("tcp", Some((443, 443)), "0.0.0.0/0")], &tcp, Compliance::Compliant),
            (vec![permission("tcp", Some((1021, 1024)), "::/0")], &tcp, Compliance::Compliant),
            (vec![permission("tcp", Some((1021, 1026)), "::/0")], &tcp, Compliance::NonCompliant),
            (vec![permission("udp", Some((443, 443)), "0.0.0.0/0")], &tcp, Compliance::NonCompliant),
            (vec![permission("udp", Some((500, 500)), "0.0.0.0/0")], &udp, Compliance::Compliant),
            (vec![permission("-1", None, "::/0")], &tcp, Compliance::NonCompliant),
            (vec![permission("icmp", Some((-1, -1)), "0.0.0.0/0")], &tcp, Compliance::Compliant),
            (vec![permission("tcp", Some((443, 443)), "0.0.0.0/0")], &json!({}), Compliance::NonCompliant),
            (vec![permission("tcp", Some((22, 22)), "10.0.0.0/8")], &tcp, Compliance::NotApplicable),
            (vec![], &tcp, Compliance::NotApplicable),
            (vec![], &json!({ "authorizedTcpPorts": "https" }), Compliance::InsufficientData),
        ] {
            let told = shelf::judged(&RULE, &group(&permissions), parameters.clone());
            assert_eq!(told, expected, "{permissions:?} {parameters}");
        }
    }
}
