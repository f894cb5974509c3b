//! `LOG10`: the logarithm to base 10.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static LOG10: Function = Function {
    name: "LOG10",
    title: "Logarithm to base 10",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The logarithm to base 10 of each point. Points that are zero or negative are dropped.",
    examples: &[Example { expression: "LOG10(m1)", given: "m1=[1, 0, 1000, -5]", gives: "[0, -, 3, -]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(series.map(f64::log10)))
}
