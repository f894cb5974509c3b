//! Pure languages: parsing, printing and evaluation, without I/O and without any service.

pub mod alarm_rule;
pub mod metric_math;
pub mod metrics_insights;
pub mod search;
