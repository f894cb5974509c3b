//! Addresses of the Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Function, Value, function, text};

pub(super) static FUNCTIONS: [Function; 10] = [
    function("isValidIp", 1..=1, |_, a| valid(a, |_| true)),
    function("isValidIpV4", 1..=1, |_, a| valid(a, |address| address.is_ipv4())),
    function("isValidIpV6", 1..=1, |_, a| valid(a, |address| address.is_ipv6())),
    function("isIpInSubnet", 2..=2, |_, a| in_subnet(a, |_| true).into()),
    function("isIpv4InSubnet", 2..=2, |_, a| in_subnet(a, |address| address.is_ipv4()).into()),
    function("isIpv6InSubnet", 2..=2, |_, a| in_subnet(a, |address| address.is_ipv6()).into()),
    function("ipv4ToNumber", 1..=1, |_, a| {
        text(a, 0).and_then(|text| text.parse::<Ipv4Addr>().ok()).map(|address| i64::from(address.to_bits())).into()
    }),
    function("isPrivateIP", 1..=1, |_, a| valid(a, is_private)),
    function("isPublicIP", 1..=1, |_, a| valid(a, |address| !is_private(address) && !is_reserved(address))),
    function("isReservedIP", 1..=1, |_, a| valid(a, is_reserved)),
];

/// Whether a text is an address of which something holds.
fn valid(arguments: &[Value], holds: fn(IpAddr) -> bool) -> Value {
    text(arguments, 0).map(|text| text.parse::<IpAddr>().is_ok_and(holds)).into()
}

/// Whether an address is in a network like `10.0.0.0/8`. What is no address is in none; what is no
/// network gives nothing.
fn in_subnet(arguments: &[Value], holds: fn(IpAddr) -> bool) -> Option<bool> {
    let (address, subnet) = (text(arguments, 0)?, text(arguments, 1)?);
    let (network, length) = subnet.split_once('/')?;
    let (network, length): (IpAddr, u32) = (network.parse().ok()?, length.parse().ok()?);
    let bits = if network.is_ipv4() { 32 } else { 128 };
    if length > bits {
        return None;
    }
    let Ok(address) = address.parse::<IpAddr>() else { return Some(false) };
    Some(holds(address) && holds(network) && contains(network, length, address))
}

fn contains(network: IpAddr, length: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits() ^ address.to_bits()).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (network.to_bits() ^ address.to_bits()).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// The blocks of RFC 1918, which has no IPv6.
fn is_private(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_private())
}

/// The blocks that IANA reserves for other uses than reaching hosts, private ones apart.
fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            const BLOCKS: [(Ipv4Addr, u32); 9] = [
                (Ipv4Addr::new(0, 0, 0, 0), 8),
                (Ipv4Addr::new(100, 64, 0, 0), 10),
                (Ipv4Addr::new(127, 0, 0, 0), 8),
                (Ipv4Addr::new(169, 254, 0, 0), 16),
                (Ipv4Addr::new(192, 0, 0, 0), 24),
                (Ipv4Addr::new(192, 88, 99, 0), 24),
                (Ipv4Addr::new(198, 18, 0, 0), 15),
                (Ipv4Addr::new(224, 0, 0, 0), 4),
                (Ipv4Addr::new(240, 0, 0, 0), 4),
            ];
            address.is_documentation()
                || in_any(&BLOCKS, |network, length| contains(network.into(), length, address.into()))
        }
        IpAddr::V6(address) => {
            const BLOCKS: [(Ipv6Addr, u32); 8] = [
                // Unspecified, loopback, and IPv4 in IPv6.
                (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 32),
                (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 32),
                (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
                (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
                (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
                (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
                (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
                (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
            ];
            in_any(&BLOCKS, |network, length| contains(network.into(), length, address.into()))
        }
    }
}

fn in_any<A: Copy>(blocks: &[(A, u32)], contains: impl Fn(A, u32) -> bool) -> bool {
    blocks.iter().any(|(network, length)| contains(*network, *length))
}
