//! `RUNNING_SUM`: the sum of all points so far.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static RUNNING_SUM: Function = Function {
    name: "RUNNING_SUM",
    title: "Sum so far",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The sum of each point and all points before it, from the start of the range.",
    examples: &[Example { expression: "RUNNING_SUM(m1)", given: "m1=[1, -, 2, 3]", gives: "[1, -, 3, 6]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(running_sum(series)))
}

fn running_sum(mut series: Series) -> Series {
    let mut sum = 0.0;
    for (_, value) in &mut series.points {
        sum += *value;
        *value = sum;
    }
    // A sum past the greatest number is no value.
    series.map(|value| value)
}
