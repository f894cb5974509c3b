//! The operations that keep records, over a real store: dashboards, tags, anomaly detectors,
//! metric streams and their delivery.
#![expect(clippy::unwrap_used, reason = "tests, and what they share")]

mod anomaly_detectors;
mod authorization;
mod dashboards;
mod delivery;
mod metric_streams;
mod tags;
mod world;
