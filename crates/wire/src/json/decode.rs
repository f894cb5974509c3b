//! JSON into values. The texts for wrong types are AWS's, recorded from its JSON services;
//! where the article before a type's name was not recorded, `a` is used.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use base::Timestamp;
use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::InputError;
use crate::scalar;
use crate::schema::{Kind, Location, Member, Shape, Structure, TimestampFormat};
use crate::value::{Struct, Value};

const LIST_UNEXPECTED: &str = "Start of list found where not expected";
const MAP_UNEXPECTED: &str = "Start of structure or map found where not expected.";

/// Decodes a whole body by its shape. `null` members are absent, unknown ones passed over,
/// of duplicate keys the last one wins. Nesting is bounded at 128 levels.
pub(crate) fn decode(shape: &'static Shape, body: &[u8]) -> Result<Value, InputError> {
    decode_with(shape, body, Members::All)
}

/// Decodes only the members that stand in the body, for REST requests.
pub(crate) fn decode_members(shape: &'static Shape, body: &[u8]) -> Result<Value, InputError> {
    decode_with(shape, body, Members::InBody)
}

fn decode_with(shape: &'static Shape, body: &[u8], members: Members) -> Result<Value, InputError> {
    let failure = Failure::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let node =
        Node { shape, format: scalar::timestamp_format(None, shape, DEFAULT_FORMAT), failure: &failure, members };
    let decoded = node.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    match decoded {
        Ok(Some(value)) => Ok(value),
        // `null` is no input. Scalars are none either, and get no text at the top.
        Ok(None) => Err(InputError::MALFORMED),
        Err(_) => match failure.0.take() {
            Some(failed) if failed.depth_zero_scalar => Err(InputError::MALFORMED),
            Some(failed) => Err(InputError::new(failed.message)),
            None => Err(InputError::MALFORMED),
        },
    }
}

const DEFAULT_FORMAT: TimestampFormat = TimestampFormat::UnixTimestamp;

/// Which members of the outermost structure the body may set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Members {
    All,
    InBody,
    /// Inside the outermost structure: all of them.
    Nested,
}

struct Failed {
    message: String,
    depth_zero_scalar: bool,
}

/// Carries AWS's text past serde, whose own errors hold none of it.
#[derive(Default)]
struct Failure(Cell<Option<Failed>>);

/// One place in the input and the shape it must have.
#[derive(Clone, Copy)]
struct Node<'c> {
    shape: &'static Shape,
    format: TimestampFormat,
    failure: &'c Failure,
    members: Members,
}

