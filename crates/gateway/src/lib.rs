//! The recording gateway: calls to services that others serve, understood so that they can be permitted and recorded.
//!
//! What is here is pure: from a request to the operation that an upstream will perform ([`identify`]), to its input
//! ([`input`]), to what is recorded of it ([`parameters`], [`classify`], [`resources`], [`answer`]), and to the
//! request as it is sent on ([`rebuild()`]), which holds what was understood and nothing else.
//!
//! What is known of each service is one text, `models/operations.txt` ([`tables`]).

pub mod answer;
#[cfg(test)]
mod captured;
pub mod classify;
pub mod identify;
pub mod input;
mod names;
pub mod parameters;
mod rebuild;
pub mod resources;
pub mod tables;

pub use identify::{Asked, Call, Refused, identify};
pub use rebuild::{Rebuilt, rebuild};
pub use tables::{Dialect, Service};
