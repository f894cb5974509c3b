//! AWS JSON bodies, also those of rest-json: streamed by schema, without a tree in between.

mod decode;
mod encode;

pub(crate) use decode::{decode, decode_members, last_wins};
pub(crate) use encode::{encode, encode_error, encode_members};

use crate::schema::Protocol;

/// The media type of an AWS JSON version.
pub(crate) fn media_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Json10 => "application/x-amz-json-1.0",
        Protocol::Json11 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

#[cfg(test)]
mod tests;
