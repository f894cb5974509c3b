//! The APIs that the server speaks: generated schemas and types, and the contract
//! between the request pipeline and a service.
//!
//! `generated` is written by `cargo xtask codegen` from `models/`; the rest is by hand.

pub mod call;
pub mod coverage;
pub mod error;
pub mod generated;
mod schema_parts;
pub mod service;
pub mod typed;

pub use call::{CallContext, Principal};
pub use error::ServiceError;
pub use generated::{SERVICES, cloudtrail, cloudtrail_data, cloudwatch, config, iam, logs, sns, ssm, sts};
pub use service::{
    Answer, Authorization, OperationTable, OperationType, RawBody, ResourcePolicy, Service, Services, StreamedBody,
    Unbuilt,
};
pub use typed::{Unit, UnknownValue};
pub use wire::value::{FromValue, IntoValue};
