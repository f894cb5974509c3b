//! `IF`: one of two values, chosen at every timestamp (cloudwatch.md §4.4).

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Operand, Parameter, Type};
use crate::metric_math::series::settled;
use crate::metric_math::{Environment, Error, Series, Value};

const SCALAR_OR_SERIES: &[Type] = &[Type::Scalar, Type::Series];

pub(super) static IF: Function = Function {
    name: "IF",
    title: "A choice at every timestamp",
    parameters: &[
        Parameter::required("condition", SCALAR_OR_SERIES),
        Parameter::required("when true", SCALAR_OR_SERIES),
        Parameter::optional("when false", SCALAR_OR_SERIES),
    ],
    returns: "TS; S when all arguments are numbers",
    description: "Zero is false, any other number is true, also a negative one. A condition that is a series chooses \
                  at each of its own timestamps; where it has no point there is none in the result. A condition \
                  that is a number chooses once for the whole range.\n\n\
                  | condition is a series | true | false |\n\
                  |---|---|---|\n\
                  | `IF(m1, m2, m3)` | m2, 0 where it is missing | m3, 0 where it is missing |\n\
                  | `IF(m1, m2)` | m2, 0 where it is missing | no point |\n\
                  | `IF(m1, 5, m3)` | 5 | m3, no point where it is missing |\n\
                  | `IF(m1, 5)` | 5 | no point |\n\
                  | `IF(m1, m2, 6)` | m2, 0 where it is missing | 6 |\n\
                  | `IF(m1, 5, 6)` | 5 | 6 |",
    examples: &[
        Example {
            expression: "IF(m1, m2, m3)",
            given: "m1=[1, 1, 0, 0, -]; m2=[30, -, 0, 0, 30]; m3=[0, 0, 20, -, 20]",
            gives: "[30, 0, 20, 0, -]",
        },
        Example {
            expression: "IF(m1, 5, m3)",
            given: "m1=[1, 1, 0, 0, -]; m3=[0, 0, 20, -, 20]",
            gives: "[5, 5, 20, -, -]",
        },
        Example {
            expression: "IF(m1, m2, 5)",
            given: "m1=[1, 1, 0, 0, -]; m2=[30, -, 0, 0, 30]",
            gives: "[30, 0, 5, 5, -]",
        },
        Example { expression: "IF(m1 < 400, m1)", given: "m1=[300, 500, 200]", gives: "[300, -, 200]" },
        Example { expression: "IF(AVG(m1) > 1, m1, m2)", given: "m1=[1, 2]; m2=[3, -]", gives: "[1, 2]" },
    ],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, _: &dyn Environment) -> Result<Value, Error> {
    let condition = arguments.operand()?;
    let when_true = arguments.operand()?;
    let when_false = if arguments.is_empty() { None } else { Some(arguments.operand()?) };
    match condition {
        Operand::Scalar(condition) => once(condition, when_true, when_false),
        Operand::Series(condition) => Ok(Value::Series(at_each(&condition, &when_true, when_false.as_ref()))),
    }
}

/// The choice of a series.
fn at_each(condition: &Series, when_true: &Operand, when_false: Option<&Operand>) -> Series {
    let choose = |(at, truth): (i64, f64)| match (truth != 0.0, when_true, when_false) {
        (true, Operand::Series(yes), _) => Some(yes.at(at).unwrap_or(0.0)),
        (true, Operand::Scalar(yes), _) => Some(*yes),
        (false, _, None) => None,
        (false, _, Some(Operand::Scalar(no))) => Some(*no),
        // A missing point is zero beside another series, and missing beside a number.
        (false, Operand::Series(_), Some(Operand::Series(no))) => Some(no.at(at).unwrap_or(0.0)),
        (false, Operand::Scalar(_), Some(Operand::Series(no))) => no.at(at),
    };
    let points = condition.points.iter().filter_map(|point| Some((point.0, settled(choose(*point)?)?)));
    let mut result = condition.with_points(points.collect());
    if let Operand::Series(named) = when_true {
        result.label.clone_from(&named.label);
    } else if let Some(Operand::Series(named)) = when_false {
        result.label.clone_from(&named.label);
    }
    result
}

/// The choice of a number, for the whole range. A number without a value chooses neither.
///
/// AWS lists only series as values here. A number beside a series is that number at every
/// period, so that the type of the result does not depend on the choice.
fn once(condition: f64, when_true: Operand, when_false: Option<Operand>) -> Result<Value, Error> {
    let range_of = |operand: &Operand| match operand {
        Operand::Series(series) => Some(series.with_points(Vec::new())),
        Operand::Scalar(_) => None,
    };
    let template = range_of(&when_true).or_else(|| when_false.as_ref().and_then(range_of));
    let chosen = match condition {
        _ if condition.is_nan() => None,
        0.0 => when_false,
        _ => Some(when_true),
    };
    Ok(match (chosen, template) {
        (Some(Operand::Series(series)), _) => Value::Series(series),
        (Some(Operand::Scalar(number)), Some(template)) => {
            Value::Series(template.over_grid(&template.label, |_| Some(number))?)
        }
        (Some(Operand::Scalar(number)), None) => Value::Scalar(number),
        (None, Some(template)) => Value::Series(template),
        (None, None) => Value::Scalar(f64::NAN),
    })
}
