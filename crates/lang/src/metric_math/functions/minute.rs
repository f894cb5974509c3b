//! `MINUTE`: minute of the hour.

use super::calendar::calendar;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static MINUTE: Function = Function {
    name: "MINUTE",
    title: "Minute of the hour",
    parameters: &[Parameter::required("series", &[Type::Series])],
    returns: "TS",
    description: "The minute of each timestamp, 0 to 59. Timestamps are in UTC. The series is never sparse: it \
                  has a point for every period of the request's range, at the period of the argument, whose \
                  own points do not matter.",
    examples: &[Example { expression: "MINUTE(m1)", given: "m1=[7, -, 7]", gives: "[0, 1, 2]" }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    calendar(arguments, |at| i32::from(at.minute()))
}
