//! `METRICS`: the metrics of the request.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static METRICS: Function = Function {
    name: "METRICS",
    title: "The metrics of the request",
    parameters: &[Parameter::optional("id", &[Type::Text])],
    returns: "TS[]",
    description: "All metrics of the request in its order, or those whose id contains the text. Expressions \
                  are never among them.",
    examples: &[
        Example { expression: "SUM(METRICS())", given: "m1=[1, 2]; m2=[3, 4]; e1=[9, 9]", gives: "[4, 6]" },
        Example { expression: "METRICS('err')", given: "errors=[1, 2]; requests=[3, 4]", gives: "[1, 2]" },
        Example { expression: "METRICS() / 10", given: "m1=[10, 20]; m2=[30, -]", gives: "[1, 2] [3, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let id_contains = if arguments.is_empty() { None } else { Some(arguments.text()?) };
    Ok(Value::Array(environment.metrics(id_contains)))
}
