//! What fields of records hold, and how it is compared and printed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use number::Number;

mod json;
pub(super) mod number;
#[cfg(test)]
mod tests;

/// The value of a field or of an expression. What is missing is [`Value::Null`]; a JSON null
/// counts as missing (logs.md FN-3).
///
/// It prints as results do (logs.md QR-3, QR-4): nothing as an empty text, maps and lists as JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Missing.
    #[default]
    Null,
    /// A truth value; prints as `1` or `0` (logs.md QR-4).
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; never NaN or infinite: what would be is [`Value::Null`].
    Float(f64),
    /// A text. One that parses entirely as a number compares as that number (logs.md QL-6).
    Text(Arc<str>),
    /// A point in time, in milliseconds since the epoch; prints as `YYYY-MM-DD HH:MM:SS.mmm` in UTC (logs.md QR-3).
    Time(i64),
    /// A list, from JSON or a function.
    List(Arc<[Value]>),
    /// A map, from JSON; keys in the order they came.
    Map(Arc<[(Arc<str>, Value)]>),
}

/// One step into a map or a list (logs.md FN-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key of a map. Of a list, the element at the key, where it is a number.
    Key(Arc<str>),
    /// An element of a list.
    Index(usize),
}

impl Value {
    /// Whether the value is missing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value is a map or a list: null to functions, refused by comparisons (logs.md FN-2).
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// The value as a number. A truth value is 1 or 0, a time its milliseconds, a text what it parses entirely as.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => self.exact().map(Number::as_f64),
        }
    }

    /// The value as a whole number: what comes after the point is cut off, as far as it fits.
    pub fn whole(&self) -> Option<i64> {
        match self.exact()? {
            Number::Int(whole) => i64::try_from(whole).ok(),
            Number::Float(number) => {
                let whole = number.trunc();
                // The upper bound is 2^63 exactly, which is one too many.
                (whole >= i64::MIN as f64 && whole < i64::MAX as f64).then_some(whole as i64)
            }
        }
    }

    /// The value as a text, as it prints; `None` for what is missing and for maps and lists.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null | Self::List(_) | Self::Map(_) => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            other => Some(Cow::Owned(other.to_string())),
        }
    }

    /// Whether a condition that has this value holds: true, any number but zero, the text `true`.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => {
                text.eq_ignore_ascii_case("true") || Number::parse(text).is_some_and(|number| number.as_f64() != 0.0)
            }
            Self::Null | Self::Time(_) | Self::List(_) | Self::Map(_) => false,
        }
    }

    /// How two values compare (logs.md QL-6): as numbers if both are numeric, else as texts.
    /// `None` if either is missing, a map or a list.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => return Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => return a.partial_cmp(b),
            // JSON has true where a query can only say "true"; as a text the value would be "1".
            (Self::Bool(a), Self::Text(b)) => {
                if let Some(b) = truth(b) {
                    return Some(a.cmp(&b));
                }
            }
            (Self::Text(a), Self::Bool(b)) => {
                if let Some(a) = truth(a) {
                    return Some(a.cmp(b));
                }
            }
            _ => {}
        }
        match (self.exact(), other.exact()) {
            (Some(a), Some(b)) => Some(a.compare(b)),
            _ => Some(self.text()?.cmp(&other.text()?)),
        }
    }

    /// Whether two values are equal as they [compare](Self::compare).
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) if a == b => true,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// What is found by following a path into maps and lists.
    pub fn get(&self, path: &[Step]) -> Option<&Value> {
        path.iter().try_fold(self, |value, step| match (value, step) {
            (Self::Map(entries), Step::Key(key)) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            (Self::List(elements), Step::Index(index)) => elements.get(*index),
            (Self::List(elements), Step::Key(key)) => elements.get(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// How much memory the value takes, with what it points to.
    pub fn memory_bytes(&self) -> usize {
        /// What an `Arc` keeps beside its content.
        const COUNTS: usize = 2 * size_of::<usize>();
        let beside = match self {
            Self::Text(text) => COUNTS + text.len(),
            Self::List(elements) => COUNTS + elements.iter().map(Self::memory_bytes).sum::<usize>(),
            Self::Map(entries) => {
                let entry = |(key, value): &(Arc<str>, Value)| {
                    size_of::<Arc<str>>() + COUNTS + key.len() + value.memory_bytes()
                };
                COUNTS + entries.iter().map(entry).sum::<usize>()
            }
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Time(_) => 0,
        };
        size_of::<Self>() + beside
    }

    /// The number that the value is, without loss.
    pub(super) fn exact(&self) -> Option<Number> {
        match self {
            Self::Bool(truth) => Some(Number::Int(i128::from(*truth))),
            Self::Int(number) | Self::Time(number) => Some(Number::Int(i128::from(*number))),
            Self::Float(number) => Some(Number::Float(*number)),
            Self::Text(text) => Number::parse(text),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(truth) => write!(f, "{}", u8::from(*truth)),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => number::print(*number, f),
            Self::Text(text) => f.write_str(text),
            Self::Time(millis) => print_time(*millis, f),
            Self::List(_) | Self::Map(_) => json::print(self, f),
        }
    }
}

/// Writes `YYYY-MM-DD HH:MM:SS.mmm` in UTC; a time beyond the calendar as its number.
fn print_time(millis: i64, f: &mut impl fmt::Write) -> fmt::Result {
    let Ok(timestamp) = jiff::Timestamp::from_millisecond(millis) else { return write!(f, "{millis}") };
    let time = jiff::tz::Offset::UTC.to_datetime(timestamp);
    write!(f, "{:04}-{:02}-{:02} ", time.year(), time.month(), time.day())?;
    write!(f, "{:02}:{:02}:{:02}.{:03}", time.hour(), time.minute(), time.second(), time.millisecond())
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// What is no number is missing.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Float(number) } else { Self::Null }
    }
}

impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Self::List(elements.into())
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
