//! The host agent: this machine's metrics, sent to a server through the public API alone.
//!
//! The way of a number: a collector ([`collect`]) or the StatsD port ([`statsd`]) yields
//! samples, a [`window`] gathers those of one publishing interval into data
//! ([`datum::Datum`]), [`put_metric_data`] writes them as requests, the [`spool`] puts each
//! request on disk, and [`delivery`] sends them in order until the server took them.
//! The way of a log line is its own ([`logs`]): files are read as they grow, and are their own buffer.
//! What is installed on the machine is told by [`inventory`], which needs no buffer either.
//! [`run`] holds it together; everything else is given the time and decides nothing alone.

pub mod client;
pub mod collect;
pub mod datum;
pub mod delivery;
pub mod distribution;
pub mod inventory;
pub mod logs;
pub mod put_metric_data;
pub mod run;
mod saved;
pub mod schedule;
pub mod settings;
pub mod spool;
pub mod statsd;
pub mod window;

#[cfg(test)]
mod fake_server;
