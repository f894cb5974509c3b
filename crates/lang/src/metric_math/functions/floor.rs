//! `FLOOR`: the largest whole number that is not greater.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static FLOOR: Function = Function {
    name: "FLOOR",
    title: "Rounded down",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The largest whole number that is not greater than each point.",
    examples: &[Example { expression: "FLOOR(m1)", given: "m1=[1.2, -1.2, 3]", gives: "[1, -2, 3]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(series.map(f64::floor)))
}
