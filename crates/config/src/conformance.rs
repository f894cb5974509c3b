//! Conformance packs: rules that are put, changed and removed together (config.md §8.2).

mod document;
mod functions;
mod parameters;
mod properties;
pub(crate) mod template;

/// Rules of a pack (config.md §11.2).
pub(crate) const RULES_MAX: usize = 130;
