//! From a tree to a value.

use super::arguments::{Arguments, Given};
use super::functions::{Evaluation, Function};
use super::syntax::{Argument, Node, Operator};
use super::{Environment, Error, Value, limits, operators};

/// The value of a node. Recursion is bounded by the parser's limit of nesting.
pub(super) fn evaluate(node: &Node, environment: &dyn Environment) -> Result<Value, Error> {
    match node {
        Node::Number(number) => Ok(Value::Scalar(*number)),
        Node::Id(id) => match environment.id(id) {
            Some(value) => value,
            None => Err(Error::new(format!("Id '{id}' not found"))),
        },
        Node::Negate(operand) => operators::negate(evaluate(operand, environment)?),
        Node::Power(base, exponent) => {
            operators::apply(Operator::Power, evaluate(base, environment)?, evaluate(exponent, environment)?)
        }
        Node::Chain(first, rest) => {
            let mut value = evaluate(first, environment)?;
            for (operator, operand) in rest {
                value = operators::apply(*operator, value, evaluate(operand, environment)?)?;
            }
            Ok(value)
        }
        Node::Array(members) => array(members, environment),
        Node::Call(function, arguments) => call(function, arguments, environment),
    }
}

/// An array of series and of the members of arrays: nesting flattens (cloudwatch.md §4.1).
fn array(members: &[Node], environment: &dyn Environment) -> Result<Value, Error> {
    let series = members.iter().flat_map(|member| match evaluate(member, environment) {
        Ok(Value::Series(series)) => vec![Ok(series)],
        Ok(Value::Array(array)) => array.into_iter().map(Ok).collect(),
        Ok(Value::Scalar(_)) => vec![Err(Error::new("An array takes time series, not a number"))],
        Err(error) => vec![Err(error)],
    });
    limits::array(series).map(Value::Array)
}

fn call(function: &Function, arguments: &[Argument], environment: &dyn Environment) -> Result<Value, Error> {
    let Evaluation::With(run) = function.evaluation else {
        return Err(Error::new(format!("Function '{}' is not supported", function.name)));
    };
    let mut given = Vec::with_capacity(arguments.len());
    for (argument, parameter) in arguments.iter().zip(function.parameters) {
        given.push(match argument {
            Argument::Value(Node::Id(id)) if parameter.takes_id() => Given::Id(id),
            Argument::Value(node) => Given::Value(evaluate(node, environment)?),
            Argument::Text(text) => Given::Text(&text.value),
            Argument::Keyword(keyword) => Given::Keyword(*keyword),
        });
    }
    run(&mut Arguments::new(function, given), environment)
}
