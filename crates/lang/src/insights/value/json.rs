//! Values from JSON, and as JSON.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::{Value, print_time};

impl Value {
    /// The value of a JSON value. Whole numbers beyond 64 bits become texts of their digits, which compare as numbers.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, Some(whole)) => Self::from(whole.to_string()),
                (None, None) => number.as_f64().into(),
            },
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(elements) => elements.iter().map(Self::from_json).collect::<Vec<_>>().into(),
            serde_json::Value::Object(entries) => Self::Map(
                entries.iter().map(|(key, value)| (Arc::from(key.as_str()), Self::from_json(value))).collect(),
            ),
        }
    }

    /// The value as JSON: truth values as such, times as texts, numbers with all their digits.
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        print(self, &mut text).expect("writing to a string does not fail");
        text
    }
}

/// Writes a value as JSON.
pub(super) fn print(value: &Value, f: &mut impl Write) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Int(number) => write!(f, "{number}"),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => write!(f, "{}", *number as i64),
        Value::Float(number) if number.abs() >= 1e21 => write!(f, "{number:e}"),
        Value::Float(number) => write!(f, "{number}"),
        Value::Text(text) => quote(text, f),
        Value::Time(millis) => {
            f.write_char('"')?;
            print_time(*millis, f)?;
            f.write_char('"')
        }
        Value::List(elements) => {
            f.write_char('[')?;
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    f.write_char(',')?;
                }
                print(element, f)?;
            }
            f.write_char(']')
        }
        Value::Map(entries) => {
            f.write_char('{')?;
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    f.write_char(',')?;
                }
                quote(key, f)?;
                f.write_char(':')?;
                print(value, f)?;
            }
            f.write_char('}')
        }
    }
}

/// Writes a text in quotes, escaped where JSON must be.
fn quote(text: &str, f: &mut impl Write) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
