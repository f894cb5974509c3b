//! CloudWatch Logs: groups, streams and events; what filters make of events; queries over them.

mod account_policies;
mod authorization;
mod change;
mod data_protection;
mod deletion;
mod deliveries;
mod directory;
mod entity;
mod event_id;
pub mod exports;
mod field_indexes;
mod groups;
mod history;
mod ids;
mod ingest;
mod json_object;
mod kms;
mod list_page;
mod live_tail;
mod lookup_tables;
mod metric_filters;
mod ops;
mod pointer;
mod ports;
pub mod queries;
mod read_token;
pub mod record;
mod regex_quota;
mod resource_policies;
mod sequence_token;
mod service;
mod streams;
pub mod subscriptions;
mod tagged;
mod tags;
#[cfg(test)]
mod test_world;
mod transformers;
mod validation;

pub use data_protection::{DataProtection, Masking};
pub use directory::{Directory, KnownGroup};
pub use field_indexes::IndexCoverage;
pub use ports::{
    BucketError, Buckets, DestinationPolicies, Documents, Permissions, QueryEngine, QueryGroup, QueryOutcome, QueryRun,
    QueryStatistics,
};
pub use service::{Logs, Parts, Signals};
pub use transformers::Transforms;
