//! `STDDEV`: the standard deviation of a population.

use super::aggregates::aggregate;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static STDDEV: Function = Function {
    name: "STDDEV",
    title: "Standard deviation",
    parameters: &[Parameter::required("series", &[Type::Series, Type::Array])],
    returns: "S for TS, TS for TS[]",
    description: "The standard deviation of the points of a series, which is a number; there is none when the \
                  series has no points. Of an array, the standard deviation at each timestamp, among the \
                  series that have a point there.\n\nIt is that of a whole population: the divisor is the \
                  number of points. AWS does not say which it uses.",
    examples: &[
        Example {
            expression: "m1 / STDDEV(m1)",
            given: "m1=[2, 4, 4, 4, 5, 5, 7, 9]",
            gives: "[1, 2, 2, 2, 2.5, 2.5, 3.5, 4.5]",
        },
        Example { expression: "STDDEV([m1, m2])", given: "m1=[4, 6]; m2=[8, -]", gives: "[2, 0]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    aggregate(arguments, environment, |values, _| of(values))
}

fn of(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}
