//! Expressions bound to places.

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

use super::Compiler;
use crate::insights::aggregates;
use crate::insights::bin::Bin;
use crate::insights::evaluate::{Condition, Node};
use crate::insights::expression::{Call, Expression, Field, Segment, Sense, Span};
use crate::insights::functions;
use crate::insights::{QueryError, Step, Value};

/// How large a compiled regular expression may be, in bytes.
const REGEX_MAX: usize = 4 << 20;

impl Compiler<'_> {
    /// An expression as a node.
    pub(in crate::insights) fn expression(&mut self, expression: &Expression) -> Result<Node, QueryError> {
        if is_compound(expression)
            && let Some(place) = self.lookup_text(&expression.canonical())
        {
            return Ok(Node::Place(place));
        }
        Ok(match expression {
            Expression::Number(number) => Node::Constant(number_value(number)),
            Expression::Text(text) => Node::Constant(Value::from(text.as_str())),
            Expression::Truth(truth) => Node::Constant(Value::Bool(*truth)),
            Expression::Duration(duration, span) => {
                Bin::parse(duration).map_err(|_| self.unexpected(span))?;
                Node::Constant(Value::from(duration.as_str()))
            }
            Expression::List(elements) => Node::List(self.expressions(elements)?),
            Expression::Field(field) => self.field(field)?,
            Expression::Call(call) => self.call(call)?,
            Expression::Regex(_, span) | Expression::Star(span) => return Err(self.unexpected(span)),
            Expression::Negative(inner) => match (&**inner, self.expression(inner)?) {
                (Expression::Number(_), Node::Constant(Value::Int(whole))) => Node::Constant(Value::Int(-whole)),
                (Expression::Number(_), Node::Constant(Value::Float(number))) => Node::Constant(Value::Float(-number)),
                (_, node) => Node::Negative(Box::new(node)),
            },
            Expression::Arithmetic(left, operator, right) => {
                Node::Arithmetic(Box::new(self.expression(left)?), *operator, Box::new(self.expression(right)?))
            }
            condition => Node::Condition(Box::new(self.condition(condition)?)),
        })
    }

    /// An expression as a condition.
    pub(in crate::insights) fn condition(&mut self, expression: &Expression) -> Result<Condition, QueryError> {
        Ok(match expression {
            Expression::Not(inner) => Condition::Not(Box::new(self.condition(inner)?)),
            Expression::All(parts) => Condition::All(self.conditions(parts)?),
            Expression::Any(parts) => Condition::Any(self.conditions(parts)?),
            Expression::Comparison(left, comparison, right) => {
                Condition::Comparison(self.expression(left)?, *comparison, self.expression(right)?)
            }
            Expression::Like(left, sense, right) => self.like(left, *sense, right)?,
            Expression::In(left, sense, elements) => {
                Condition::In(self.expression(left)?, *sense, self.expressions(elements)?)
            }
            Expression::Truth(truth) => Condition::Constant(*truth),
            other => Condition::Value(self.expression(other)?),
        })
    }

    fn conditions(&mut self, parts: &[Expression]) -> Result<Vec<Condition>, QueryError> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn expressions(&mut self, parts: &[Expression]) -> Result<Vec<Node>, QueryError> {
        parts.iter().map(|part| self.expression(part)).collect()
    }

    fn like(&mut self, left: &Expression, sense: Sense, right: &Expression) -> Result<Condition, QueryError> {
        let left = self.expression(left)?;
        Ok(match right {
            Expression::Text(text) => Condition::Contains(left, sense, Box::new(Finder::new(text).into_owned())),
            Expression::Regex(pattern, span) => Condition::Finds(left, sense, Box::new(self.regex(pattern, span)?)),
            other => Condition::Within(left, sense, self.expression(other)?),
        })
    }

    /// A regular expression that compiles.
    pub(in crate::insights) fn regex(&self, pattern: &str, span: &Span) -> Result<Regex, QueryError> {
        RegexBuilder::new(pattern)
            .size_limit(REGEX_MAX)
            .build()
            .map_err(|_| self.error(span, format!("invalid regular expression /{pattern}/")))
    }

    fn call(&mut self, call: &Call) -> Result<Node, QueryError> {
        let name = call.name.to_ascii_lowercase();
        match (name.as_str(), call.arguments.as_slice()) {
            ("bin", [span]) => {
                let bin = self.bin(span, &call.span)?;
                let Some(time) = self.lookup("@timestamp") else { return Err(self.unexpected(&call.span)) };
                return Ok(Node::Floor(Box::new(Node::Place(time)), bin));
            }
            ("datefloor" | "date_floor", [time, span @ Expression::Duration(..)]) => {
                return Ok(Node::Floor(Box::new(self.expression(time)?), self.bin(span, &call.span)?));
            }
            ("dateceil" | "date_ceil", [time, span @ Expression::Duration(..)]) => {
                return Ok(Node::Ceil(Box::new(self.expression(time)?), self.bin(span, &call.span)?));
            }
            ("unmask", [field @ Expression::Field(_)]) => {
                self.unmask(&call.span)?;
                return self.expression(field);
            }
            _ => {}
        }
        if aggregates::is_aggregate(&name) {
            return Err(self.unexpected(&call.span));
        }
        let Some(function) = functions::find(&name) else { return Err(self.unexpected(&call.span)) };
        if !function.arity.contains(&call.arguments.len()) {
            let message = format!("Invalid arguments of function {}: it takes {}", call.name, arity(function));
            return Err(self.error(&call.span, message));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(match argument {
                // Functions that take a regular expression take its text.
                Expression::Regex(pattern, span) => {
                    self.regex(pattern, span)?;
                    Node::Constant(Value::from(pattern.as_str()))
                }
                other => self.expression(other)?,
            });
        }
        Ok(Node::Call(function, arguments))
    }

    /// The span of time that a literal names: `5m`, or `m`.
    fn bin(&self, literal: &Expression, call: &Span) -> Result<Bin, QueryError> {
        let (text, span) = match literal {
            Expression::Duration(duration, span) => (duration.clone(), span),
            Expression::Field(field) => (field.name(), &field.span),
            _ => return Err(self.unexpected(call)),
        };
        Bin::parse(&text).map_err(|_| self.unexpected(span))
    }
}

