//! `AVG`: the average.

use super::aggregates::aggregate;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static AVG: Function = Function {
    name: "AVG",
    title: "Average",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "S for TS, TS for TS[]",
    description: "The average of the points of a series, which is a number; there is none when the series has \
                  no points. Of an array, the average at each timestamp that any of its series has, where a \
                  series without a point counts as zero.",
    examples: &[
        Example { expression: "m1 - AVG(m1)", given: "m1=[1, -, 5]", gives: "[-2, -, 2]" },
        Example { expression: "AVG([m1, m2])", given: "m1=[4, 6, -]; m2=[2, -, -]", gives: "[3, 3, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    aggregate(arguments, environment, |values, members| values.iter().sum::<f64>() / members as f64)
}

/// The average over time; not a number without values.
pub(super) fn of(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
