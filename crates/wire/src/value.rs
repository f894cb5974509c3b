//! Decoded API data: a tree that mirrors the schema, and its way into typed structures.
//!
//! An absent member is absent: it is not in the tree, and `None` in a typed structure.

use base::Timestamp;

use crate::schema::Shape;

/// A decoded value. Its form follows the shape it was decoded by.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `Kind::Boolean`
    Boolean(bool),
    /// `Kind::Integer` and `Kind::Long`
    Integer(i64),
    /// `Kind::Float` and `Kind::Double`; may be NaN or infinite
    Float(f64),
    /// `Kind::String`
    String(String),
    /// `Kind::Blob`
    Blob(Vec<u8>),
    /// `Kind::Timestamp`
    Timestamp(Timestamp),
    /// `Kind::List`
    List(Vec<Value>),
    /// `Kind::Map`: entries in the order they arrived
    Map(Vec<(String, Value)>),
    /// `Kind::Structure`
    Struct(Struct),
    /// `Kind::Document`
    Document(serde_json::Value),
}

/// A decoded structure: its shape and the members that are present.
#[derive(Clone, Debug)]
pub struct Struct {
    /// The shape, always of kind structure.
    pub shape: &'static Shape,
    /// Present members by index into the shape's members, in ascending order.
    pub members: Vec<(u16, Value)>,
}

impl PartialEq for Struct {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape) && self.members == other.members
    }
}

impl Struct {
    /// A structure with no member present.
    pub fn new(shape: &'static Shape) -> Self {
        Self { shape, members: Vec::new() }
    }

    /// Sets a member by index, replacing what was there.
    pub fn set(&mut self, index: u16, value: Value) {
        match self.members.binary_search_by_key(&index, |(at, _)| *at) {
            Ok(at) => self.members[at].1 = value,
            Err(at) => self.members.insert(at, (index, value)),
        }
    }

    /// The member at this index, when present.
    pub fn at(&self, index: u16) -> Option<&Value> {
        let at = self.members.binary_search_by_key(&index, |(at, _)| *at).ok()?;
        Some(&self.members[at].1)
    }

    /// Takes the member at this index out, when present.
    pub fn take(&mut self, index: u16) -> Option<Value> {
        let at = self.members.binary_search_by_key(&index, |(at, _)| *at).ok()?;
        Some(self.members.remove(at).1)
    }

    /// The member of this name, when present.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.at(self.shape.structure()?.member(name)?.0)
    }
}

impl Value {
    /// The text, when this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The structure, when this is one.
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Self::Struct(inner) => Some(inner),
            _ => None,
        }
    }

    /// The elements, when this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The member of this name, when this is a structure that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_struct()?.get(name)
    }
}

/// A type that a validated [`Value`] turns into. Implemented by generated code.
pub trait FromValue: Sized {
    /// Converts a value decoded by this type's own shape and validated against it.
    ///
    /// # Panics
    /// When the value does not have the form of the shape, which validation excludes.
    fn from_value(value: Value) -> Self;
}

/// A type that turns into a [`Value`] of its own shape. Implemented by generated code.
pub trait IntoValue {
    /// The value, with absent members left out.
    fn into_value(self) -> Value;
}

macro_rules! scalar {
    ($type:ty, $variant:ident) => {
        impl FromValue for $type {
            fn from_value(value: Value) -> Self {
                match value {
                    Value::$variant(inner) => inner as $type,
                    other => unexpected(stringify!($variant), &other),
                }
            }
        }
        impl IntoValue for $type {
            fn into_value(self) -> Value {
                Value::$variant(self.into())
            }
        }
    };
}
scalar!(bool, Boolean);
scalar!(i32, Integer);
scalar!(i64, Integer);
scalar!(f32, Float);
scalar!(f64, Float);
scalar!(String, String);
scalar!(Timestamp, Timestamp);
scalar!(serde_json::Value, Document);

/// Bytes, kept apart from a list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl FromValue for Blob {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Blob(bytes) => Self(bytes),
            other => unexpected("Blob", &other),
        }
    }
}

impl IntoValue for Blob {
    fn into_value(self) -> Value {
        Value::Blob(self.0)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::List(elements) => elements.into_iter().map(T::from_value).collect(),
            other => unexpected("List", &other),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: FromValue> FromValue for Vec<(String, T)> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Map(entries) => entries.into_iter().map(|(key, value)| (key, T::from_value(value))).collect(),
            other => unexpected("Map", &other),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<(String, T)> {
    fn into_value(self) -> Value {
        Value::Map(self.into_iter().map(|(key, value)| (key, value.into_value())).collect())
    }
}

fn unexpected(expected: &str, found: &Value) -> ! {
    panic!("validated input holds {found:?} where the shape says {expected}")
}
