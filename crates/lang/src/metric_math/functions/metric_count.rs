//! `METRIC_COUNT`: how many series an array has.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static METRIC_COUNT: Function = Function {
    name: "METRIC_COUNT",
    title: "Number of series",
    parameters: &[Parameter::required("array", &[Type::Array])],
    returns: "S",
    description: "The number of series in an array, with or without points.",
    examples: &[Example { expression: "m1 / METRIC_COUNT(METRICS())", given: "m1=[2, 4]; m2=[-, -]", gives: "[1, 2]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    Ok(Value::Scalar(arguments.array()?.len() as f64))
}
