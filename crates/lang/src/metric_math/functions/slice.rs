//! `SLICE`: some of the series of an array.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static SLICE: Function = Function {
    name: "SLICE",
    title: "Part of an array",
    parameters: &[
        Parameter::required("array", &[Type::Array]),
        Parameter::required("start", &[Type::Scalar]),
        Parameter::optional("end", &[Type::Scalar]),
    ],
    returns: "TS[], or TS when start and end are one apart",
    description: "The series of an array from `start`, counted from zero, up to and without `end`, or all that \
                  follow. Past the end of the array there are none.\n\n\
                  With an `end` that is `start` plus one the result is a single series, without points when the \
                  array is too short. AWS documents both types of result without saying when; this is our reading.",
    examples: &[
        Example {
            expression: "SLICE(SORT(METRICS(), SUM, DESC), 1)",
            given: "m1=[1]; m2=[3]; m3=[2]",
            gives: "[2] [1]",
        },
        Example { expression: "SLICE([m1, m2, m3], 0, 2)", given: "m1=[1]; m2=[3]; m3=[2]", gives: "[1] [3]" },
        Example { expression: "SLICE([m1, m2, m3], 1, 2)", given: "m1=[1]; m2=[3]; m3=[2]", gives: "[3]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let array = arguments.array()?;
    let start = position(arguments)?;
    let end = if arguments.is_empty() { None } else { Some(position(arguments)?) };
    let (Some(start), Some(until)) = (start, end.unwrap_or(Some(usize::MAX))) else {
        return Ok(Value::Array(Vec::new()));
    };
    let mut slice = array.into_iter().skip(start).take(until.saturating_sub(start));
    if end.is_some() && until.checked_sub(start) == Some(1) {
        let one = slice.next().unwrap_or_else(|| Series::empty(arguments.name(), environment.range()));
        return Ok(Value::Series(one));
    }
    Ok(Value::Array(slice.collect()))
}

/// A position; `None` when the number has no value, as the average of no points has none.
fn position(arguments: &mut Arguments<'_>) -> Result<Option<usize>, Error> {
    let number = arguments.scalar()?;
    if number.is_nan() {
        return Ok(None);
    }
    if number < 0.0 || number.fract() != 0.0 {
        return Err(arguments.error(&format!("takes whole numbers from 0 as start and end, not {number}")));
    }
    // Past the largest position the cast stays at the largest.
    Ok(Some(number as usize))
}
