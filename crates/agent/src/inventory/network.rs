//! `AWS:Network`: interfaces, their addresses, and how they reach others.
//!
//! Several addresses of an interface are in one value, separated by commas.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host::{Host, read};
use super::item::{Entry, entry};

/// `IFF_LOOPBACK` of an interface's flags.
const LOOPBACK: u32 = 0x8;
/// `RTF_UP | RTF_GATEWAY` of a route's flags.
const UP_AND_GATEWAY: u32 = 0x3;

/// The interfaces of a host but for loopback ones.
pub fn collect(host: &Host) -> Vec<Entry> {
    let routes = gateways(&host.read_or_empty("/proc/net/route"), &host.read_or_empty("/proc/net/ipv6_route"));
    let servers = name_servers(host);
    host.names("/sys/class/net").iter().filter_map(|name| interface(host, name, &routes, &servers)).collect()
}

/// The address that a machine is reached by: the first one of the interface whose route leads everywhere,
/// or else the first that is not loopback's. Empty when it has none.
pub fn main_address(host: &Host) -> String {
    let routes = gateways(&host.read_or_empty("/proc/net/route"), &host.read_or_empty("/proc/net/ipv6_route"));
    let is_routed = |name: &str| routes.iter().any(|(interface, _)| interface == name);
    let mut reached: Vec<_> =
        host.addresses.iter().filter(|at| !at.ip.is_loopback() && !is_link_local(&at.ip)).collect();
    reached.sort_by_key(|at| (!is_routed(&at.interface), at.ip.is_ipv6()));
    reached.first().map(|at| at.ip.to_string()).unwrap_or_default()
}

fn is_link_local(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn interface(host: &Host, name: &str, routes: &[(String, IpAddr)], servers: &str) -> Option<Entry> {
    let file = |file: &str| host.read_or_empty(&format!("/sys/class/net/{name}/{file}")).trim().to_owned();
    let flags = file("flags");
    let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok()?;
    if flags & LOOPBACK != 0 {
        return None;
    }
    let addresses = || host.addresses.iter().filter(|at| at.interface == name);
    let joined = |texts: &mut dyn Iterator<Item = String>| texts.collect::<Vec<_>>().join(",");
    let (v4, v6) = (|| addresses().filter(|at| at.ip.is_ipv4()), || addresses().filter(|at| at.ip.is_ipv6()));
    let lease = lease_server(host, name, &file("ifindex"));
    // Names of interfaces that were renamed stay; an interface without addresses is there all the same.
    Some(entry([
        ("Name", name),
        ("MacAddress", &file("address")),
        ("IPV4", &joined(&mut v4().map(|at| at.ip.to_string()))),
        ("IPV6", &joined(&mut v6().map(|at| at.ip.to_string()))),
        ("SubnetMask", &joined(&mut v4().map(|at| mask(at.prefix).to_string()))),
        ("Gateway", &joined(&mut routes.iter().filter(|(to, _)| to == name).map(|(_, by)| by.to_string()))),
        ("DHCPServer", &lease),
        ("DNSServer", servers),
    ]))
}

fn mask(prefix: u8) -> Ipv4Addr {
    Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0))
}

/// Interface and gateway of the routes that lead everywhere.
pub fn gateways(v4: &str, v6: &str) -> Vec<(String, IpAddr)> {
    let mut found: Vec<(String, IpAddr)> = Vec::new();
    for route in v4.lines().filter_map(v4_gateway).chain(v6.lines().filter_map(v6_gateway)) {
        if !found.contains(&route) {
            found.push(route);
        }
    }
    found
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, addresses as the machine's own numbers.
fn v4_gateway(line: &str) -> Option<(String, IpAddr)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [name, destination, gateway, flags, _, _, _, mask, ..] = words[..] else { return None };
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    let leads = number(destination)? == 0 && number(mask)? == 0 && number(flags)? & UP_AND_GATEWAY == UP_AND_GATEWAY;
    leads.then_some((name.to_owned(), Ipv4Addr::from(number(gateway)?.to_ne_bytes()).into()))
}

/// `destination prefix source prefix gateway metric refcnt use flags name`.
fn v6_gateway(line: &str) -> Option<(String, IpAddr)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, prefix, _, _, gateway, _, _, _, flags, name] = words[..] else { return None };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    let gateway = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
    (prefix == "00" && flags & UP_AND_GATEWAY == UP_AND_GATEWAY).then_some((name.to_owned(), gateway.into()))
}

/// The servers of names, with those behind a local resolver of systemd in its place.
fn name_servers(host: &Host) -> String {
    let servers = parse_resolv(&host.read_or_empty("/etc/resolv.conf"));
    let behind = || parse_resolv(&host.read_or_empty("/run/systemd/resolve/resolv.conf"));
    let servers = match servers.as_slice() {
        [one] if one == "127.0.0.53" => Some(behind()).filter(|behind| !behind.is_empty()).unwrap_or(servers),
        _ => servers,
    };
    servers.join(",")
}

/// The servers in a `resolv.conf`.
pub fn parse_resolv(text: &str) -> Vec<String> {
    let server = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()).flatten().map(str::to_owned)
    };
    text.lines().filter_map(server).collect()
}

/// Who gave an interface its address, by the leases of networkd and of dhclient.
fn lease_server(host: &Host, name: &str, index: &str) -> String {
    let networkd = host.read_or_empty(&format!("/run/systemd/netif/leases/{index}"));
    if let Some(server) = networkd.lines().find_map(|line| line.strip_prefix("SERVER_ADDRESS=")) {
        return server.trim().to_owned();
    }
    let leases = ["/var/lib/dhcp/dhclient.leases".to_owned(), format!("/var/lib/dhcp/dhclient.{name}.leases")];
    leases
        .iter()
        .map(|path| dhclient_server(&read(&host.at(path)).unwrap_or_default(), name))
        .find(|at| !at.is_empty())
        .unwrap_or_default()
}

/// The server of an interface's last lease.
pub fn dhclient_server(text: &str, name: &str) -> String {
    let of_interface = |lease: &&str| lease.contains(&format!("interface \"{name}\""));
    let last = text.split("lease {").filter(of_interface).last().unwrap_or_default();
    let line = last.lines().find_map(|line| line.trim().strip_prefix("option dhcp-server-identifier "));
    line.unwrap_or_default().trim_end_matches(';').to_owned()
}

#[cfg(test)]
mod tests;
