//! Systems Manager's inventory: hosts, what is installed on them, and how they comply (config.md §9).
//!
//! Hosts tell; callers ask; AWS Config records what changed ([`tell`], through the port [`ports::Observers`]). Of each
//! type of inventory the newest telling of each host is kept, packed.

mod activations;
mod aggregate;
mod answer;
mod authorization;
mod change;
mod compliance;
mod compliance_filter;
pub mod contacts;
pub mod content;
mod custom_types;
mod filter;
mod instances;
mod inventory_types;
mod item;
mod keep;
mod ops;
mod paging;
pub mod ports;
pub mod record;
mod service;
mod tags;
mod tell;
#[cfg(test)]
mod test_world;
mod view;

pub use contacts::Hosts;
pub use keep::KeepInventory;
pub use service::{Parts, Serves, Settings, Signals, Ssm};
pub use tell::TellInventory;
