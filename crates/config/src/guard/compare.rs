//! Comparing values.

use std::cmp::Ordering;

use serde_json::Value;

use super::query::Found;
use super::syntax::{Literal, Operator, Range};

/// Whether two values are the same; `None` where they cannot be compared.
pub(super) fn equals(left: Found<'_>, right: Found<'_>) -> Option<bool> {
    match right {
        Found::Literal(Literal::Regex(regex)) => left.text().map(|text| regex.is_match(text)),
        Found::Literal(Literal::Range(range)) => is_within(left, range),
        _ => {
            if let (Some(left), Some(right)) = (left.text(), right.text()) {
                return Some(left == right);
            }
            if let (Some(left), Some(right)) = (left.list(), right.list()) {
                let same = |(left, right)| equals(left, right).unwrap_or(false);
                return Some(left.len() == right.len() && left.into_iter().zip(right).all(same));
            }
            match (left.json()?, right.json()?) {
                (Value::Number(left), Value::Number(right)) => Some(numbers(left, right)? == Ordering::Equal),
                (Value::Bool(left), Value::Bool(right)) => Some(left == right),
                (Value::Null, Value::Null) => Some(true),
                (left @ Value::Object(_), right @ Value::Object(_)) => Some(left == right),
                _ => None,
            }
        }
    }
}

/// Whether one value is in another: an element of a list, a part of a text, within a range.
pub(super) fn is_in(left: Found<'_>, right: Found<'_>) -> Option<bool> {
    if let Some(list) = right.list() {
        return Some(list.into_iter().any(|element| equals(left, element).unwrap_or(false)));
    }
    match (left.text(), right.text()) {
        (Some(left), Some(right)) => Some(right.contains(left)),
        _ => equals(left, right),
    }
}

/// Whether two values are in an order; `None` where they have none.
pub(super) fn is_ordered(operator: Operator, left: Found<'_>, right: Found<'_>) -> Option<bool> {
    let order = match (left.text(), right.text()) {
        (Some(left), Some(right)) => left.cmp(right),
        _ => order(left.json()?, right.json()?)?,
    };
    Some(match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn is_within(value: Found<'_>, range: &Range) -> Option<bool> {
    let value = value.json()?;
    let (from, to) = (order(value, &range.from)?, order(value, &range.to)?);
    let is_after = if range.with_from { from.is_ge() } else { from.is_gt() };
    let is_before = if range.with_to { to.is_le() } else { to.is_lt() };
    Some(is_after && is_before)
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn numbers(left: &serde_json::Number, right: &serde_json::Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
