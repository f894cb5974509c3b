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
            let documentation = v6.segments()[..2] == [0x2001, 0xdb8];
            // What is translated to IPv4 would reach any private address behind it.
            let translated = v6.segments()[..2] == [0x64, 0xff9b] || v6.segments()[0] == 0x2002;
            let elsewhere = v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local();
            !(elsewhere || v6.is_unicast_link_local() || documentation || translated)
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
            "2002:a00:1::",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!Fence::PublicOnly.admits(private.parse().unwrap()), "{private}");
            assert!(Fence::Open.admits(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(Fence::PublicOnly.admits(public.parse().unwrap()), "{public}");
        }
    }
}
