//! The constraints of the model, checked with AWS's own sentences.
//!
//! One validator for all services. Wording: cloudwatch.md §1.2, logs.md W-6, config.md W-4;
//! what those leave open is taken from public recordings of AWS's answers.

mod pattern;
mod print;

use std::fmt::Write as _;

pub use pattern::is_checkable;

use crate::schema::{Kind, Length, List, Map, Member, Range, Shape, StringShape, Structure};
use crate::value::{Struct, Value};

/// A constraint that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: lower-camel member names, `tags.1.member.key` inside a list,
    /// `map.key.member` inside a map.
    pub path: String,
    /// The whole clause: `Value 'X' at 'path' failed to satisfy constraint: Member must …`.
    pub message: String,
}

/// AWS's sentence over all violations; empty when there are none.
pub fn message(violations: &[Violation]) -> String {
    let count = violations.len();
    if count == 0 {
        return String::new();
    }
    let clauses: Vec<&str> = violations.iter().map(|violation| violation.message.as_str()).collect();
    let errors = if count == 1 { "error" } else { "errors" };
    format!("{count} validation {errors} detected: {}", clauses.join("; "))
}

/// Checks an input against its shape: every broken constraint, in the order of the model.
pub fn validate(shape: &Shape, value: &Value) -> Vec<Violation> {
    let mut check = Check { path: String::new(), violations: Vec::new() };
    check.value(shape, value);
    check.violations
}

/// More are not told of: an answer must not grow with what is wrong with the request.
const VIOLATIONS_MAX: usize = 100;

struct Check {
    path: String,
    violations: Vec<Violation>,
}

impl Check {
    fn violation(&mut self, shown: &str, constraint: &str) {
        let path = &self.path;
        let message = format!("Value {shown}at '{path}' failed to satisfy constraint: {constraint}");
        self.violations.push(Violation { path: path.clone(), message });
    }

    /// A constraint that this value breaks. AWS does not repeat what must not be logged.
    fn broken(&mut self, shape: &Shape, value: &Value, constraint: &str) {
        let shown = if shape.sensitive { String::new() } else { format!("'{}' ", print::value(shape, value)) };
        self.violation(&shown, constraint);
    }

    /// Runs a check one step further down the path.
    fn within(&mut self, step: impl FnOnce(&mut String), check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        step(&mut self.path);
        check(self);
        self.path.truncate(length);
    }

    fn value(&mut self, shape: &Shape, value: &Value) {
        match (&shape.kind, value) {
            (Kind::Structure(structure), Value::Struct(found)) => self.structure(shape, structure, found),
            (Kind::List(list), Value::List(elements)) => self.list(shape, list, value, elements),
            (Kind::Map(map), Value::Map(entries)) => self.map(shape, map, value, entries),
            _ => scalar_violations(shape, value, &mut |constraint| self.broken(shape, value, &constraint)),
        }
    }

    fn structure(&mut self, shape: &Shape, structure: &Structure, found: &Struct) {
        if structure.union && found.members.len() != 1 {
            // The wording is ours: AWS's own for unions is not recorded.
            self.broken(shape, &Value::Struct(found.clone()), "Member must have exactly one member set");
        }
        let mut present = found.members.iter().peekable();
        for (index, member) in structure.members.iter().enumerate() {
            let value = present.next_if(|(at, _)| usize::from(*at) == index).map(|(_, value)| value);
            match value {
                None if !member.required => {}
                None => self.within(
                    |path| step_into(path, member),
                    |check| {
                        check.violation("null ", "Member must not be null");
                    },
                ),
                Some(_) if is_free(member.shape) => {}
                Some(value) => self.within(|path| step_into(path, member), |check| check.value(member.shape, value)),
            }
        }
    }

    fn list(&mut self, shape: &Shape, list: &List, value: &Value, elements: &[Value]) {
        self.length(shape, list.length, elements.len(), value);
        if is_free(list.member) {
            return;
        }
        if is_scalar(list.member) {
            // All elements are spoken of together, with all their constraints.
            if elements.iter().any(|element| breaks(list.member, element)) {
                let constraints = constraints(list.member).join(", ");
                self.broken(shape, value, &format!("Member must satisfy constraint: [{constraints}]"));
            }
            return;
        }
        // A list that is too long is refused for that; what is in it no longer matters.
        if list.length.max.is_some_and(|max| elements.len() as u64 > max) {
            return;
        }
        for (at, element) in elements.iter().enumerate() {
            if self.violations.len() >= VIOLATIONS_MAX {
                break;
            }
            self.within(
                |path| write!(path, ".{}.member", at + 1).expect("text takes every write"),
                |check| check.value(list.member, element),
            );
        }
    }

    fn map(&mut self, shape: &Shape, map: &Map, value: &Value, entries: &[(String, Value)]) {
        self.length(shape, map.length, entries.len(), value);
        let key_breaks = |key: &str| match &map.key.kind {
            Kind::String(string) => text_breaks(string, key),
            _ => false,
        };
        if !is_free(map.key) && entries.iter().any(|(key, _)| key_breaks(key)) {
            let constraints = constraints(map.key).join(", ");
            self.broken(shape, value, &format!("Map keys must satisfy constraint: [{constraints}]"));
        }
        if is_free(map.value) {
            return;
        }
        if is_scalar(map.value) {
            if entries.iter().any(|(_, value)| breaks(map.value, value)) {
                let constraints = constraints(map.value).join(", ");
                self.broken(shape, value, &format!("Map value must satisfy constraint: [{constraints}]"));
            }
            return;
        }
        for (key, value) in entries {
            self.within(
                |path| write!(path, ".{key}.member").expect("text takes every write"),
                |check| check.value(map.value, value),
            );
        }
    }

