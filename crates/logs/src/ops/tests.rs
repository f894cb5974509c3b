//! The operations on groups, streams and events, as clients call them.

mod account_policies;
mod data_protection;
mod deliveries;
mod events;
mod exports;
mod field_indexes;
mod groups;
mod live_tail;
mod metric_filters;
mod policies;
mod reads;
mod records;
mod streams;
mod tags;
mod transformers;
