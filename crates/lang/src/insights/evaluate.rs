//! Expressions that are bound to places, and what they give for a record.

use std::borrow::Cow;

use memchr::memmem::Finder;
use regex::Regex;
use smallvec::SmallVec;

use super::bin::Bin;
use super::expression::{Arithmetic, Comparison, Sense};
use super::functions::{Function, Moment};
use super::record::{Place, PointerText, Record, System};
use super::{Step, Value};

/// An expression whose names are resolved.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value),
    Place(Place),
    /// What is found in a map or a list.
    Within(Box<Node>, Vec<Step>),
    Call(&'static Function, Vec<Node>),
    /// The beginning, or the end, of the span that holds a time.
    Floor(Box<Node>, Bin),
    Ceil(Box<Node>, Bin),
    List(Vec<Node>),
    Negative(Box<Node>),
    Arithmetic(Box<Node>, Arithmetic, Box<Node>),
    Condition(Box<Condition>),
}

/// What is true or false, never missing (logs.md QL-5).
#[derive(Debug)]
pub(super) enum Condition {
    Constant(bool),
    Value(Node),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Comparison(Node, Comparison, Node),
    /// A literal text is within a value.
    Contains(Node, Sense, Box<Finder<'static>>),
    /// A regular expression finds something in a value.
    Finds(Node, Sense, Box<Regex>),
    /// The text of one value is within another.
    Within(Node, Sense, Node),
    In(Node, Sense, Vec<Node>),
}

/// What a run asks for besides its records.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// The moments that functions ask for.
    pub(super) moment: Moment,
    /// How a pointer is shown.
    pub(super) pointer: PointerText,
}

impl Node {
    /// The value, borrowed where it lies somewhere already.
    pub(super) fn value<'v>(&'v self, record: &'v Record<'_>) -> Cow<'v, Value> {
        match self {
            Self::Constant(value) => Cow::Borrowed(value),
            Self::Place(place) => record.value(*place),
            Self::Within(inner, path) => match inner.value(record) {
                Cow::Borrowed(value) => value.get(path).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
                Cow::Owned(value) => Cow::Owned(value.get(path).cloned().unwrap_or_default()),
            },
            computed => Cow::Owned(computed.computed(record)),
        }
    }

    fn computed(&self, record: &Record<'_>) -> Value {
        match self {
            Self::Call(function, arguments) => {
                let arguments: SmallVec<[Value; 4]> =
                    arguments.iter().map(|argument| argument.value(record).into_owned()).collect();
                (function.call)(&record.context.moment, &arguments)
            }
            Self::Floor(time, bin) => {
                self::time(&time.value(record)).map_or(Value::Null, |time| Value::Time(bin.floor(time)))
            }
            Self::Ceil(time, bin) => {
                self::time(&time.value(record)).map_or(Value::Null, |time| Value::Time(bin.ceil(time)))
            }
            Self::List(elements) => {
                Value::List(elements.iter().map(|element| element.value(record).into_owned()).collect())
            }
            Self::Negative(inner) => negative(&inner.value(record)),
            Self::Arithmetic(left, operator, right) => arithmetic(&left.value(record), *operator, &right.value(record)),
            Self::Condition(condition) => Value::Bool(condition.holds(record)),
            Self::Constant(_) | Self::Place(_) | Self::Within(..) => self.value(record).into_owned(),
        }
    }

    /// The value as a text, without a copy where it can be.
    pub(super) fn text<'v>(&'v self, record: &'v Record<'_>) -> Option<Cow<'v, str>> {
        match self {
            Self::Place(place) => record.text(*place),
            other => match other.value(record) {
                Cow::Borrowed(value) => value.text(),
                Cow::Owned(value) => Some(value.text()?.into_owned().into()),
            },
        }
    }

    /// Calls with each place that the value depends on.
    pub(super) fn places(&self, visit: &mut dyn FnMut(Place)) {
        match self {
            Self::Constant(_) => {}
            Self::Place(place) => visit(*place),
            Self::Within(inner, _) | Self::Floor(inner, _) | Self::Ceil(inner, _) | Self::Negative(inner) => {
                inner.places(visit);
            }
            Self::Call(_, nodes) | Self::List(nodes) => nodes.iter().for_each(|node| node.places(visit)),
            Self::Arithmetic(left, _, right) => {
                left.places(visit);
                right.places(visit);
            }
            Self::Condition(condition) => condition.places(visit),
        }
    }

    /// The system's text that the value is, if it is one: it can be looked at without a copy.
    pub(super) fn system_text<'r>(&self, record: &Record<'r>) -> Option<&'r str> {
        match self {
            Self::Place(Place::System(system)) => record.system_text(*system),
            _ => None,
        }
    }

    /// Whether the value is when the record happened, or a span of that.
    pub(super) fn is_bin(&self) -> bool {
        matches!(self, Self::Floor(inner, _) if matches!(**inner, Self::Place(Place::System(System::Timestamp))))
    }
}

