//! Short constructors of schema data, so that a generated shape or member is one line.
#![allow(dead_code, reason = "which of these are used depends on the models")]

use wire::schema::{
    ErrorShape, Kind, Length, List, Location, Map, Member, Operation, Range, Shape, StringShape, Structure,
    TimestampFormat,
};

/// No bounds of a length.
pub(crate) const ANY_LENGTH: Length = Length { min: None, max: None };

/// No bounds of a number.
pub(crate) const ANY_NUMBER: Range = Range { min: None, max: None };

/// A length from `min` to `max`.
pub(crate) const fn length(min: u64, max: u64) -> Length {
    Length { min: Some(min), max: Some(max) }
}

/// A length of at least `min`.
pub(crate) const fn length_min(min: u64) -> Length {
    Length { min: Some(min), max: None }
}

/// A length of at most `max`.
pub(crate) const fn length_max(max: u64) -> Length {
    Length { min: None, max: Some(max) }
}

/// A number from `min` to `max`.
pub(crate) const fn range(min: i64, max: i64) -> Range {
    Range { min: Some(min), max: Some(max) }
}

/// A number of at least `min`.
pub(crate) const fn range_min(min: i64) -> Range {
    Range { min: Some(min), max: None }
}

/// A number of at most `max`.
pub(crate) const fn range_max(max: i64) -> Range {
    Range { min: None, max: Some(max) }
}

const fn shape(name: &'static str, kind: Kind) -> Shape {
    Shape { name, sensitive: false, kind }
}

/// The same shape, whose values must not be logged.
pub(crate) const fn sensitive(shape: Shape) -> Shape {
    Shape { name: shape.name, sensitive: true, kind: shape.kind }
}

/// true or false
pub(crate) const fn boolean(name: &'static str) -> Shape {
    shape(name, Kind::Boolean)
}

/// A 32-bit integer.
pub(crate) const fn integer(name: &'static str, range: Range) -> Shape {
    shape(name, Kind::Integer(range))
}

/// A 64-bit integer.
pub(crate) const fn long(name: &'static str, range: Range) -> Shape {
    shape(name, Kind::Long(range))
}

/// A 32-bit float.
pub(crate) const fn float(name: &'static str) -> Shape {
    shape(name, Kind::Float)
}

/// A 64-bit float.
pub(crate) const fn double(name: &'static str) -> Shape {
    shape(name, Kind::Double)
}

/// Text of any form.
pub(crate) const fn text(name: &'static str, length: Length) -> Shape {
    shape(name, Kind::String(StringShape { length, pattern: None, values: &[] }))
}

/// Text that matches a pattern.
pub(crate) const fn text_like(name: &'static str, length: Length, pattern: &'static str) -> Shape {
    shape(name, Kind::String(StringShape { length, pattern: Some(pattern), values: &[] }))
}

/// One of some texts.
pub(crate) const fn text_of(
    name: &'static str,
    length: Length,
    pattern: Option<&'static str>,
    values: &'static [&'static str],
) -> Shape {
    shape(name, Kind::String(StringShape { length, pattern, values }))
}

/// Bytes.
pub(crate) const fn blob(name: &'static str, length: Length) -> Shape {
    shape(name, Kind::Blob(length))
}

/// A point in time.
pub(crate) const fn timestamp(name: &'static str, format: Option<TimestampFormat>) -> Shape {
    shape(name, Kind::Timestamp(format))
}

/// Free-form JSON.
pub(crate) const fn document(name: &'static str) -> Shape {
    shape(name, Kind::Document)
}

/// A list whose elements are named `member`.
pub(crate) const fn list(name: &'static str, member: &'static Shape, length: Length) -> Shape {
    list_named(name, member, length, "member")
}

/// A list whose elements have a name of their own.
pub(crate) const fn list_named(
    name: &'static str,
    member: &'static Shape,
    length: Length,
    member_name: &'static str,
) -> Shape {
    shape(name, Kind::List(List { member, member_name, flattened: false, length }))
}

/// A map whose entries are made of `key` and `value`.
pub(crate) const fn map(name: &'static str, key: &'static Shape, value: &'static Shape, length: Length) -> Shape {
    map_named(name, key, value, length, ["key", "value"])
}

