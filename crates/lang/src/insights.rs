//! The query language of CloudWatch Logs Insights (logs.md §7): parse, print, plan, run over records.
//!
//! A [`Query`] is parsed once, compiled into a [`Plan`], and run by [`Worker`]s that take events one
//! at a time, each on a part of the data; their partial results are merged and finished into rows.
//! What is decided here knows nothing of where events are stored.

mod aggregates;
pub mod bin;
mod column;
pub mod commands;
mod compile;
pub mod discover;
mod error;
mod evaluate;
pub mod expression;
pub mod functions;
pub mod glob;
mod key;
mod lexer;
pub mod natural;
mod needles;
mod parser;
pub mod pattern;
mod plan;
mod query;
mod record;
mod value;

#[cfg(test)]
mod tests;

pub use column::Column;
pub use commands::Command;
pub use commands::lookup::{LookupTable, LookupTables, NoLookupTables};
pub use commands::source::{GroupFilter, Moment as SourceMoment, Source};
pub use error::{QueryError, RunError};
pub use plan::{Class, Environment, Plan, Row, Worker};
pub use query::Query;
pub use record::{Event, Pointer, PointerText};
pub use value::{Step, Value};
