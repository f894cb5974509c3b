//! The operations, spoken to as clients do (cloudtrail.md §4, §7).

mod audit_events;
mod channels;
mod create;
mod find;
mod selectors;
mod status;
mod stores;
mod update;
