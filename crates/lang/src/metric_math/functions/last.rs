//! `LAST`: the last series of an array.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static LAST: Function = Function {
    name: "LAST",
    title: "Last series",
    parameters: &[Parameter::required("array", &[Type::Array])],
    returns: "TS",
    description: "The last series of an array; a series without points when the array is empty.\n\nOf an \
                  anomaly detection band it is the upper bound.",
    examples: &[
        Example { expression: "LAST(SORT(METRICS(), AVG, DESC))", given: "m1=[1, 2]; m2=[3, 4]", gives: "[1, 2]" },
        Example { expression: "LAST(ANOMALY_DETECTION_BAND(m1, 2))", given: "m1=[10, 20, 30]", gives: "[12, 22, 32]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let last = arguments.array()?.into_iter().next_back();
    Ok(Value::Series(last.unwrap_or_else(|| Series::empty(arguments.name(), environment.range()))))
}
