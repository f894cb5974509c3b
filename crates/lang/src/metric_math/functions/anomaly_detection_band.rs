//! `ANOMALY_DETECTION_BAND`: where the values of a metric are expected (cloudwatch.md §4.6).

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::{Environment, Error, Series, Value};

/// The width of a band when none is given.
const WIDTH_DEFAULT: f64 = 2.0;

pub(super) static ANOMALY_DETECTION_BAND: Function = Function {
    name: "ANOMALY_DETECTION_BAND",
    title: "Band of expected values",
    parameters: &[Parameter::required("query", &[Type::Id]), Parameter::optional("width", &[Type::Scalar])],
    returns: "TS[] of two: lower, upper",
    description: "The band in which the values of a query are expected, so many standard deviations around the \
                  expected value; 2 when no width is given. The first series is the lower bound, the last the upper. \
                  AWS has documented both orders; this is the newer. Without a model, both series are empty.",
    examples: &[
        Example { expression: "ANOMALY_DETECTION_BAND(m1)", given: "m1=[10, 20]", gives: "[8, 18] [12, 22]" },
        Example { expression: "ANOMALY_DETECTION_BAND(m1, 3)", given: "m1=[10, 20]", gives: "[7, 17] [13, 23]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let id = arguments.id()?;
    let width = if arguments.is_empty() { WIDTH_DEFAULT } else { arguments.scalar()? };
    if width <= 0.0 {
        return Err(arguments.error(&format!("takes a width above 0, not {width}")));
    }
    // A width without a value, the average of no points, leaves no band.
    let band = if width.is_nan() { None } else { environment.band(id, width)? };
    let (lower, upper) = band.unwrap_or_else(|| {
        let empty = Series::empty(id, environment.range());
        (empty.clone(), empty)
    });
    Ok(Value::Array(vec![lower, upper]))
}
