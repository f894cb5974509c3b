//! `RATE`: the change per second.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static RATE: Function = Function {
    name: "RATE",
    title: "Change per second",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The change since the point before, divided by the seconds since then: `DIFF(m1) / \
                  DIFF_TIME(m1)`. The first point is dropped.",
    examples: &[Example { expression: "RATE(m1)", given: "m1=[60, 120, -, 0]", gives: "[-, 1, -, -1]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments
        .one_or_many()?
        .map(|series| Ok(series.map_pairs(|earlier, later| (later.1 - earlier.1) / (later.0 - earlier.0) as f64)))
}
