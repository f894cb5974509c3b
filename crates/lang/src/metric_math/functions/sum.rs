//! `SUM`: the sum.

use super::aggregates::aggregate;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static SUM: Function = Function {
    name: "SUM",
    title: "Sum",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "S for TS, TS for TS[]",
    description: "The sum of the points of a series, which is a number: zero when the series has no points. Of \
                  an array, the sum at each timestamp that any of its series has.",
    examples: &[
        Example { expression: "m1 / SUM(m1)", given: "m1=[1, -, 3]", gives: "[0.25, -, 0.75]" },
        Example { expression: "SUM([m1, m2])", given: "m1=[4, 6, -]; m2=[2, -, -]", gives: "[6, 6, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    aggregate(arguments, environment, |values, _| of(values))
}

/// The sum over time; zero without values.
pub(super) fn of(values: &[f64]) -> f64 {
    // Not `sum()`, which gives -0 for no values.
    values.iter().fold(0.0, |sum, value| sum + value)
}