impl Node<'_> {
    fn at_member(self, member: &'static Member) -> Self {
        let format = scalar::timestamp_format(Some(member), member.shape, DEFAULT_FORMAT);
        Self { shape: member.shape, format, members: Members::Nested, ..self }
    }

    fn at(self, shape: &'static Shape) -> Self {
        let format = scalar::timestamp_format(None, shape, DEFAULT_FORMAT);
        Self { shape, format, members: Members::Nested, ..self }
    }

    fn fail<T, E: serde::de::Error>(self, message: impl Into<String>, scalar: bool) -> Result<T, E> {
        let depth_zero_scalar = scalar && self.members != Members::Nested;
        self.failure.0.set(Some(Failed { message: message.into(), depth_zero_scalar }));
        Err(E::custom("wrong type"))
    }

    /// A scalar token where the shape wants another type.
    fn wrong_scalar<T, E: serde::de::Error>(self, token: &str) -> Result<T, E> {
        let target = match self.shape.kind {
            Kind::Structure(_) => return self.fail("Expected null", true),
            Kind::List(_) => return self.fail("Expected list or null", true),
            Kind::Map(_) => return self.fail("Expected map or null", true),
            Kind::Timestamp(_) => "milliseconds since epoch",
            Kind::String(_) => "a String",
            Kind::Integer(_) => "an Integer",
            Kind::Long(_) => "a Long",
            Kind::Float => "a Float",
            Kind::Double => "a Double",
            Kind::Boolean => "a Boolean",
            Kind::Blob(_) => "a Blob",
            Kind::Document => "a Document",
        };
        self.fail(format!("{token} can not be converted to {target}"), true)
    }

    fn integer<E: serde::de::Error>(self, wide: i128) -> Result<Option<Value>, E> {
        match self.shape.kind {
            Kind::Integer(_) | Kind::Long(_) => match scalar::integer_of(self.shape, wide) {
                Some(number) => Ok(Some(Value::Integer(number))),
                None => self.wrong_scalar("NUMBER_VALUE"),
            },
            _ => self.float(wide as f64),
        }
    }

    fn float<E: serde::de::Error>(self, number: f64) -> Result<Option<Value>, E> {
        let value = match self.shape.kind {
            Kind::Integer(_) | Kind::Long(_) => scalar::integer_of_float(self.shape, number).map(Value::Integer),
            Kind::Float | Kind::Double => Some(Value::Float(number)),
            Kind::Timestamp(_) => Timestamp::from_secs_f64(number).map(Value::Timestamp),
            _ => None,
        };
        match value {
            Some(value) => Ok(Some(value)),
            None => self.wrong_scalar("NUMBER_VALUE"),
        }
    }

    fn structure<'de, A: MapAccess<'de>>(
        self,
        structure: &'static Structure,
        mut map: A,
    ) -> Result<Option<Value>, A::Error> {
        let mut found = Struct::new(self.shape);
        while let Some(index) = map.next_key_seed(MemberName(structure))? {
            let member = index.map(|index| (index, &structure.members[usize::from(index)]));
            match member.filter(|(_, member)| self.members != Members::InBody || member.location == Location::Body) {
                Some((index, member)) => match map.next_value_seed(self.at_member(member))? {
                    Some(value) => found.set(index, value),
                    None => drop(found.take(index)),
                },
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(Value::Struct(found)))
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if matches!(self.shape.kind, Kind::Document) {
            let document = serde_json::Value::deserialize(deserializer)?;
            return Ok((!document.is_null()).then_some(Value::Document(document)));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        match self.shape.kind {
            Kind::Boolean => Ok(Some(Value::Boolean(value))),
            _ => self.wrong_scalar(if value { "TRUE_VALUE" } else { "FALSE_VALUE" }),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.integer(i128::from(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        self.integer(i128::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.float(value)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        match self.shape.kind {
            Kind::String(_) => Ok(Some(Value::String(text.to_owned()))),
            Kind::Blob(_) => match scalar::parse_blob(text) {
                Ok(bytes) => Ok(Some(Value::Blob(bytes))),
                Err(bad) => self.fail(bad.0, true),
            },
            Kind::Float | Kind::Double if matches!(text, "NaN" | "Infinity" | "-Infinity") => {
                Ok(Some(Value::Float(text.parse().map_err(E::custom)?)))
            }
            // AWS takes text only where the model names a textual form (recorded on X-Ray).
            Kind::Timestamp(_) if self.format != TimestampFormat::UnixTimestamp => {
                match scalar::parse_timestamp(self.format, text) {
                    Ok(at) => Ok(Some(Value::Timestamp(at))),
                    Err(_) => self.wrong_scalar("STRING_VALUE"),
                }
            }
            _ => self.wrong_scalar("STRING_VALUE"),
        }
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Self::Value, E> {
        match self.shape.kind {
            Kind::String(_) => Ok(Some(Value::String(text))),
            _ => self.visit_str(&text),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Kind::List(shape) = &self.shape.kind else { return self.fail(LIST_UNEXPECTED, false) };
        let element = self.at(shape.member);
        let mut elements = Vec::new();
        while let Some(value) = list.next_element_seed(element)? {
            elements.extend(value);
        }
        Ok(Some(Value::List(elements)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match &self.shape.kind {
            Kind::Structure(structure) => self.structure(structure, map),
            Kind::Map(shape) => {
                let node = self.at(shape.value);
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if let Some(value) = map.next_value_seed(node)? {
                        entries.push((key, value));
                    }
                }
                Ok(Some(Value::Map(last_wins(entries))))
            }
            _ => self.fail(MAP_UNEXPECTED, false),
        }
    }
}

/// Keeps the last entry of each key.
pub(crate) fn last_wins(mut entries: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let distinct = entries.iter().map(|(key, _)| key.as_str()).collect::<HashSet<_>>().len();
    if distinct < entries.len() {
        let mut seen = HashSet::new();
        let mut kept: Vec<_> = entries.into_iter().rev().filter(|(key, _)| seen.insert(key.clone())).collect();
        kept.reverse();
        entries = kept;
    }
    entries
}

/// A member's index by its name on the wire.
struct MemberName(&'static Structure);

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Option<u16>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = Option<u16>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let at = self.0.members.iter().position(|member| member.wire_name == name);
        Ok(at.and_then(|at| u16::try_from(at).ok()))
    }
}
