//! Durable storage: the catalog of records, the write-ahead log, Parquet tables, jobs.
//!
//! Nothing above this crate knows whether it runs on one machine or on many.

pub mod catalog;
pub mod disk;
mod error;
pub mod trail_event;
pub mod wal;

pub use catalog::{Catalog, CatalogError, Key, Record, Transaction, Versioned};
pub use error::StoreError;
