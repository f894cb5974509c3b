//! The APIs that the server speaks: generated schemas and types, and the contract
//! between the request pipeline and a service.
//!
//! `generated` is written by `cargo xtask codegen` from `models/`; the rest is by hand.

pub mod call;
pub mod error;
pub mod service;

pub use call::{CallContext, Principal};
pub use error::ServiceError;
pub use service::{Authorization, OperationTable, OperationType, Service, Services, Unbuilt};
pub use wire::value::{FromValue, IntoValue};
