//! `FIRST`: the first series of an array.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static FIRST: Function = Function {
    name: "FIRST",
    title: "First series",
    parameters: &[Parameter::required("array", &[Type::Array])],
    returns: "TS",
    description: "The first series of an array; a series without points when the array is empty.\n\nOf an \
                  anomaly detection band it is the lower bound.",
    examples: &[
        Example { expression: "FIRST(SORT(METRICS(), AVG, DESC))", given: "m1=[1, 2]; m2=[3, 4]", gives: "[3, 4]" },
        Example { expression: "IF(FIRST(METRICS()) > 1, 1, 0)", given: "m1=[1, 2]; m2=[3, 4]", gives: "[0, 1]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let first = arguments.array()?.into_iter().next();
    Ok(Value::Series(first.unwrap_or_else(|| Series::empty(arguments.name(), environment.range()))))
}
