//! Natural order, in which `sort`, `min` and `max` see values (logs.md §7.8).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Value;
use super::value::number::Number;

#[cfg(test)]
mod tests;

/// Ascending: texts, then numbers, then what is missing. Maps and lists, which may not be sorted by, count as missing.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    in_direction(a, b, |order| order)
}

/// Descending: the exact reverse, but what is missing is still last.
pub fn compare_descending(a: &Value, b: &Value) -> Ordering {
    in_direction(a, b, Ordering::reverse)
}

fn in_direction(a: &Value, b: &Value, direction: fn(Ordering) -> Ordering) -> Ordering {
    match (Key::of(a), Key::of(b)) {
        (Some(a), Some(b)) => direction(a.compare(&b)),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// What a value is sorted by.
enum Key<'a> {
    Text(Cow<'a, str>),
    Number(Number, &'a Value),
}

impl<'a> Key<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value.exact() {
            Some(number) => Some(Self::Number(number, value)),
            None => value.text().map(Self::Text),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => texts(a, b),
            (Self::Number(a, a_value), Self::Number(b, b_value)) => {
                a.compare(*b).then_with(|| match (a_value, b_value) {
                    (Value::Int(_), Value::Int(_)) | (Value::Float(_), Value::Float(_)) => Ordering::Equal,
                    // One number may be spelled in several ways.
                    _ => a_value.text().cmp(&b_value.text()),
                })
            }
            (Self::Text(_), Self::Number(..)) => Ordering::Less,
            (Self::Number(..), Self::Text(_)) => Ordering::Greater,
        }
    }
}

/// Compares chunk by chunk, where a chunk is a run of digits or of anything else.
fn texts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (chunk_a, chunk_b);
        (chunk_a, a) = chunk(a);
        (chunk_b, b) = chunk(b);
        let digits = |chunk: &str| chunk.starts_with(|c: char| c.is_ascii_digit());
        let order = if digits(chunk_a) && digits(chunk_b) {
            chunk_a.len().cmp(&chunk_b.len()).then_with(|| chunk_a.cmp(chunk_b))
        } else {
            chunk_a.cmp(chunk_b)
        };
        if order.is_ne() || chunk_a.is_empty() {
            return order;
        }
    }
}

fn chunk(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return ("", "") };
    let digits = first.is_ascii_digit();
    let end = bytes.iter().position(|byte| byte.is_ascii_digit() != digits).unwrap_or(bytes.len());
    text.split_at(end)
}
