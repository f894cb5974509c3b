//! Putting, listing and reading metrics as a client sees them, over a store in a folder.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod get_metric_data;
mod get_metric_statistics;
mod get_metric_widget_image;
mod list_metrics;
mod protocols;
mod world;
