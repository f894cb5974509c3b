//! `SORT`: the series of an array in the order of an aggregate.

use std::cmp::Ordering;

use super::{Evaluation, Example, Function, avg, max, min, sum};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::syntax::Keyword;
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static SORT: Function = Function {
    name: "SORT",
    title: "Series in order",
    parameters: &[
        Parameter::required("array", &[Type::Array]),
        Parameter::required(
            "function",
            &[
                Type::Keyword(Keyword::Avg),
                Type::Keyword(Keyword::Min),
                Type::Keyword(Keyword::Max),
                Type::Keyword(Keyword::Sum),
            ],
        ),
        Parameter::required("order", &[Type::Keyword(Keyword::Asc), Type::Keyword(Keyword::Desc)]),
        Parameter::optional("limit", &[Type::Scalar]),
    ],
    returns: "TS[]",
    description: "The series of an array in the order of their average, minimum, maximum or sum: `ASC` has the lowest \
                  first, `DESC` the highest. With a limit, only so many from the front. Series of equal rank keep \
                  their order; those without points come last either way.",
    examples: &[
        Example {
            expression: "SORT(METRICS(), AVG, DESC)",
            given: "m1=[1, 3]; m2=[9, -]; m3=[-, -]",
            gives: "[9, -] [1, 3] [-, -]",
        },
        Example { expression: "SORT(METRICS(), SUM, ASC, 1)", given: "m1=[1, 3]; m2=[2, -]", gives: "[2, -]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    let array = arguments.array()?;
    let rank = match arguments.keyword()? {
        Keyword::Avg => avg::of,
        Keyword::Min => min::of,
        Keyword::Max => max::of,
        _ => sum::of,
    };
    let order = match arguments.keyword()? {
        Keyword::Desc => |a: f64, b: f64| b.total_cmp(&a),
        _ => |a: f64, b: f64| a.total_cmp(&b),
    };
    let limit = if arguments.is_empty() { usize::MAX } else { limit(arguments)? };
    let ranked = array.into_iter().map(|series| (rank_of(&series, rank), series));
    let mut ranked: Vec<(Option<f64>, Series)> = ranked.collect();
    ranked.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => order(*a, *b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    Ok(Value::Array(ranked.into_iter().take(limit).map(|(_, series)| series).collect()))
}

fn rank_of(series: &Series, rank: fn(&[f64]) -> f64) -> Option<f64> {
    (!series.points.is_empty()).then(|| rank(&series.values()))
}

fn limit(arguments: &mut Arguments<'_>) -> Result<usize, Error> {
    let number = arguments.scalar()?;
    if number < 0.0 || number.fract() > 0.0 {
        return Err(arguments.error(&format!("takes a whole number from 0 as limit, not {number}")));
    }
    // A number without a value, the average of no points, becomes zero.
    Ok(number as usize)
}
