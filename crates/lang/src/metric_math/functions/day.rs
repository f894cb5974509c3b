//! `DAY`: day of the week.

use super::calendar::calendar;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static DAY: Function = Function {
    name: "DAY",
    title: "Day of the week",
    parameters: &[Parameter::required("series", &[Type::Series])],
    returns: "TS",
    description: "The day of the week of each timestamp: 1 on Monday to 7 on Sunday. Timestamps are in UTC. \
                  The series is never sparse: it has a point for every period of the request's range, at the \
                  period of the argument, whose own points do not matter.",
    examples: &[
        Example { expression: "DAY(m1)", given: "m1@86400=[7, -, 7, -, 7]", gives: "[4, 5, 6, 7, 1]" },
        Example { expression: "IF(DAY(m1) < 6, m1)", given: "m1@86400=[1, 2, 3, 4, 5]", gives: "[1, 2, -, -, 5]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    calendar(arguments, |at| i32::from(at.weekday().to_monday_one_offset()))
}
