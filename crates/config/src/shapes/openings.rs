//! What a security group lets in from everywhere.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::Verdict;

use super::untold;

/// EC2's type of security groups.
pub(crate) const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";

/// Ports that anybody can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// By which protocol.
    pub protocol: Protocol,
    /// Of protocols without ports, none that matters.
    pub ports: RangeInclusive<i64>,
}

/// What a permission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Whatever there is, at all ports.
    All,
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// One without ports, such as ICMP.
    Other,
}

impl Opening {
    /// Whether a TCP port can be reached.
    pub(crate) fn has_tcp_port(&self, port: i64) -> bool {
        matches!(self.protocol, Protocol::All | Protocol::Tcp) && self.ports.contains(&port)
    }
}

/// All that a security group lets in from all IPv4 or all IPv6 addresses. What it lets in from groups, prefix lists or
/// narrower ranges is not open.
pub(crate) fn openings(item: &Item) -> Result<Vec<Opening>, Verdict> {
    let permissions = item.at("ipPermissions").and_then(Value::as_array).ok_or_else(|| untold("ipPermissions"))?;
    Ok(permissions.iter().filter(|permission| is_from_everywhere(permission)).map(opening).collect())
}

/// The items of Config have IPv4 ranges twice: as objects and as texts (config.md 10.3).
fn is_from_everywhere(permission: &Value) -> bool {
    let lists = ["ipv4Ranges", "ipRanges", "ipv6Ranges"].into_iter();
    let ranges = lists.filter_map(|key| item::at(permission, key)?.as_array()).flatten();
    let text = |range: &'_ Value| -> Option<String> {
        let inside = item::at(range, "cidrIp").or_else(|| item::at(range, "cidrIpv6")).unwrap_or(range);
        inside.as_str().map(str::to_owned)
    };
    // A prefix of no bits is every address, whatever address stands before it.
    ranges.filter_map(text).any(|range| range.rsplit_once('/').is_some_and(|(_, bits)| bits == "0"))
}

fn opening(permission: &Value) -> Opening {
    let protocol = match item::at(permission, "ipProtocol").and_then(Value::as_str).unwrap_or("-1") {
        "-1" => Protocol::All,
        "tcp" | "6" => Protocol::Tcp,
        "udp" | "17" => Protocol::Udp,
        _ => Protocol::Other,
    };
    let port = |key| item::at(permission, key).and_then(item::as_integer).filter(|port| *port >= 0);
    let ports = match (protocol, port("fromPort"), port("toPort")) {
        (Protocol::Tcp | Protocol::Udp, Some(first), Some(last)) => first..=last,
        // Ports that are not said, or -1, are all.
        _ => 0..=65_535,
    };
    Opening { protocol, ports }
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    /// A permission as EC2 describes it, of a range of IPv4 or IPv6 addresses.
    pub(crate) fn permission(protocol: &str, ports: Option<(i64, i64)>, range: &str) -> Value {
        let is_six = range.contains(':');
        json!({
            "ipProtocol": protocol,
            "fromPort": ports.map(|ports| ports.0),
            "toPort": ports.map(|ports| ports.1),
            "ipv4Ranges": if is_six { json!([]) } else { json!([{ "cidrIp": range, "description": null }]) },
            "ipRanges": if is_six { json!([]) } else { json!([range]) },
            "ipv6Ranges": if is_six { json!([{ "cidrIpv6": range }]) } else { json!([]) },
            "prefixListIds": [],
            "userIdGroupPairs": [],
        })
    }

    /// A group that lets in what the permissions say and everything out.
    pub(crate) fn group(permissions: &[Value]) -> Item {
        let configuration = json!({
            "description": "of the web servers",
            "groupId": "sg-0123456789abcdef0",
            "groupName": "web",
            "ipPermissions": permissions,
            "ipPermissionsEgress": [permission("-1", None, "0.0.0.0/0")],
            "ownerId": "123456789012",
            "tags": [],
            "vpcId": "vpc-0123456789abcdef0",
        });
        shelf::item(SECURITY_GROUP, "sg-0123456789abcdef0", configuration)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::examples::{group, permission};
    use super::*;
    use crate::rule::shelf;

    #[test]
    fn what_is_open_is_told_with_its_ports() {
        let all = 0..=65_535;
        for (permission, expected) in [
            (permission("tcp", Some((22, 22)), "0.0.0.0/0"), Some((Protocol::Tcp, 22..=22))),
            (permission("tcp", Some((22, 80)), "::/0"), Some((Protocol::Tcp, 22..=80))),
            (permission("6", Some((22, 22)), "0.0.0.0/0"), Some((Protocol::Tcp, 22..=22))),
            (permission("udp", Some((53, 53)), "0.0.0.0/0"), Some((Protocol::Udp, 53..=53))),
            (permission("-1", None, "0.0.0.0/0"), Some((Protocol::All, all.clone()))),
            (permission("tcp", None, "0.0.0.0/0"), Some((Protocol::Tcp, all.clone()))),
            (permission("icmp", Some((8, -1)), "0.0.0.0/0"), Some((Protocol::Other, all))),
            (permission("tcp", Some((22, 22)), "10.0.0.0/8"), None),
            (permission("tcp", Some((22, 22)), "0.0.0.0/10"), None),
            (permission("tcp", Some((22, 22)), "2001:db8::/32"), None),
            // Items of other makers have but one of the two forms.
            (
                json!({ "ipProtocol": "tcp", "fromPort": 1, "toPort": 2, "ipRanges": ["0.0.0.0/0"] }),
                Some((Protocol::Tcp, 1..=2)),
            ),
            (json!({ "ipProtocol": "-1", "userIdGroupPairs": [{ "groupId": "sg-1" }] }), None),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(protocol, ports)| Opening { protocol, ports }).collect();
            assert_eq!(openings(&group(std::slice::from_ref(&permission))), Ok(expected), "{permission}");
        }
        assert!(openings(&shelf::item(SECURITY_GROUP, "sg-1", json!({}))).is_err());
    }
}
