//! Interfaces of a made-up host, and of this one.

use super::super::host::Address;
use super::super::host::tests::{host, this_machine, write};
use super::*;

const ROUTE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
    eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
    tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n";
const ROUTE6: &str = "\
    fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
    00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003     eth0\n\
    00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

fn address(interface: &str, ip: &str, prefix: u8) -> Address {
    Address { interface: interface.to_owned(), ip: ip.parse().unwrap(), prefix }
}

#[test]
fn interfaces_have_their_addresses_and_what_is_around_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = host(folder.path());
    for (name, flags, mac) in [
        ("lo", "0x9", "00:00:00:00:00:00"),
        ("eth0", "0x1003", "02:fc:00:00:00:01"),
        ("eth1", "0x1002", "02:fc:00:00:00:02"),
    ] {
        write(&host, &format!("/sys/class/net/{name}/flags"), &format!("{flags}\n"));
        write(&host, &format!("/sys/class/net/{name}/address"), &format!("{mac}\n"));
        write(&host, &format!("/sys/class/net/{name}/ifindex"), "2\n");
    }
    write(&host, "/sys/class/net/bonding_masters", "");
    write(&host, "/proc/net/route", ROUTE);
    write(&host, "/proc/net/ipv6_route", ROUTE6);
    write(&host, "/etc/resolv.conf", "nameserver 127.0.0.53\n");
    write(
        &host,
        "/run/systemd/resolve/resolv.conf",
        "# by hand\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch lan\n",
    );
    write(&host, "/run/systemd/netif/leases/2", "ADDRESS=192.0.2.2\nSERVER_ADDRESS=192.0.2.1\n");
    host.addresses = vec![
        address("lo", "127.0.0.1", 8),
        address("eth0", "192.0.2.2", 24),
        address("eth0", "192.0.2.9", 32),
        address("eth0", "fe80::9", 64),
    ];
    let eth0 = [
        ("Name", "eth0"),
        ("MacAddress", "02:fc:00:00:00:01"),
        ("IPV4", "192.0.2.2,192.0.2.9"),
        ("IPV6", "fe80::9"),
        ("SubnetMask", "255.255.255.0,255.255.255.255"),
        ("Gateway", "192.0.2.1,fd00::1"),
        ("DHCPServer", "192.0.2.1"),
        ("DNSServer", "192.0.2.53,192.0.2.54"),
    ];
    let found = collect(&host);
    assert_eq!(found.iter().map(|entry| &*entry["Name"]).collect::<Vec<_>>(), ["eth0", "eth1"]);
    assert_eq!(found[0], entry(eth0));
    assert_eq!(found[1].get("IPV4"), None);
    assert_eq!(main_address(&host), "192.0.2.2");
    host.addresses.insert(0, address("docker0", "172.17.0.1", 16));
    assert_eq!(main_address(&host), "192.0.2.2", "the one with the route");
    host.addresses.retain(|at| at.interface == "lo");
    assert_eq!(main_address(&host), "");
}

#[test]
fn the_last_lease_of_an_interface_counts() {
    let lease = |name: &str, server: &str| {
        format!("lease {{\n  interface \"{name}\";\n  option dhcp-server-identifier {server};\n  renew 1;\n}}\n")
    };
    let text = lease("eth0", "10.0.0.1") + &lease("eth0", "10.0.0.2") + &lease("eth1", "10.0.0.3");
    assert_eq!(dhclient_server(&text, "eth0"), "10.0.0.2");
    assert_eq!(dhclient_server(&text, "eth2"), "");
}

#[test]
fn masks_are_made_of_prefixes() {
    for (prefix, expected) in [(0, "0.0.0.0"), (8, "255.0.0.0"), (22, "255.255.252.0"), (32, "255.255.255.255")] {
        assert_eq!(mask(prefix).to_string(), expected);
    }
}

#[test]
fn this_machines_interfaces_are_those_of_the_kernel() {
    let machine = this_machine();
    let kernel: Vec<String> = machine.names("/sys/class/net").into_iter().filter(|name| name != "lo").collect();
    let found = collect(&machine);
    let named = |name: &String| found.iter().any(|entry| entry["Name"] == *name && entry.contains_key("MacAddress"));
    let ethernet =
        kernel.iter().filter(|name| machine.read_or_empty(&format!("/sys/class/net/{name}/type")).trim() == "1");
    for name in ethernet {
        assert!(named(name), "{name}: {found:?}");
    }
}
