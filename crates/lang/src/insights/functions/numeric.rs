//! Numbers.

use std::cmp::Ordering;

use super::{ANY, Function, Value, function};
use crate::insights::value::number::Number;

pub(super) static FUNCTIONS: [Function; 13] = [
    function("abs", 1..=1, |_, a| match number(&a[0]) {
        Value::Int(whole) => whole.checked_abs().map_or_else(|| (whole as f64).abs().into(), Value::Int),
        other => other.number().map(f64::abs).into(),
    }),
    function("ceil", 1..=1, |_, a| rounded(&a[0], f64::ceil)),
    function("floor", 1..=1, |_, a| rounded(&a[0], f64::floor)),
    function("round", 1..=2, |_, a| round(a).into()),
    function("greatest", 1..=ANY, |_, a| extreme(a, Ordering::Greater)),
    function("least", 1..=ANY, |_, a| extreme(a, Ordering::Less)),
    function("log", 1..=1, |_, a| a[0].number().map(f64::ln).into()),
    function("sqrt", 1..=1, |_, a| a[0].number().map(f64::sqrt).into()),
    function("haversine", 4..=4, |_, a| haversine(a).into()),
    function("toNumber", 1..=1, |_, a| number(&a[0])),
    function("toInt", 1..=1, |_, a| a[0].whole().filter(|whole| i32::try_from(*whole).is_ok()).into()),
    function("toLong", 1..=1, |_, a| a[0].whole().into()),
    function("toDouble", 1..=1, |_, a| a[0].number().into()),
];

/// The number that a value is: a whole one if it is one and fits.
fn number(value: &Value) -> Value {
    match value.exact() {
        None => Value::Null,
        Some(Number::Int(whole)) => i64::try_from(whole).map_or_else(|_| (whole as f64).into(), Value::Int),
        Some(Number::Float(number)) => number.into(),
    }
}

/// A number made whole.
fn rounded(value: &Value, round: fn(f64) -> f64) -> Value {
    match number(value) {
        Value::Float(number) => whole(round(number)),
        other => other,
    }
}

fn whole(number: f64) -> Value {
    Value::from(number).whole().map_or_else(|| number.into(), Value::Int)
}

/// Halves go away from zero.
fn round(arguments: &[Value]) -> Option<Value> {
    let digits = match arguments.get(1) {
        Some(digits) => digits.whole()?.clamp(-308, 308) as i32,
        None => 0,
    };
    if digits <= 0 && digits > -1 {
        return Some(rounded(&arguments[0], f64::round));
    }
    let number = arguments[0].number()?;
    let scale = 10f64.powi(digits.abs());
    Some(match digits < 0 {
        true => whole((number / scale).round() * scale),
        // A number too large to scale has no digits to round.
        false if !(number * scale).is_finite() => number.into(),
        false => ((number * scale).round() / scale).into(),
    })
}

/// The first of the numbers that none is beyond; null if any is none.
fn extreme(arguments: &[Value], beyond: Ordering) -> Value {
    let mut extreme: Option<Number> = None;
    for argument in arguments {
        let Some(number) = argument.exact() else { return Value::Null };
        if extreme.is_none_or(|extreme| number.compare(extreme) == beyond) {
            extreme = Some(number);
        }
    }
    match extreme {
        None => Value::Null,
        Some(Number::Int(whole)) => i64::try_from(whole).map_or_else(|_| (whole as f64).into(), Value::Int),
        Some(Number::Float(number)) => number.into(),
    }
}

/// The distance between two places on the ground, in kilometres.
fn haversine(arguments: &[Value]) -> Option<f64> {
    const EARTH_RADIUS_KM: f64 = 6371.0;
    let radians = |index: usize| arguments[index].number().map(f64::to_radians);
    let (latitude_1, longitude_1, latitude_2, longitude_2) = (radians(0)?, radians(1)?, radians(2)?, radians(3)?);
    let half = |difference: f64| (difference / 2.0).sin().powi(2);
    let chord = half(latitude_2 - latitude_1) + latitude_1.cos() * latitude_2.cos() * half(longitude_2 - longitude_1);
    Some(2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin())
}
