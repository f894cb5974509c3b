//! `ABS`: the absolute value.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static ABS: Function = Function {
    name: "ABS",
    title: "Absolute value",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "TS for TS, TS[] for TS[]",
    description: "The absolute value of each point.",
    examples: &[
        Example { expression: "ABS(m1)", given: "m1=[-1, -, 2]", gives: "[1, -, 2]" },
        Example { expression: "MIN(ABS([m1, m2]))", given: "m1=[-3, 1]; m2=[2, -2]", gives: "[2, 1]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    arguments.one_or_many()?.map(|series| Ok(series.map(f64::abs)))
}
