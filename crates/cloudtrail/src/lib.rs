//! CloudTrail: every call as an audit event, the event history over them, and trails, which deliver them.
//!
//! The request pipeline hands each finished call to the [`Recorder`]; no operation
//! records itself, so none can forget to. [`CloudTrail`] answers the service's own API.

mod audit_events;
mod authorization;
mod change;
pub mod classify;
pub mod delivery;
pub mod digests;
mod followers;
mod insights;
pub mod lake;
pub mod ops;
pub mod ports;
pub mod record;
pub mod recorder;
mod service;
mod tags;
#[cfg(test)]
mod test_world;
mod throttle;
mod trails;
mod validation;
pub mod verify;
mod waits;

pub use audit_events::CloudTrailData;
pub use followers::Followers;
pub use insights::DetectInsights;
pub use lake::engine;
pub use lake::queries::KeepQueries;
pub use record::FinishedCall;
pub use recorder::Recorder;
pub use service::{CloudTrail, DELIVERY_INTERVAL, INSIGHTS_MIN_HISTORY_MINUTES, Outlets, Parts, Settings, Signals};
