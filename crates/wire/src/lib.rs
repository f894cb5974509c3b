//! AWS's wire: SigV4, the protocols, error framing. Knows no service.
//!
//! Everything is driven by [`schema`]: a protocol decodes bytes into a [`value::Value`]
//! by an operation's input shape, [`validate`] checks its constraints, and the same
//! protocol encodes the output. One codec a protocol, not one a type.

pub mod schema;
pub mod value;
