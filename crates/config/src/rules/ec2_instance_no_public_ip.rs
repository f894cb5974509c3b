//! `EC2_INSTANCE_NO_PUBLIC_IP`: instances have no public IPv4 address.

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, not_terminated};

/// `EC2_INSTANCE_NO_PUBLIC_IP`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_INSTANCE_NO_PUBLIC_IP",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

/// As AWS documents it, this is about IPv4 alone.
fn judge(item: &Item) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    let of_interface = |interface| item::at(interface, "association.publicIp")?.as_str();
    let of_interfaces = item.list("networkInterfaces").iter().filter_map(of_interface);
    let public = item.text("publicIpAddress").into_iter().chain(of_interfaces).find(|address| !address.is_empty());
    Ok(Verdict::of(public.map(|address| format!("The instance has the public address {address}."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    #[test]
    fn no_address_is_public() {
        for (more, expected) in [
            (json!({}), Compliance::Compliant),
            (json!({ "publicIpAddress": "198.51.100.7" }), Compliance::NonCompliant),
            (json!({ "publicIpAddress": "" }), Compliance::Compliant),
            (
                json!({ "networkInterfaces": [{}, { "association": { "ipOwnerId": "amazon", "publicIp": "198.51.100.7" } }] }),
                Compliance::NonCompliant,
            ),
            (json!({ "ipv6Address": "2001:db8::1" }), Compliance::Compliant),
            (
                json!({ "publicIpAddress": "198.51.100.7", "state": { "name": "terminated" } }),
                Compliance::NotApplicable,
            ),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{more}");
        }
    }
}