impl Condition {
    /// Whether it holds for a record.
    pub(super) fn holds(&self, record: &Record<'_>) -> bool {
        match self {
            Self::Constant(truth) => *truth,
            Self::Value(node) => node.value(record).is_true(),
            Self::Not(inner) => !inner.holds(record),
            Self::All(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(record)),
            Self::Comparison(left, comparison, right) => {
                compared(&left.value(record), *comparison, &right.value(record))
            }
            Self::Contains(node, sense, finder) => {
                is(*sense, node.text(record).is_some_and(|text| finder.find(text.as_bytes()).is_some()))
            }
            Self::Finds(node, sense, regex) => is(*sense, node.text(record).is_some_and(|text| regex.is_match(&text))),
            Self::Within(node, sense, part) => {
                let within = match (node.text(record), part.text(record)) {
                    (Some(text), Some(part)) => text.contains(part.as_ref()),
                    _ => false,
                };
                is(*sense, within)
            }
            Self::In(node, sense, elements) => {
                let value = node.value(record);
                is(*sense, elements.iter().any(|element| value.equals(&element.value(record))))
            }
        }
    }

    /// Calls with each place that it depends on.
    pub(super) fn places(&self, visit: &mut dyn FnMut(Place)) {
        match self {
            Self::Constant(_) => {}
            Self::Value(node) | Self::Contains(node, ..) | Self::Finds(node, ..) => node.places(visit),
            Self::Not(inner) => inner.places(visit),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.places(visit)),
            Self::Comparison(left, _, right) | Self::Within(left, _, right) => {
                left.places(visit);
                right.places(visit);
            }
            Self::In(node, _, elements) => {
                node.places(visit);
                elements.iter().for_each(|element| element.places(visit));
            }
        }
    }
}

fn is(sense: Sense, truth: bool) -> bool {
    (sense == Sense::Plain) == truth
}

/// A comparison with what is missing, or with a map or a list, is false; but `!=` holds (logs.md QL-5).
fn compared(left: &Value, comparison: Comparison, right: &Value) -> bool {
    match comparison {
        Comparison::Equal => left.equals(right),
        Comparison::NotEqual => !left.equals(right),
        Comparison::Less => left.compare(right).is_some_and(|order| order.is_lt()),
        Comparison::LessOrEqual => left.compare(right).is_some_and(|order| order.is_le()),
        Comparison::Greater => left.compare(right).is_some_and(|order| order.is_gt()),
        Comparison::GreaterOrEqual => left.compare(right).is_some_and(|order| order.is_ge()),
    }
}

/// A time, or a number that stands for one in milliseconds.
fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Time(time) => Some(*time),
        other => other.whole(),
    }
}

fn negative(value: &Value) -> Value {
    match whole(value).and_then(i64::checked_neg) {
        Some(whole) => Value::Int(whole),
        None => Value::from(value.number().map(|number| -number)),
    }
}

/// Whole numbers stay whole where nothing is lost; what is not finite is missing.
fn arithmetic(left: &Value, operator: Arithmetic, right: &Value) -> Value {
    if let (Some(a), Some(b)) = (whole(left), whole(right)) {
        let result = match operator {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide => a.checked_rem(b).filter(|rest| *rest == 0).and_then(|_| a.checked_div(b)),
            Arithmetic::Remainder => a.checked_rem(b),
            Arithmetic::Power => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        };
        if let Some(result) = result {
            return Value::Int(result);
        }
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else { return Value::Null };
    Value::from(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
        Arithmetic::Power => a.powf(b),
    })
}

/// A value that is a whole number as it stands.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(whole) | Value::Time(whole) => Some(*whole),
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}
