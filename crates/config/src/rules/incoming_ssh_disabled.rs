//! `INCOMING_SSH_DISABLED`: security groups do not let SSH in from everywhere.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::openings::{SECURITY_GROUP, openings};

const SSH_PORT: i64 = 22;

/// `INCOMING_SSH_DISABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "INCOMING_SSH_DISABLED",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&[SECURITY_GROUP]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let is_open = openings(item)?.iter().any(|opening| opening.has_tcp_port(SSH_PORT));
    Ok(Verdict::of(is_open.then_some("Port 22 is open to all addresses.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::openings::examples::{group, permission};

    #[test]
    fn ssh_is_not_let_in_from_all_addresses() {
        for (permissions, expected) in [
            (vec![], Compliance::Compliant),
            (vec![permission("tcp", Some((22, 22)), "0.0.0.0/0")], Compliance::NonCompliant),
            (vec![permission("tcp", Some((22, 22)), "::/0")], Compliance::NonCompliant),
            (vec![permission("tcp", Some((0, 1024)), "0.0.0.0/0")], Compliance::NonCompliant),
            (vec![permission("-1", None, "0.0.0.0/0")], Compliance::NonCompliant),
            (vec![permission("tcp", Some((22, 22)), "10.0.0.0/8")], Compliance::Compliant),
            (vec![permission("udp", Some((22, 22)), "0.0.0.0/0")], Compliance::Compliant),
            (vec![permission("tcp", Some((443, 443)), "0.0.0.0/0")], Compliance::Compliant),
            (
                vec![
                    permission("tcp", Some((443, 443)), "0.0.0.0/0"),
                    permission("tcp", Some((20, 22)), "2001:db8::/32"),
                    permission("tcp", Some((20, 22)), "::/0"),
                ],
                Compliance::NonCompliant,
            ),
        ] {
            assert_eq!(shelf::judged(&RULE, &group(&permissions), json!({})), expected, "{permissions:?}");
        }
        let empty = shelf::item(SECURITY_GROUP, "sg-1", json!({ "groupName": "web" }));
        assert_eq!(shelf::judged(&RULE, &empty, json!({})), Compliance::InsufficientData);
    }
}
