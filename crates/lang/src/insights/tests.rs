//! Queries over events, end to end.

pub(super) mod notation;
mod page;
mod refusals;
mod rows;
mod shared;
mod syntax;