/// A map whose keys and values have names of their own.
pub(crate) const fn map_named(
    name: &'static str,
    key: &'static Shape,
    value: &'static Shape,
    length: Length,
    [key_name, value_name]: [&'static str; 2],
) -> Shape {
    shape(name, Kind::Map(Map { key, value, key_name, value_name, flattened: false, length }))
}

/// The same list or map, its entries standing in the parent directly.
pub(crate) const fn flattened(shape: Shape) -> Shape {
    let kind = match shape.kind {
        Kind::List(List { member, member_name, length, .. }) => {
            Kind::List(List { member, member_name, length, flattened: true })
        }
        Kind::Map(Map { key, value, key_name, value_name, length, .. }) => {
            Kind::Map(Map { key, value, key_name, value_name, length, flattened: true })
        }
        other => other,
    };
    Shape { name: shape.name, sensitive: shape.sensitive, kind }
}

/// A structure.
pub(crate) const fn structure(name: &'static str, members: &'static [Member]) -> Shape {
    shape(name, Kind::Structure(Structure { members, payload: None, union: false }))
}

/// A structure of which one member is the whole HTTP payload.
pub(crate) const fn structure_with_payload(
    name: &'static str,
    members: &'static [Member],
    payload: &'static str,
) -> Shape {
    shape(name, Kind::Structure(Structure { members, payload: Some(payload), union: false }))
}

/// A structure of which exactly one member is set.
pub(crate) const fn union(name: &'static str, members: &'static [Member]) -> Shape {
    shape(name, Kind::Structure(Structure { members, payload: None, union: true }))
}

/// An optional member in the body, with one name in all protocols.
pub(crate) const fn member(name: &'static str, shape: &'static Shape) -> Member {
    Member {
        name,
        wire_name: name,
        required: false,
        location: Location::Body,
        timestamp_format: None,
        idempotency_token: false,
        shape,
    }
}

/// The same member, which must be present.
pub(crate) const fn required(member: Member) -> Member {
    Member { required: true, ..member }
}

/// The same member, under another name on the wire.
pub(crate) const fn named(wire_name: &'static str, member: Member) -> Member {
    Member { wire_name, ..member }
}

/// The same member, at another place of the message.
pub(crate) const fn located(location: Location, member: Member) -> Member {
    Member { location, ..member }
}

/// The same member, with a timestamp form of its own.
pub(crate) const fn timed(format: TimestampFormat, member: Member) -> Member {
    Member { timestamp_format: Some(format), ..member }
}

/// The same member, which clients make up when absent.
pub(crate) const fn idempotency_token(member: Member) -> Member {
    Member { idempotency_token: true, ..member }
}

/// An operation at `POST /`.
pub(crate) const fn operation(
    name: &'static str,
    input: Option<&'static Shape>,
    output: Option<&'static Shape>,
) -> Operation {
    Operation { name, method: "POST", uri: "/", input, output, result_wrapper: None, read_only_trait: false }
}

/// The same operation, elsewhere.
pub(crate) const fn routed(method: &'static str, uri: &'static str, operation: Operation) -> Operation {
    Operation { method, uri, ..operation }
}

/// The same operation, its query result in an element of this name.
pub(crate) const fn wrapped(result_wrapper: &'static str, operation: Operation) -> Operation {
    Operation { result_wrapper: Some(result_wrapper), ..operation }
}

/// The same operation, marked as read-only by the model.
pub(crate) const fn read_only(operation: Operation) -> Operation {
    Operation { read_only_trait: true, ..operation }
}

/// An error of the caller.
pub(crate) const fn sender_error(
    name: &'static str,
    code: &'static str,
    status: u16,
    shape: &'static Shape,
) -> ErrorShape {
    ErrorShape { name, code, status, receiver_fault: false, shape }
}

/// An error of the service.
pub(crate) const fn receiver_error(
    name: &'static str,
    code: &'static str,
    status: u16,
    shape: &'static Shape,
) -> ErrorShape {
    ErrorShape { name, code, status, receiver_fault: true, shape }
}
