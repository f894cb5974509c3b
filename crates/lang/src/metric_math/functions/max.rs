//! `MAX`: the greatest.

use super::aggregates::aggregate;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static MAX: Function = Function {
    name: "MAX",
    title: "Maximum",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "S for TS, TS for TS[]",
    description: "The greatest point of a series, which is a number; there is none when the series has no \
                  points. Of an array, the greatest at each timestamp, among the series that have a point \
                  there.",
    examples: &[
        Example { expression: "m1 / MAX(m1)", given: "m1=[2, -, 4]", gives: "[0.5, -, 1]" },
        Example { expression: "MAX([m1, m2])", given: "m1=[4, 6, -]; m2=[8, -, -]", gives: "[8, 6, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    aggregate(arguments, environment, |values, _| of(values))
}

/// The greatest over time; not a number without values.
pub(super) fn of(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}
