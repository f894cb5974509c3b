//! What generated types are made with: reading and writing structures member by
//! member, enums of text, and the type of operations without input or output.

use std::fmt;
use std::iter::Peekable;
use std::vec::IntoIter;

use wire::schema::{Kind, Shape, Structure};
use wire::value::{FromValue, IntoValue, Struct, Value};

/// The input of an operation that takes nothing, and the output of one that gives nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit;

static UNIT: Shape = Shape {
    name: "Unit",
    sensitive: false,
    kind: Kind::Structure(Structure { members: &[], payload: None, union: false }),
};

impl FromValue for Unit {
    fn from_value(_: Value) -> Self {
        Self
    }
}

impl IntoValue for Unit {
    fn into_value(self) -> Value {
        Value::Struct(Struct::new(&UNIT))
    }
}

/// Text that is none of an enum's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    /// The enum's name.
    pub expected: &'static str,
    /// The text.
    pub found: String,
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a value of {}", self.found, self.expected)
    }
}

impl std::error::Error for UnknownValue {}

/// Reads a structure's members in ascending order of their index.
pub(crate) struct Reader {
    shape: &'static Shape,
    members: Peekable<IntoIter<(u16, Value)>>,
}

impl Reader {
    /// # Panics
    /// When the value is no structure, or one of another shape: validated input is neither.
    pub(crate) fn new(value: Value, shape: &'static Shape) -> Self {
        match value {
            Value::Struct(found) if std::ptr::eq(found.shape, shape) => {
                Self { shape, members: found.members.into_iter().peekable() }
            }
            Value::Struct(found) => panic!("validated input holds a {:?} where {shape:?} belongs", found.shape),
            _ => panic!("validated input holds no structure where {shape:?} belongs"),
        }
    }

    /// The member at `index`, when present.
    pub(crate) fn optional<T: FromValue>(&mut self, index: u16) -> Option<T> {
        while self.members.next_if(|(at, _)| *at < index).is_some() {}
        self.members.next_if(|(at, _)| *at == index).map(|(_, value)| T::from_value(value))
    }

    /// The member at `index`.
    ///
    /// # Panics
    /// When it is absent: validation has seen to its presence.
    pub(crate) fn required<T: FromValue>(&mut self, index: u16) -> T {
        let shape = self.shape;
        self.optional(index).unwrap_or_else(|| panic!("validated {shape:?} lacks required member {index}"))
    }
}

/// Writes a structure's members in ascending order of their index.
pub(crate) struct Writer(Struct);

impl Writer {
    pub(crate) fn new(shape: &'static Shape) -> Self {
        Self(Struct::new(shape))
    }

    pub(crate) fn required(mut self, index: u16, value: impl IntoValue) -> Self {
        self.0.members.push((index, value.into_value()));
        self
    }

    pub(crate) fn optional(self, index: u16, value: Option<impl IntoValue>) -> Self {
        match value {
            Some(value) => self.required(index, value),
            None => self,
        }
    }

    pub(crate) fn finish(self) -> Value {
        Value::Struct(self.0)
    }
}

/// Stands for a sensitive value in `Debug` output.
pub(crate) struct Sensitive;

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<sensitive>")
    }
}

/// Defines an enum over all values of a text shape.
macro_rules! text_enum {
    ($name:ident, $documentation:literal, [$($variant:ident = $text:literal),* $(,)?]) => {
        #[doc = $documentation]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )*
        }

        impl $name {
            /// All values, in the model's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value as text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::typed::UnknownValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::typed::UnknownValue { expected: stringify!($name), found: text.to_owned() }),
                }
            }
        }

        impl wire::value::FromValue for $name {
            fn from_value(value: wire::value::Value) -> Self {
                match String::from_value(value).parse() {
                    Ok(value) => value,
                    Err(error) => panic!("validated input holds what the shape excludes: {error}"),
                }
            }
        }

        impl wire::value::IntoValue for $name {
            fn into_value(self) -> wire::value::Value {
                wire::value::Value::String(self.as_str().to_owned())
            }
        }
    };
}
pub(crate) use text_enum;
