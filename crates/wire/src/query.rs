//! The query protocol: flattened form parameters in, XML out.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::{encode, encode_error};

use crate::schema::{Kind, Member};

/// The media type of answers.
pub(crate) const MEDIA_TYPE: &str = "text/xml";

/// A member's name in query and XML. A flattened list whose elements have a name of their
/// own goes by that.
fn name_of(member: &Member) -> &'static str {
    match &member.shape.kind {
        Kind::List(list) if list.flattened && list.member_name != "member" => list.member_name,
        _ => member.wire_name,
    }
}

#[cfg(test)]
mod tests;
