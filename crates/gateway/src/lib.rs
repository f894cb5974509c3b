//! The recording gateway: calls to services that others serve, understood so that they can be permitted and recorded.
//!
//! Most of it is pure: from a request to the operation that an upstream will perform ([`identify`]), to its input
//! ([`input`]), to what is recorded of it ([`parameters`], [`classify`], [`resources`], [`answer`]), and to the
//! request as it is sent on ([`rebuild()`]), which holds what was understood and nothing else. [`forward()`] signs it for
//! its upstream ([`Route`]), and [`held`] has the bodies on the way, whose ends wait for what must be certain.
//!
//! What is known of each service is one text, `models/operations.txt` ([`tables`]).

pub mod answer;
#[cfg(test)]
mod captured;
pub mod classify;
pub mod conditions;
mod copy_source;
mod forward;
pub mod held;
pub mod identify;
pub mod input;
mod names;
pub mod parameters;
mod rebuild;
mod refuse;
pub mod resources;
pub mod tables;

pub use forward::{Payload, Unsendable, forward};
pub use identify::{Asked, Call, Refused, identify};
pub use outbound::{BucketStyle, InvalidRoute, Route, ServedHere, route};
pub use rebuild::{Rebuilt, rebuild};
pub use refuse::{Framed, Refusal, refuse, seeming_dialect};
pub use tables::{Dialect, Service};
