//! Which addresses may be reached.

use std::net::IpAddr;

/// Which addresses requests may go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fence {
    /// All: on a self-hosted server the receivers live in private networks.
    #[default]
    Open,
    /// Public addresses alone: nothing private, local to the machine or to a link, shared,
    /// multicast or unspecified.
    PublicOnly,
}

impl Fence {
    /// Whether this address may be reached.
    pub fn admits(self, address: IpAddr) -> bool {
        match self {
            Self::Open => true,
            Self::PublicOnly => is_public(address.to_canonical()),
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let reserved = a >= 240 || a == 0 || (a == 198 && (b == 18 || b == 19));
            let elsewhere = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast();
            !(elsewhere || v4.is_documentation() || shared || reserved || v4.is_broadcast())
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            // Of all others none is public: local to machine, link, site or organization,
            // multicast, and IPv4 addresses in another form, by which any private address behind
            // a translator would be reached (`64:ff9b::`, `64:ff9b:1::`, `::10.0.0.1`).
            let global = first & 0xe000 == 0x2000;
            // Protocol assignments, Teredo among them; 6to4; documentation.
            let special = (first == 0x2001 && second < 0x200) || first == 0x2002;
            let documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
            global && !special && !documentation
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_pass_the_fence() {
        for private in [
            "10.0.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.9.9",
            "192.168.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "::10.0.0.1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fec0::1",
            "100::1",
            "ff02::1",
            "2002:a00:1::",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!Fence::PublicOnly.admits(private.parse().unwrap()), "{private}");
            assert!(Fence::Open.admits(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2001:4860:4860::8888"] {
            assert!(Fence::PublicOnly.admits(public.parse().unwrap()), "{public}");
        }
    }
}
