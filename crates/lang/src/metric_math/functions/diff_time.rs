//! `DIFF_TIME`: the seconds since the point before.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static DIFF_TIME: Function = Function {
    name: "DIFF_TIME",
    title: "Seconds since the point before",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The seconds from the point before to each point. The first point has none before it and is \
                  dropped.",
    examples: &[Example { expression: "DIFF_TIME(m1)", given: "m1=[1, 4, -, 2]", gives: "[-, 60, -, 120]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(series.map_pairs(|earlier, later| (later.0 - earlier.0) as f64)))
}
