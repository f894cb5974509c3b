//! `HOUR`: hour of the day.

use super::calendar::calendar;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static HOUR: Function = Function {
    name: "HOUR",
    title: "Hour of the day",
    parameters: &[Parameter::required("series", &[Type::Series])],
    returns: "TS",
    description: "The hour of each timestamp, 0 to 23. Timestamps are in UTC. The series is never sparse: it \
                  has a point for every period of the request's range, at the period of the argument, whose \
                  own points do not matter.",
    examples: &[
        Example { expression: "HOUR(m1)", given: "m1@3600=[7, -, 7]", gives: "[0, 1, 2]" },
        Example { expression: "IF(HOUR(m1) >= 1, m1)", given: "m1@3600=[7, 8, 9]", gives: "[-, 8, 9]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    calendar(arguments, |at| i32::from(at.hour()))
}