    fn length(&mut self, shape: &Shape, length: Length, count: usize, value: &Value) {
        for constraint in broken_lengths(length, count as u64) {
            self.broken(shape, value, &constraint);
        }
    }
}

/// Appends a member's name with its first letter in lower case (config.md W-4).
fn step_into(path: &mut String, member: &Member) {
    if !path.is_empty() {
        path.push('.');
    }
    let mut letters = member.name.chars();
    path.extend(letters.next().map(|first| first.to_ascii_lowercase()));
    path.push_str(letters.as_str());
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape.kind, Kind::List(_) | Kind::Map(_) | Kind::Structure(_))
}

/// Nothing about this shape can be wrong, so that its values need no look.
fn is_free(shape: &Shape) -> bool {
    match &shape.kind {
        Kind::Boolean | Kind::Float | Kind::Double | Kind::Timestamp(_) | Kind::Document => true,
        Kind::Integer(range) | Kind::Long(range) => *range == Range::default(),
        Kind::String(string) => {
            string.length == Length::default() && string.pattern.is_none() && string.values.is_empty()
        }
        Kind::Blob(length) => *length == Length::default(),
        Kind::List(_) | Kind::Map(_) | Kind::Structure(_) => false,
    }
}

fn breaks(shape: &Shape, value: &Value) -> bool {
    let mut any = false;
    scalar_violations(shape, value, &mut |_| any = true);
    any
}

fn text_breaks(string: &StringShape, text: &str) -> bool {
    let mut any = false;
    text_violations(string, text, &mut |_| any = true);
    any
}

fn scalar_violations(shape: &Shape, value: &Value, report: &mut dyn FnMut(String)) {
    match (&shape.kind, value) {
        (Kind::String(string), Value::String(text)) => text_violations(string, text, report),
        (Kind::Integer(range) | Kind::Long(range), Value::Integer(number)) => {
            if let Some(max) = range.max.filter(|max| number > max) {
                report(format!("Member must have value less than or equal to {max}"));
            }
            if let Some(min) = range.min.filter(|min| number < min) {
                report(format!("Member must have value greater than or equal to {min}"));
            }
        }
        (Kind::Blob(length), Value::Blob(bytes)) => broken_lengths(*length, bytes.len() as u64).for_each(report),
        _ => {}
    }
}

/// The pattern first, then the length, as recorded; an enumeration stands alone.
fn text_violations(string: &StringShape, text: &str, report: &mut dyn FnMut(String)) {
    if !string.values.is_empty() && !string.values.contains(&text) {
        report(enumeration(string.values));
    }
    if let Some(pattern) = string.pattern
        && !pattern::matches(pattern, text)
    {
        report(format!("Member must satisfy regular expression pattern: {pattern}"));
    }
    if string.length != Length::default() {
        broken_lengths(string.length, characters(string.length, text)).for_each(report);
    }
}

/// The number of characters, or of bytes where those already show that the bounds hold.
fn characters(length: Length, text: &str) -> u64 {
    let bytes = text.len() as u64;
    // A character has one to four bytes.
    let within = length.max.is_none_or(|max| bytes <= max) && length.min.is_none_or(|min| bytes / 4 >= min);
    if within { bytes } else { text.chars().count() as u64 }
}

fn broken_lengths(length: Length, count: u64) -> impl Iterator<Item = String> {
    let long =
        length.max.filter(|max| count > *max).map(|max| format!("Member must have length less than or equal to {max}"));
    let short = length
        .min
        .filter(|min| count < *min)
        .map(|min| format!("Member must have length greater than or equal to {min}"));
    long.into_iter().chain(short)
}

fn enumeration(values: &[&str]) -> String {
    format!("Member must satisfy enum value set: [{}]", values.join(", "))
}

/// All constraints of a scalar, as AWS lists them for the elements of a collection.
fn constraints(shape: &Shape) -> Vec<String> {
    let mut out = Vec::new();
    let lengths = |out: &mut Vec<String>, length: &Length| {
        out.extend(length.max.map(|max| format!("Member must have length less than or equal to {max}")));
        out.extend(length.min.map(|min| format!("Member must have length greater than or equal to {min}")));
    };
    match &shape.kind {
        Kind::String(string) => {
            lengths(&mut out, &string.length);
            out.extend(
                string.pattern.map(|pattern| format!("Member must satisfy regular expression pattern: {pattern}")),
            );
            if !string.values.is_empty() {
                out.push(enumeration(string.values));
            }
        }
        Kind::Integer(range) | Kind::Long(range) => {
            out.extend(range.max.map(|max| format!("Member must have value less than or equal to {max}")));
            out.extend(range.min.map(|min| format!("Member must have value greater than or equal to {min}")));
        }
        Kind::Blob(length) => lengths(&mut out, length),
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests;
