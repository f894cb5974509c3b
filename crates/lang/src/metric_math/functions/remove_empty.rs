//! `REMOVE_EMPTY`: an array without the series that have no points.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static REMOVE_EMPTY: Function = Function {
    name: "REMOVE_EMPTY",
    title: "Without empty series",
    parameters: &[Parameter::required("array", &[Type::Array])],
    returns: "TS[]",
    description: "The series of an array that have at least one point, in their order.",
    examples: &[Example {
        expression: "REMOVE_EMPTY([m1, m2, m3])",
        given: "m1=[1, -]; m2=[-, -]; m3=[-, 3]",
        gives: "[1, -] [-, 3]",
    }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    let mut array = arguments.array()?;
    array.retain(|series| !series.points.is_empty());
    Ok(Value::Array(array))
}
