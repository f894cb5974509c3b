//! `EPOCH`: the timestamps themselves.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static EPOCH: Function = Function {
    name: "EPOCH",
    title: "Seconds since 1970",
    parameters: &[Parameter::required("series", &[Type::Series])],
    returns: "TS",
    description: "Each timestamp itself, in seconds since 1970-01-01T00:00:00Z. The series is never sparse: it \
                  has a point for every period of the request's range, at the period of the argument, whose \
                  own points do not matter.",
    examples: &[Example { expression: "EPOCH(m1)", given: "m1=[7, -]", gives: "[1767225600, 1767225660]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    let label = arguments.name();
    arguments.series()?.over_grid(label, |at| Some(at as f64)).map(Value::Series)
}
