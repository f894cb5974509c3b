//! Policy documents: their text, what they match, and the decision they lead to.
//!
//! Everything here is pure: documents and the request's context in, a decision out.

pub mod condition;
pub mod context;
pub mod document;
pub mod evaluate;
pub mod pattern;
pub mod principal;
mod strict_json;
mod validate;

pub use context::Context;
pub use document::{Document, Effect, Malformed, PolicyKind, Position, Statement};
pub use evaluate::{Decision, Layer, Match, Origin, Policies, Request, Source, evaluate};
pub use principal::{Caller, TrustDecision, evaluate_trust};
