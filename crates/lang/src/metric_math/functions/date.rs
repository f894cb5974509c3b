//! `DATE`: day of the month.

use super::calendar::calendar;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static DATE: Function = Function {
    name: "DATE",
    title: "Day of the month",
    parameters: &[Parameter::required("series", &[Type::Series])],
    returns: "TS",
    description: "The day of the month of each timestamp, 1 to 31. Timestamps are in UTC. The series is never \
                  sparse: it has a point for every period of the request's range, at the period of the \
                  argument, whose own points do not matter.",
    examples: &[Example { expression: "DATE(m1)", given: "m1@86400=[-, -, 7]", gives: "[1, 2, 3]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    calendar(arguments, |at| i32::from(at.day()))
}
