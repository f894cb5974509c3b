//! `SEARCH`: the metrics that an expression of its own language finds (cloudwatch.md §4.5).

use super::{Evaluation, Example, Function};
use crate::metric_math::arguments::{Arguments, Parameter, Type};
use crate::metric_math::syntax::{Argument, Node};
use crate::metric_math::{Environment, Error, SearchCall, Value};

pub(super) static SEARCH: Function = Function {
    name: "SEARCH",
    title: "Metrics found by a search",
    parameters: &[
        Parameter::required("search", &[Type::Text]),
        Parameter::required("statistic", &[Type::Text]),
        Parameter::optional("period", &[Type::Number]),
    ],
    returns: "TS[]",
    description: "The series of all metrics that a search finds, in a statistic and, when given, at a period in \
                  seconds; all three are written out. The search names a namespace and dimension names in braces, \
                  words to look for, or both: `SEARCH('{AWS/EC2, InstanceId} MetricName=\"CPUUtilization\"', \
                  'Average', 300)`.\n\n\
                  Within quotes, a backslash before the same quote makes it part of the string; any other \
                  backslash is the search's own. Alarms do not take searches.",
    examples: &[Example {
        expression: "SUM(SEARCH('{AWS/EC2, InstanceId} CPUUtilization', 'Average', 60))",
        given: "m1=[1, 2]; m2=[3, -]",
        gives: "[4, 2]",
    }],
    evaluation: Evaluation::With(evaluate),
};

fn evaluate(arguments: &mut Arguments<'_>, environment: &dyn Environment) -> Result<Value, Error> {
    let expression = arguments.text()?.to_owned();
    let stat = arguments.text()?.to_owned();
    let period = if arguments.is_empty() { None } else { Some(arguments.scalar()?) };
    let period_secs = match period {
        Some(period) if period < 1.0 || period.fract() != 0.0 => {
            return Err(arguments.error(&format!("takes a period of whole seconds, not {period}")));
        }
        period => period.map(|period| period as i64),
    };
    environment.search(&SearchCall { expression, stat, period_secs }).map(Value::Array)
}

/// The search of a call; `None` for a period that evaluation refuses.
pub(in crate::metric_math) fn call(arguments: &[Argument]) -> Option<SearchCall> {
    let [Argument::Text(expression), Argument::Text(stat), rest @ ..] = arguments else { return None };
    let period_secs = match rest {
        [Argument::Value(Node::Number(period))] if *period >= 1.0 && period.fract() == 0.0 => Some(*period as i64),
        [] => None,
        _ => return None,
    };
    Some(SearchCall { expression: expression.value.clone(), stat: stat.value.clone(), period_secs })
}
