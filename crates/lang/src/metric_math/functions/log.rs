//! `LOG`: the natural logarithm.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static LOG: Function = Function {
    name: "LOG",
    title: "Natural logarithm",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The natural logarithm of each point. Points that are zero or negative are dropped.",
    examples: &[Example { expression: "LOG(m1)", given: "m1=[1, 0, -5]", gives: "[0, -, -]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(series.map(f64::ln)))
}
