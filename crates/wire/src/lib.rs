//! AWS's wire: SigV4, the protocols, error framing. Knows no service.
//!
//! Everything is driven by [`schema`]: a protocol decodes bytes into a [`value::Value`]
//! by an operation's input shape, [`mod@validate`] checks its constraints, and the same
//! protocol encodes the output. One codec a protocol, not one a type.
//!
//! The way of a request through this crate: [`body::decode_content`] undoes the content
//! encoding, [`protocol::identify`] finds the operation, [`sigv4::parse`] and
//! [`sigv4::verify`] prove the caller, [`protocol::decode_input`] reads the input, and
//! [`protocol::encode_output`] or [`protocol::encode_error`] frames the answer.

pub mod body;
pub mod cbor;
pub mod error;
pub mod event_stream;
pub mod json;
pub mod page_token;
pub mod percent;
pub mod protocol;
pub mod query;
pub mod request;
pub mod rest_json;
pub mod scalar;
pub mod schema;
pub mod sigv4;
pub mod validate;
pub mod value;
pub mod xml;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod mini_schema;

pub use error::{ErrorParts, WireError, WireErrorKind};
pub use protocol::Target;
pub use request::{RawRequest, Response};
pub use validate::validate;
