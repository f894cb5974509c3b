//! The operators on scalars, series and arrays (cloudwatch.md §4.1, §4.2).

use super::syntax::{Operator, Precedence};
use super::{Error, Series, Value, limits, series};

/// `left operator right`.
///
/// Arithmetic takes every pair but two arrays; comparison and logic take scalars and series.
pub(super) fn apply(operator: Operator, left: Value, right: Value) -> Result<Value, Error> {
    let on = |a, b| number(operator, a, b);
    let arithmetic = operator.precedence() >= Precedence::Sum;
    Ok(match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => series::settled_scalar(on(left, right)),
        (Value::Scalar(left), Value::Series(right)) => Value::Series(right.map(|value| on(left, value))),
        (Value::Series(left), Value::Scalar(right)) => Value::Series(left.map(|value| on(value, right))),
        (Value::Series(left), Value::Series(right)) => Value::Series(Series::combine(&left, &right, on)),
        (Value::Scalar(left), Value::Array(right)) if arithmetic => {
            each(right, |series| series.map(|value| on(left, value)))?
        }
        (Value::Array(left), Value::Scalar(right)) if arithmetic => {
            each(left, |series| series.map(|value| on(value, right)))?
        }
        (Value::Series(left), Value::Array(right)) if arithmetic => each(right, |series| {
            let combined = Series::combine(&left, &series, on);
            Series { label: series.label, ..combined }
        })?,
        (Value::Array(left), Value::Series(right)) if arithmetic => {
            each(left, |series| Series::combine(&series, &right, on))?
        }
        (left, right) => {
            let (operator, left, right) = (operator.symbol(), left.kind(), right.kind());
            return Err(Error::new(format!("Operator '{operator}' does not take {left} and {right}")));
        }
    })
}

/// `-operand`.
pub(super) fn negate(operand: Value) -> Result<Value, Error> {
    apply(Operator::Subtract, Value::Scalar(0.0), operand)
}

fn each(array: Vec<Series>, function: impl Fn(Series) -> Series) -> Result<Value, Error> {
    limits::array(array.into_iter().map(|series| Ok(function(series)))).map(Value::Array)
}

/// The operator on two numbers; not a number when there is no result.
fn number(operator: Operator, left: f64, right: f64) -> f64 {
    if left.is_nan() || right.is_nan() {
        return f64::NAN;
    }
    // Any number but zero is true, also a negative one.
    let (left_true, right_true) = (left != 0.0, right != 0.0);
    let truth = match operator {
        Operator::Add => return left + right,
        Operator::Subtract => return left - right,
        Operator::Multiply => return left * right,
        Operator::Divide => return left / right,
        Operator::Power => return left.powf(right),
        Operator::Or => left_true || right_true,
        Operator::And => left_true && right_true,
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::AtMost => left <= right,
        Operator::AtLeast => left >= right,
        Operator::Less => left < right,
        Operator::Greater => left > right,
    };
    f64::from(u8::from(truth))
}

impl Value {
    /// The type, as messages say it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a number",
            Self::Series(_) => "a time series",
            Self::Array(_) => "an array of time series",
        }
    }
}
