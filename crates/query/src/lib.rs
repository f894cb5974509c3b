//! The store's tables as SQL, and queries over log events: the only crate that names DataFusion.
//!
//! [`Sql`] runs statements that read, within bounds of memory and time, over [`Tables`]. Each
//! table is a provider that hands to the store what a query's conditions say of times, places
//! and texts, and reads the rest in parallel on blocking threads. [`Insights`] runs queries of
//! the logs' own language over the same scans, and [`Lake`] Trino's over event data stores. All run on an [`Engine`]'s
//! threads.

mod conditions;
mod config_items;
mod engine;
mod error;
mod insights;
mod lake;
mod log_events;
mod memory;
mod metrics;
mod names;
pub mod output;
mod scan;
mod sql;
mod table;
mod tables;
mod trail_events;

pub use config_items::{NewestItem, NewestItems, NoItems, WantedItems, WhichItems};
pub use engine::{Engine, Rows};
pub use error::SqlError;
pub use insights::{
    AsStored, Insights, InsightsError, InsightsGroup, InsightsOutcome, InsightsQuery, InsightsStatistics, Shown,
};
pub use lake::{Lake, LakeError, LakeKind, LakeOutcome, LakeQuery, LakeRow, LakeRun, LakeStatistics, LakeStore};
pub use names::{Mask, Messages, NamedGroup, Names, NoNames};
pub use sql::{Sql, SqlQuery};
pub use tables::{Reach, Tables};

#[cfg(test)]
mod tests;
