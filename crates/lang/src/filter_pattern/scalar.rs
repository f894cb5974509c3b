//! Values that patterns compare: what JSON has beside arrays and objects, and the text of fields.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A value of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'m> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'m, str>),
}

impl<'m> Scalar<'m> {
    /// The value as text, as its JSON would be written.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => "null".into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Number(number) => number.text().into(),
            Self::Text(text) => text.as_ref().into(),
        }
    }

    pub fn into_text(self) -> Cow<'m, str> {
        match self {
            Self::Text(text) => text,
            other => other.text().into_owned().into(),
        }
    }

    /// The value as a number; a text may be one (logs.md FJ-6).
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => Number::parse(text),
            Self::Null | Self::Bool(_) => None,
        }
    }
}

/// A number. Whole ones are exact, so that long ids are told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    /// `[+-]? digits [. digits] [(e|E) [+-]? digits]`, and nothing else that programs call a number.
    pub fn parse(text: &str) -> Option<Self> {
        let after_sign = text.strip_prefix(['+', '-']).unwrap_or(text);
        let after_whole = digits(after_sign)?;
        if after_whole.is_empty() {
            return match text.parse() {
                Ok(whole) => Some(Self::Whole(whole)),
                Err(_) => text.parse().ok().map(Self::Float),
            };
        }
        let after_fraction = match after_whole.strip_prefix('.') {
            Some(rest) => digits(rest)?,
            None => after_whole,
        };
        let end = match after_fraction.strip_prefix(['e', 'E']) {
            Some(rest) => digits(rest.strip_prefix(['+', '-']).unwrap_or(rest))?,
            None => after_fraction,
        };
        if end.is_empty() { text.parse().ok().map(Self::Float) } else { None }
    }

    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }

    fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Whole(whole) => whole.to_string(),
            Self::Float(float) => match serde_json::Number::from_f64(float) {
                Some(number) => number.to_string(),
                None => float.to_string(),
            },
        }
    }
}

/// What follows at least one digit.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}
