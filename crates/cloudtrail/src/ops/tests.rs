//! The operations, spoken to as clients do (cloudtrail.md §4).

mod create;
mod find;
mod selectors;
mod status;
mod update;
