//! The functions of queries (logs.md §7.11): one file a family, and the table that names them.
//!
//! What is missing goes in and comes out, unless a function says otherwise. Maps and lists count as
//! missing where a text, a number or a time is wanted (logs.md FN-2). `docs/insights-functions.md`
//! describes each, and its examples are run as tests.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::Value;

pub(crate) use regex::replacement;

mod condition;
mod date;
mod encoding;
mod hash;
mod ip;
mod json;
mod numeric;
mod regex;
#[cfg(test)]
mod tests;
mod text;

/// The moments that functions may ask for, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When the query was started.
    pub now_ms: i64,
    /// The first moment of its range.
    pub start_ms: i64,
    /// The last moment of its range.
    pub end_ms: i64,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// As it is documented; calls may be in any case.
    pub name: &'static str,
    /// How many arguments it takes; others are refused when the query is compiled (logs.md FN-4).
    pub arity: RangeInclusive<usize>,
    /// What it does. It is called with as many arguments as it takes.
    pub call: fn(&Moment, &[Value]) -> Value,
}

/// As many arguments as one likes.
const ANY: usize = usize::MAX;

/// All functions, by family.
static FAMILIES: [&[Function]; 8] = [
    &numeric::FUNCTIONS,
    &date::FUNCTIONS,
    &condition::FUNCTIONS,
    &json::FUNCTIONS,
    &ip::FUNCTIONS,
    &text::FUNCTIONS,
    &encoding::FUNCTIONS,
    &hash::FUNCTIONS,
];

/// The function of a name, in any case.
pub fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// Every function.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

/// A line of a table: `name`, how many arguments, and what gives the value.
const fn function(name: &'static str, arity: RangeInclusive<usize>, call: fn(&Moment, &[Value]) -> Value) -> Function {
    Function { name, arity, call }
}

/// An argument as a text.
fn text(arguments: &[Value], index: usize) -> Option<Cow<'_, str>> {
    arguments.get(index)?.text()
}

/// A truth that functions give as 1 or 0.
fn one_or_zero(truth: bool) -> Value {
    Value::Int(truth.into())
}
