//! Pure languages: parsing, printing and evaluation, without I/O and without any service.

pub mod alarm_rule;
pub mod audit_event;
pub mod config_query;
mod criteria;
pub mod event_selector;
pub mod field_selection;
pub mod filter_pattern;
pub mod group_selection;
pub mod insights;
mod java_date;
pub mod lake_statement;
pub mod mask;
pub mod metric_math;
pub mod metrics_insights;
pub mod needle;
pub mod package_version;
pub mod search;
pub mod transform;
