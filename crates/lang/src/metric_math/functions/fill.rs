//! `FILL`: values for the periods without a point.

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Given, Parameter, Type};
use crate::metric_math::series::settled;
use crate::metric_math::syntax::Keyword;
use crate::metric_math::{Environment, Error, Series, Value};

pub(super) static FILL: Function = Function {
    name: "FILL",
    title: "Missing points filled",
    parameters: &[
        Parameter::required("series", &[Type::Series, Type::Array]),
        Parameter::required(
            "filler",
            &[Type::Scalar, Type::Series, Type::Keyword(Keyword::Repeat), Type::Keyword(Keyword::Linear)],
        ),
    ],
    returns: "TS for TS, TS[] for TS[]",
    description: "Gives a value to the periods of the request's range that have no point.\n\n\
                  The filler is a number; a series, whose point of the same timestamp is taken where it has \
                  one; `REPEAT`, the last point before, so that a gap at the start stays; or `LINEAR`, on \
                  the line between the points around, so that gaps at both ends stay. Series that have no \
                  points at all are filled by numbers and series as well.",
    examples: &[
        Example { expression: "FILL(m1, 0)", given: "m1=[-, 4, -]", gives: "[0, 4, 0]" },
        Example { expression: "FILL(m1, m2)", given: "m1=[-, 4, -]; m2=[7, 8, -]", gives: "[7, 4, -]" },
        Example { expression: "FILL(m1, REPEAT)", given: "m1=[-, 4, -, -, 6]", gives: "[-, 4, 4, 4, 6]" },
        Example { expression: "FILL(m1, LINEAR)", given: "m1=[-, 4, -, -, 10, -]", gives: "[-, 4, 6, 8, 10, -]" },
        Example { expression: "FILL(METRICS(), MIN(m1))", given: "m1=[3, -]; m2=[-, -]", gives: "[3, 3] [3, 3]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

enum Filler {
    Scalar(f64),
    Series(Series),
    Repeat,
    Linear,
}

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    let series = arguments.one_or_many()?;
    let filler = match arguments.any() {
        Some(Given::Value(Value::Scalar(number))) => Filler::Scalar(number),
        Some(Given::Value(Value::Series(series))) => Filler::Series(series),
        Some(Given::Keyword(Keyword::Repeat)) => Filler::Repeat,
        Some(Given::Keyword(Keyword::Linear)) => Filler::Linear,
        other => return Err(arguments.mismatch(other)),
    };
    series.map(|series| fill(&series, &filler))
}

fn fill(series: &Series, filler: &Filler) -> Result<Series, Error> {
    let mut points = Vec::new();
    let mut rest = series.points.as_slice();
    let mut before: Option<(i64, f64)> = None;
    for at in series.grid()? {
        // Points between the periods stay what they are.
        while let Some((&point, later)) = rest.split_first()
            && point.0 < at
        {
            points.push(point);
            before = Some(point);
            rest = later;
        }
        if rest.first().is_some_and(|point| point.0 == at) {
            continue;
        }
        let filled = match filler {
            Filler::Scalar(number) => Some(*number),
            Filler::Series(series) => series.at(at),
            Filler::Repeat => before.map(|point| point.1),
            Filler::Linear => before.zip(rest.first().copied()).map(|(before, after)| between(before, after, at)),
        };
        points.extend(filled.and_then(settled).map(|value| (at, value)));
    }
    points.extend_from_slice(rest);
    Ok(series.with_points(points))
}

/// On the line through two points.
fn between(before: (i64, f64), after: (i64, f64), at_secs: i64) -> f64 {
    let share = (at_secs - before.0) as f64 / (after.0 - before.0) as f64;
    before.1 + (after.1 - before.1) * share
}
