//! `PERIOD`: the period of a metric.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Given, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static PERIOD: Function = Function {
    name: "PERIOD",
    title: "Seconds between points",
    parameters: &[Parameter::required("metric", &[Type::Id])],
    returns: "S",
    description: "The period of a metric in seconds. The argument is the id of a metric, not of another \
                  expression.",
    examples: &[
        Example { expression: "m1 / PERIOD(m1)", given: "m1=[60, 120]", gives: "[1, 2]" },
        Example { expression: "TIME_SERIES(PERIOD(m1))", given: "m1@300=[60]", gives: "[300]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let id = arguments.id()?;
    if environment.is_expression(id) {
        return Err(arguments.error(&format!("takes the id of a metric, and '{id}' is an expression")));
    }
    match environment.id(id) {
        Some(Ok(Value::Series(series))) => Ok(Value::Scalar(series.period_secs as f64)),
        Some(Ok(other)) => Err(arguments.mismatch(Some(Given::Value(other)))),
        Some(Err(error)) => Err(error),
        None => Err(Error::new(format!("Id '{id}' not found"))),
    }
}
