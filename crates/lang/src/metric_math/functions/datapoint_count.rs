//! `DATAPOINT_COUNT`: how many points there are.

use super::aggregates::aggregate;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static DATAPOINT_COUNT: Function = Function {
    name: "DATAPOINT_COUNT",
    title: "Number of points",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "S for TS, TS for TS[]",
    description: "The number of points of a series, which is a number. Of an array, the number of series that \
                  have a point at each timestamp that any of them has.",
    examples: &[
        Example {
            expression: "SUM(m1) / DATAPOINT_COUNT(m1) * m2",
            given: "m1=[2, -, 4]; m2=[1, 1, 1]",
            gives: "[3, 3, 3]",
        },
        Example { expression: "DATAPOINT_COUNT([m1, m2])", given: "m1=[4, 6, -]; m2=[2, -, -]", gives: "[2, 1, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    aggregate(arguments, environment, |values, _| values.len() as f64)
}
