//! `TIME_SERIES`: a constant as a series.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static TIME_SERIES: Function = Function {
    name: "TIME_SERIES",
    title: "A constant series",
    parameters: &[Parameter::required("value", &[Type::Scalar])],
    returns: "TS",
    description: "A series that has the number at every period of the request's range. Without a number, such \
                  as the average of no points, it has no points.",
    examples: &[
        Example { expression: "TIME_SERIES(5)", given: "", gives: "[5, 5, 5, 5, 5]" },
        Example { expression: "TIME_SERIES(MAX(m1))", given: "m1=[3, -, 8]", gives: "[8, 8, 8]" },
        Example { expression: "TIME_SERIES(AVG(m1))", given: "m1=[-, -]", gives: "[-, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let value = arguments.scalar()?;
    let series = Series::empty(arguments.name(), environment.range());
    series.over_grid(arguments.name(), |_| Some(value)).map(Value::Series)
}
