//! CBOR bodies of Smithy RPC v2.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::{encode, encode_error};

/// The media type of requests and answers.
pub(crate) const MEDIA_TYPE: &str = "application/cbor";

#[cfg(test)]
mod tests;
