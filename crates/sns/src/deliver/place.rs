//! Where deliveries go, as far as it bounds how many go there at once.

use outbound::Endpoint;

use crate::record::{Protocol, Target};

/// What shares a bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A host and port of subscribers.
    Host(String),
    /// What the operator set up for a protocol.
    Outlet(Protocol),
}

impl Place {
    /// Where a target is.
    pub fn of(target: &Target) -> Self {
        match target.protocol {
            Protocol::Http | Protocol::Https => {
                let host = target.endpoint.parse().map(|endpoint: Endpoint| endpoint.authority);
                Self::Host(host.unwrap_or_default())
            }
            Protocol::EmailJson => Self::Outlet(Protocol::Email),
            protocol => Self::Outlet(protocol),
        }
    }

    /// How many deliveries may be under way to it.
    pub fn bound(&self) -> usize {
        match self {
            Self::Host(_) | Self::Outlet(Protocol::Email) => 8,
            Self::Outlet(_) => 32,
        }
    }
}