/// A field: the longest name that a command has made, with steps into its value; else what is
/// discovered under the whole name.
pub(super) fn field(compiler: &mut Compiler<'_>, field: &Field) -> Result<Node, QueryError> {
    for len in (1..=field.path.len()).rev() {
        let (name, rest) = field.path.split_at(len);
        if let Some(place) = compiler.lookup_made(&Field::joined(name)) {
            let place = Node::Place(place);
            return Ok(if rest.is_empty() {
                place
            } else {
                Node::Within(Box::new(place), rest.iter().map(step).collect())
            });
        }
    }
    match compiler.lookup(&field.name()) {
        Some(place) => Ok(Node::Place(place)),
        None => Err(compiler.unexpected(&field.span)),
    }
}

fn step(segment: &Segment) -> Step {
    match segment {
        Segment::Name(name) => Step::Key(name.as_str().into()),
        Segment::Index(index) => Step::Index(*index),
    }
}

fn is_compound(expression: &Expression) -> bool {
    !matches!(
        expression,
        Expression::Number(_)
            | Expression::Text(_)
            | Expression::Truth(_)
            | Expression::Regex(..)
            | Expression::Duration(..)
            | Expression::Field(_)
            | Expression::Star(_)
    )
}

fn number_value(number: &str) -> Value {
    match number.parse::<i64>() {
        Ok(whole) => Value::Int(whole),
        Err(_) => Value::from(number.parse::<f64>().unwrap_or(f64::NAN)),
    }
}

fn arity(function: &functions::Function) -> String {
    let (least, most) = (*function.arity.start(), *function.arity.end());
    match (least, most) {
        (1, 1) => "1 argument".to_owned(),
        (least, usize::MAX) => format!("at least {least} arguments"),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}
