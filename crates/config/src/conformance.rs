//! Conformance packs: rules that are put, changed and removed together (config.md §8.2).

pub(crate) mod compliance;
mod deploy;
mod document;
mod functions;
mod item;
pub(crate) mod pack;
mod parameters;
mod properties;
pub(crate) mod template;

pub use deploy::DeployPacks;
pub use item::RecordPackCompliance;

/// Rules of a pack (config.md §11.2).
pub(crate) const RULES_MAX: usize = 130;

/// Packs of an account and region (config.md §11.2).
pub(crate) const PACKS_MAX: usize = 50;
