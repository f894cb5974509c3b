//! `MONTH`: month of the year.

use super::calendar::calendar;
use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Value};

pub(super) static MONTH: Function = Function {
    name: "MONTH",
    title: "Month of the year",
    parameters: &[Parameter::required("series", &[Type::Series])],
    returns: "TS",
    description: "The month of each timestamp, 1 to 12. Timestamps are in UTC. The series is never sparse: it \
                  has a point for every period of the request's range, at the period of the argument, whose \
                  own points do not matter.",
    examples: &[
        Example { expression: "MONTH(m1)", given: "m1@2592000=[-, -, 7]", gives: "[1, 1, 3]" },
        Example { expression: "IF(MONTH(m1) == 1, m1)", given: "m1@2592000=[5, 6, 7]", gives: "[5, 6, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    calendar(arguments, |at| i32::from(at.month()))
}
