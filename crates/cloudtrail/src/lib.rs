//! CloudTrail: every call as an audit event, and the event history over them.
//!
//! The request pipeline hands each finished call to the [`Recorder`]; no operation
//! records itself, so none can forget to. [`CloudTrail`] answers the service's own API.

pub mod classify;
pub mod ops;
pub mod record;
pub mod recorder;
mod service;
mod throttle;

pub use record::FinishedCall;
pub use recorder::Recorder;
pub use service::{CloudTrail, Settings};
