//! Values into JSON. Absent members are left out, never `null`; empty collections stay
//! (cloudtrail.md §0.6, cloudwatch.md §1.1).

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::error::ErrorParts;
use crate::scalar;
use crate::schema::{Kind, Location, Member, Shape, TimestampFormat};
use crate::value::{Struct, Value};

/// Encodes a structure with all its members.
pub(crate) fn encode(value: &Struct) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    structure(&mut out, value, |_| true);
    out
}

/// Encodes the members of a structure that stand in the body of a REST answer.
pub(crate) fn encode_members(value: &Struct) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    structure(&mut out, value, |member| member.location == Location::Body);
    out
}

/// The body of an error: `__type` where the protocol has it there, the message when there
/// is one, then the modelled members.
pub(crate) fn encode_error(error: &ErrorParts<'_>, type_name: Option<&str>) -> Vec<u8> {
    let mut out = vec![b'{'];
    let mut first = true;
    if let Some(type_name) = type_name {
        key(&mut out, &mut first, "__type");
        text(&mut out, type_name);
    }
    if let Some(message) = error.message {
        // Recorded: this one error of AWS spells its message with a capital.
        let name = if error.name == "SerializationException" { "Message" } else { "message" };
        key(&mut out, &mut first, name);
        text(&mut out, message);
    }
    if let Some(extra) = error.members
        && let Some(shape) = extra.shape.structure()
    {
        for (index, value) in &extra.members {
            let member = &shape.members[usize::from(*index)];
            if !member.name.eq_ignore_ascii_case("message") {
                key(&mut out, &mut first, member.wire_name);
                write(&mut out, member.shape, Some(member), value);
            }
        }
    }
    out.push(b'}');
    out
}

fn structure(out: &mut Vec<u8>, value: &Struct, wanted: impl Fn(&Member) -> bool) {
    out.push(b'{');
    let mut first = true;
    let members = value.shape.structure().map_or(&[][..], |shape| shape.members);
    for (index, value) in &value.members {
        let member = &members[usize::from(*index)];
        if wanted(member) {
            key(out, &mut first, member.wire_name);
            write(out, member.shape, Some(member), value);
        }
    }
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, first: &mut bool, name: &str) {
    if !std::mem::replace(first, false) {
        out.push(b',');
    }
    text(out, name);
    out.push(b':');
}

fn text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("text always encodes, and a vector takes every write");
}

/// Appends one value. `member` is the member it stands in, for its timestamp form.
pub(crate) fn write(out: &mut Vec<u8>, shape: &Shape, member: Option<&Member>, value: &Value) {
    match value {
        Value::Boolean(true) => out.extend_from_slice(b"true"),
        Value::Boolean(false) => out.extend_from_slice(b"false"),
        Value::Integer(number) => write!(out, "{number}").expect("a vector takes every write"),
        Value::Float(number) if number.is_finite() => out.extend_from_slice(scalar::float_text(*number).as_bytes()),
        Value::Float(number) => text(out, &scalar::float_text(*number)),
        Value::String(string) => text(out, string),
        Value::Blob(bytes) => {
            out.push(b'"');
            out.extend_from_slice(BASE64.encode(bytes).as_bytes());
            out.push(b'"');
        }
        Value::Timestamp(at) => match scalar::timestamp_format(member, shape, TimestampFormat::UnixTimestamp) {
            // Always with a fraction, as recorded from AWS (cloudwatch.md §1.1).
            TimestampFormat::UnixTimestamp => out.extend_from_slice(scalar::float_text(at.secs_f64()).as_bytes()),
            format => text(out, &scalar::timestamp_text(*at, format)),
        },
        Value::List(elements) => list(out, shape, elements),
        Value::Map(entries) => {
            let value_shape = if let Kind::Map(map) = &shape.kind { map.value } else { shape };
            out.push(b'{');
            let mut first = true;
            for (name, value) in entries {
                key(out, &mut first, name);
                write(out, value_shape, None, value);
            }
            out.push(b'}');
        }
        Value::Struct(inner) => structure(out, inner, |_| true),
        Value::Document(document) => {
            serde_json::to_writer(out, document).expect("a document always encodes, and a vector takes every write");
        }
    }
}

fn list(out: &mut Vec<u8>, shape: &Shape, elements: &[Value]) {
    let element_shape = if let Kind::List(list) = &shape.kind { list.member } else { shape };
    out.push(b'[');
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, element_shape, None, element);
    }
    out.push(b']');
}
