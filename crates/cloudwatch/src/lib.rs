//! CloudWatch metrics: data in, statistics and metric math out, graphs, dashboards, streams.

pub mod alarms;
pub mod anomaly_detectors;
pub mod anomaly_model;
mod api_metric;
mod authorization;
pub mod dashboard_body;
mod dashboards;
pub mod label;
mod list_page;
pub mod metric_streams;
mod ops;
pub mod query;
pub mod record;
mod service;
pub mod statistic;
mod tags;
pub mod time_window;
mod validation;
pub mod widget;

pub use service::{CloudWatch, Parts};
