//! What is installed on this machine, told to Systems Manager's inventory (config.md §9).
//!
//! Collectors are pure parsers of what files and programs of the [`host`] say, each in a file of its
//! own; [`gather`] makes [`item::Item`]s of them, one a type, [`request`] writes those as calls, and
//! [`send`] makes the calls and says that this machine is there. There is no buffer: the machine
//! itself holds what could not be sent, and only its newest state is worth sending.
//!
//! Adding a collector touches its file, [`Source`] and [`gather`].

pub mod command;
pub mod custom;
pub mod details;
pub mod dpkg;
pub mod firewall;
pub mod gather;
pub mod host;
pub mod identity;
pub mod instance;
pub mod item;
pub mod network;
pub mod npm;
pub mod pip;
pub mod request;
pub mod rpm;
pub mod send;
pub mod service;
pub mod settings;
pub mod snap;
pub mod state;
pub mod windows_update;

use std::str::FromStr;

use serde::Deserialize;

/// Where inventory comes from, each of which can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `AWS:InstanceInformation`: the system and the machine's name.
    Instance,
    /// `AWS:InstanceDetailedInformation`: processors and kernel.
    Details,
    /// Packages of Debian and its relatives, in `AWS:Application`.
    Dpkg,
    /// Packages of Red Hat, SUSE and their relatives, in `AWS:Application`.
    Rpm,
    /// Snaps, in `AWS:Application`.
    Snap,
    /// Distributions of Python's interpreters and environments, in `AWS:Application`.
    Pip,
    /// Global packages of Node.js, in `AWS:Application`.
    Npm,
    /// `AWS:Network`: interfaces and their addresses.
    Network,
    /// `AWS:Service`: units of systemd, or scripts of System V.
    Services,
    /// `Custom:Firewall`: rules of nftables, iptables or ufw.
    Firewall,
    /// `AWS:WindowsUpdate`, on Windows.
    Updates,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Instance,
        Self::Details,
        Self::Dpkg,
        Self::Rpm,
        Self::Snap,
        Self::Pip,
        Self::Npm,
        Self::Network,
        Self::Services,
        Self::Firewall,
        Self::Updates,
    ];

    /// Its name in settings and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Details => "details",
            Self::Dpkg => "dpkg",
            Self::Rpm => "rpm",
            Self::Snap => "snap",
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Network => "network",
            Self::Services => "services",
            Self::Firewall => "firewall",
            Self::Updates => "updates",
        }
    }

    /// Those whose packages are in `AWS:Application`.
    pub const fn is_of_applications(self) -> bool {
        matches!(self, Self::Dpkg | Self::Rpm | Self::Snap | Self::Pip | Self::Npm)
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("'{text}' is no source of inventory; there are {all}")
        })
    }
}
