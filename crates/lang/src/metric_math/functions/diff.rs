//! `DIFF`: the change since the point before.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static DIFF: Function = Function {
    name: "DIFF",
    title: "Change since the point before",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "Each point minus the point before it, whatever lies between. The first point has none before \
                  it and is dropped.",
    examples: &[Example { expression: "DIFF(m1)", given: "m1=[1, 4, -, 2]", gives: "[-, 3, -, -2]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(series.map_pairs(|earlier, later| later.1 - earlier.1)))
}
