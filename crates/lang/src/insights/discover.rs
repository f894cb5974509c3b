//! Fields that are found in messages (logs.md §7.5): those of JSON, whole or embedded in text, of the
//! lines that Lambda writes, of VPC flow logs and of Route 53 query logs.
//!
//! Queries want few fields of many messages, so nothing is built but the values that are wanted: one
//! pass over the bytes matches names as it goes, and ends when it has found all.

use std::sync::Arc;

use super::Value;
use crate::needle::Needle;

mod all;
mod dns;
mod flow;
mod lambda;
mod pick;
mod scanner;
#[cfg(test)]
mod tests;

/// How many fields of an event are discovered (logs.md SY-2).
const FIELDS_MAX: usize = 200;
/// How many opening braces of a text are tried as the beginning of a JSON fragment: enough for what
/// programs write, and no more than a bounded number of passes over what is not JSON.
const FRAGMENTS_TRIED_MAX: usize = 4;

/// Names of fields that a query wants, compiled.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    names: Vec<Arc<str>>,
    /// The names as JSON has them: without the `@` that discovery puts before another one.
    json: Vec<pick::Name>,
    /// Whether a line of some known format may have a wanted field.
    lambda: bool,
    flow: bool,
    dns: bool,
}

impl Wanted {
    /// These names, in this order. A name that comes twice is found twice.
    pub fn new<N: Into<Arc<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<Arc<str>> = names.into_iter().map(Into::into).collect();
        let json = names.iter().enumerate().filter_map(|(index, name)| pick::Name::new(name, index)).collect();
        let any_of = |known: &[&str]| names.iter().any(|name| known.contains(&name.as_ref()));
        let (lambda, flow, dns) = (any_of(&lambda::NAMES), any_of(&flow::NAMES), any_of(&dns::NAMES));
        Self { names, json, lambda, flow, dns }
    }

    /// The names, in the order of the values that [`discover`] gives.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What a message must contain to have any of the fields.
    pub fn needle(&self) -> Needle {
        // The fields of lines are not named in them.
        match self.lambda || self.flow || self.dns {
            true => Needle::Anything,
            false => Needle::any_of(self.json.iter().map(pick::Name::needle)),
        }
    }
}

/// The wanted fields of a message, in the order of their names; missing ones are [`Value::Null`].
///
/// When all wanted fields were found, the rest of a message that ends as JSON ends is not looked at.
pub fn discover(message: &str, wanted: &Wanted) -> Vec<Value> {
    let mut values = vec![Value::Null; wanted.names.len()];
    discover_into(message, wanted, &mut values);
    values
}

/// As [`discover`], into values that are there already: one a name, all [`Value::Null`].
pub fn discover_into(message: &str, wanted: &Wanted, values: &mut [Value]) {
    if wanted.names.is_empty() {
        return;
    }
    if !starts_as_json(message) {
        let mut emit = |name: &str, value: Value| {
            for (wanted, slot) in wanted.names.iter().zip(values.iter_mut()) {
                if wanted.as_ref() == name {
                    *slot = value.clone();
                }
            }
        };
        // The formats exclude one another.
        let _ = (wanted.lambda && lambda::fields(message, &mut emit))
            || (wanted.flow && flow::fields(message, &mut emit))
            || (wanted.dns && dns::fields(message, &mut emit));
    }
    if wanted.json.is_empty() {
        return;
    }
    for from in braces(message) {
        match pick::pick(&message[from..], &wanted.json, values) {
            Some(()) => return,
            None => wanted.json.iter().for_each(|name| values[name.index] = Value::Null),
        }
    }
}

/// All fields of a message, in the order they were found and at most 200 (logs.md SY-2).
pub fn discover_all(message: &str) -> Vec<(String, Value)> {
    let mut fields: Vec<(String, Value)> = Vec::new();
    if !starts_as_json(message) {
        let mut emit = |name: &str, value: Value| fields.push((name.to_owned(), value));
        let _ =
            lambda::fields(message, &mut emit) || flow::fields(message, &mut emit) || dns::fields(message, &mut emit);
    }
    if let Some(found) = braces(message).find_map(|from| all::all(&message[from..])) {
        fields.extend(found);
    }
    fields.truncate(FIELDS_MAX);
    fields
}

fn starts_as_json(message: &str) -> bool {
    message.trim_ascii_start().starts_with('{')
}

/// Where a JSON object may begin.
fn braces(message: &str) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'{', message.as_bytes()).take(FRAGMENTS_TRIED_MAX)
}

/// A word of a line: a whole number as one, unless it would lose leading zeros; `-` is missing.
fn word(text: &str) -> Value {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "-" | "" => Value::Null,
        "0" => Value::Int(0),
        _ if digits && !text.starts_with('0') => text.parse().map_or_else(|_| Value::from(text), Value::Int),
        _ => Value::from(text),
    }
}
