//! Expressions: what they are made of and how they are read (logs.md §7.4).
//!
//! Operators, from the loosest: `or`, `and`, `not` and `!`, comparisons with `like`, `=~` and `in`,
//! `+ -`, `* / %`, the unary `-`, `^`.

use std::ops::Range;

use super::QueryError;
use super::lexer::Token;
use super::parser::Parser;

mod print;
pub use print::{Name, Quoted, Separated, Slashed};

/// Where something stands in the text, in bytes. It is no part of what a thing is: any two are equal.
#[derive(Clone, Debug, Default)]
pub struct Span(pub(super) Range<usize>);

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// `true` or `false`.
    Truth(bool),
    /// A regular expression.
    Regex(String, Span),
    /// A number with a unit: `5m`.
    Duration(String, Span),
    /// `[a, b]`
    List(Vec<Expression>),
    /// The value of a field.
    Field(Field),
    /// A function of values, or an aggregate.
    Call(Call),
    /// What `count` may count.
    Star(Span),
    /// `-a`
    Negative(Box<Expression>),
    /// `not a`
    Not(Box<Expression>),
    /// `a + b`
    Arithmetic(Box<Expression>, Arithmetic, Box<Expression>),
    /// `a = b`
    Comparison(Box<Expression>, Comparison, Box<Expression>),
    /// `a like b`, `a not like b`; `=~` is another spelling with a regular expression.
    Like(Box<Expression>, Sense, Box<Expression>),
    /// `a in [b, c]`, `a not in [b, c]`
    In(Box<Expression>, Sense, Vec<Expression>),
    /// `a and b and c`
    All(Vec<Expression>),
    /// `a or b or c`
    Any(Vec<Expression>),
}

/// A field: its name's parts and steps into what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// A name, and then more names or indexes.
    pub path: Vec<Segment>,
    /// Where it stands.
    pub span: Span,
}

/// A part of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// `.name`, or the first name.
    Name(String),
    /// `[0]`
    Index(usize),
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// As it is written; calls do not tell cases apart.
    pub name: String,
    /// What stands in the brackets.
    pub arguments: Vec<Expression>,
    /// Where it stands.
    pub span: Span,
}

/// Whether a condition is asked for or its opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// As it reads.
    Plain,
    /// With `not`.
    Negated,
}

/// What makes a number of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// What two values can be to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Arithmetic {
    /// Its mark.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "^",
        }
    }
}

impl Comparison {
    const EVERY: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// Its mark.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Field {
    /// The name that a message's discovered fields have: parts joined by dots (logs.md SY-2).
    pub fn name(&self) -> String {
        Self::joined(&self.path)
    }

    /// The name of the first parts.
    pub(super) fn joined(path: &[Segment]) -> String {
        let parts: Vec<String> = path
            .iter()
            .map(|segment| match segment {
                Segment::Name(name) => name.clone(),
                Segment::Index(index) => index.to_string(),
            })
            .collect();
        parts.join(".")
    }
}

/// Words that are no fields unless they stand in backticks.
pub(super) const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "like", "as", "by"];

/// Operators of one strength that may follow each other: more would be work for the stack.
const CHAIN_MAX: usize = 200;

/// Reads an expression.
pub(super) fn parse(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    parser.deeper(any)
}

fn any(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let first = all(parser)?;
    let mut parts = vec![first];
    while parser.take_keyword("or")? {
        parts.push(all(parser)?);
    }
    Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::Any(parts) })
}

fn all(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let first = not(parser)?;
    let mut parts = vec![first];
    while parser.take_keyword("and")? {
        parts.push(not(parser)?);
    }
    Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::All(parts) })
}

fn not(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    if parser.take_keyword("not")? || parser.take_mark("!")? {
        return Ok(Expression::Not(Box::new(parser.deeper(not)?)));
    }
    comparison(parser)
}

fn comparison(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let left = Box::new(sum(parser)?);
    for comparison in Comparison::EVERY {
        if parser.take_mark(comparison.mark())? {
            return Ok(Expression::Comparison(left, comparison, Box::new(sum(parser)?)));
        }
    }
    if parser.take_mark("=~")? {
        return Ok(Expression::Like(left, Sense::Plain, Box::new(pattern(parser)?)));
    }
    let sense = if parser.take_keyword("not")? { Sense::Negated } else { Sense::Plain };
    if parser.take_keyword("like")? {
        return Ok(Expression::Like(left, sense, Box::new(sum(parser)?)));
    }
    if parser.take_keyword("in")? {
        return Ok(Expression::In(left, sense, elements(parser)?));
    }
    match sense {
        Sense::Plain => Ok(*left),
        Sense::Negated => Err(parser.unexpected()),
    }
}

/// What stands behind `=~`: a regular expression, which a text may hold too.
fn pattern(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let span = parser.span();
    Ok(match sum(parser)? {
        Expression::Text(text) => match unescaped(&text) {
            Some(pattern) => Expression::Regex(pattern, Span(span)),
            None => return Err(QueryError::unexpected(parser.text(), span)),
        },
        other => other,
    })
}

/// A pattern as it would be read between slashes; none if its last backslash escapes nothing.
fn unescaped(text: &str) -> Option<String> {
    let mut pattern = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next()? {
                '/' => pattern.push('/'),
                escaped => pattern.extend(['\\', escaped]),
            },
            c => pattern.push(c),
        }
    }
    Some(pattern)
}

/// `[a, b]` behind `in`.
fn elements(parser: &mut Parser<'_>) -> Result<Vec<Expression>, QueryError> {
    if parser.is_mark("(") {
        return Err(parser.refuse("A subquery is not supported"));
    }
    parser.mark("[")?;
    list(parser, "]")
}

/// Expressions with commas between, up to a closing mark.
fn list(parser: &mut Parser<'_>, closing: &'static str) -> Result<Vec<Expression>, QueryError> {
    let mut elements = Vec::new();
    if parser.take_mark(closing)? {
        return Ok(elements);
    }
    loop {
        elements.push(parse(parser)?);
        if parser.take_mark(closing)? {
            return Ok(elements);
        }
        parser.mark(",")?;
    }
}

fn sum(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    chain(parser, &[Arithmetic::Add, Arithmetic::Subtract], product)
}

fn product(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    chain(parser, &[Arithmetic::Multiply, Arithmetic::Divide, Arithmetic::Remainder], negative)
}

fn chain(
    parser: &mut Parser<'_>,
    operators: &[Arithmetic],
    operand: fn(&mut Parser<'_>) -> Result<Expression, QueryError>,
) -> Result<Expression, QueryError> {
    let mut left = operand(parser)?;
    for _ in 0..CHAIN_MAX {
        let mut found = None;
        for operator in operators {
            if parser.take_mark(operator.mark())? {
                found = Some(*operator);
                break;
            }
        }
        let Some(operator) = found else { return Ok(left) };
        left = Expression::Arithmetic(Box::new(left), operator, Box::new(operand(parser)?));
    }
    Err(parser.unexpected())
}

fn negative(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    if parser.take_mark("-")? {
        return Ok(Expression::Negative(Box::new(parser.deeper(negative)?)));
    }
    power(parser)
}

fn power(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let base = primary(parser)?;
    if parser.take_mark("^")? {
        let exponent = parser.deeper(negative)?;
        return Ok(Expression::Arithmetic(Box::new(base), Arithmetic::Power, Box::new(exponent)));
    }
    Ok(base)
}

fn primary(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let span = parser.span();
    match parser.token().clone() {
        Token::Number(number) => parser.advance().map(|()| Expression::Number(number)),
        Token::Text(text) => parser.advance().map(|()| Expression::Text(text)),
        Token::Duration(duration) => parser.advance().map(|()| Expression::Duration(duration, Span(span))),
        Token::Mark("/") => {
            let pattern = parser.regex()?;
            Ok(Expression::Regex(pattern, Span(span.start..parser.end_of_last())))
        }
        Token::Mark("(") => {
            parser.advance()?;
            let inner = parse(parser)?;
            parser.mark(")")?;
            Ok(inner)
        }
        Token::Mark("[") => {
            parser.advance()?;
            Ok(Expression::List(list(parser, "]")?))
        }
        Token::Name(parts) => {
            if let [part] = parts.as_slice()
                && !part.quoted
            {
                if let Some(truth) = truth(&part.text) {
                    parser.advance()?;
                    return Ok(Expression::Truth(truth));
                }
                if parser.is_call() {
                    return call(parser, &part.text, span);
                }
            }
            Ok(Expression::Field(field(parser)?))
        }
        Token::Mark(_) | Token::End => Err(parser.unexpected()),
    }
}

fn truth(word: &str) -> Option<bool> {
    match word {
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn call(parser: &mut Parser<'_>, name: &str, start: Range<usize>) -> Result<Expression, QueryError> {
    parser.advance()?;
    parser.mark("(")?;
    let star = parser.span();
    let arguments = if parser.take_mark("*")? {
        parser.mark(")")?;
        vec![Expression::Star(Span(star))]
    } else {
        list(parser, ")")?
    };
    let span = Span(start.start..parser.end_of_last());
    Ok(Expression::Call(Call { name: name.to_owned(), arguments, span }))
}

/// Reads a field: a name that is no keyword, with indexes and further names close behind.
pub(super) fn field(parser: &mut Parser<'_>) -> Result<Field, QueryError> {
    let start = parser.span().start;
    let mut path: Vec<Segment> = parser.name()?.into_iter().map(Segment::Name).collect();
    while parser.is_adjacent() && parser.take_mark("[")? {
        let Token::Number(index) = parser.token() else { return Err(parser.unexpected()) };
        let index = index.parse().map_err(|_| parser.unexpected())?;
        parser.advance()?;
        parser.mark("]")?;
        path.push(Segment::Index(index));
        if parser.is_adjacent() && parser.take_mark(".")? {
            let Token::Name(parts) = parser.token().clone() else { return Err(parser.unexpected()) };
            parser.advance()?;
            path.extend(parts.into_iter().map(|part| Segment::Name(part.text)));
        }
    }
    Ok(Field { path, span: Span(start..parser.end_of_last()) })
}

impl Expression {
    /// The text that two spellings of one expression share: calls in lower case, blanks as they are printed.
    pub(super) fn canonical(&self) -> String {
        let mut expression = self.clone();
        expression.lower_calls();
        expression.to_string()
    }

    fn lower_calls(&mut self) {
        if let Self::Call(call) = self {
            call.name.make_ascii_lowercase();
        }
        self.children_mut(&mut Self::lower_calls);
    }

    fn children_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::List(all) | Self::All(all) | Self::Any(all) => all.iter_mut().for_each(visit),
            Self::Call(call) => call.arguments.iter_mut().for_each(visit),
            Self::Negative(inner) | Self::Not(inner) => visit(inner),
            Self::Arithmetic(left, _, right) | Self::Comparison(left, _, right) | Self::Like(left, _, right) => {
                visit(left);
                visit(right);
            }
            Self::In(left, _, all) => {
                visit(left);
                all.iter_mut().for_each(visit);
            }
            Self::Number(_)
            | Self::Text(_)
            | Self::Truth(_)
            | Self::Regex(..)
            | Self::Duration(..)
            | Self::Field(_)
            | Self::Star(_) => {}
        }
    }

    /// Calls with each call in it, from the outside; `visit` says whether to look within.
    pub(super) fn calls<'e>(
        &'e self,
        visit: &mut dyn FnMut(&'e Call) -> Result<Within, QueryError>,
    ) -> Result<(), QueryError> {
        match self {
            Self::Call(call) => match visit(call)? {
                Within::Look => call.arguments.iter().try_for_each(|argument| argument.calls(visit)),
                Within::Pass => Ok(()),
            },
            Self::List(all) | Self::All(all) | Self::Any(all) => all.iter().try_for_each(|part| part.calls(visit)),
            Self::Negative(inner) | Self::Not(inner) => inner.calls(visit),
            Self::Arithmetic(left, _, right) | Self::Comparison(left, _, right) | Self::Like(left, _, right) => {
                left.calls(visit)?;
                right.calls(visit)
            }
            Self::In(left, _, all) => {
                left.calls(visit)?;
                all.iter().try_for_each(|part| part.calls(visit))
            }
            _ => Ok(()),
        }
    }
}

/// Whether to look at what a call is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    Look,
    Pass,
}

/// Reads a field or a call: what may stand before a pattern, where a slash is no division.
pub(super) fn operand(parser: &mut Parser<'_>) -> Result<Expression, QueryError> {
    let start = parser.span().start;
    match primary(parser)? {
        operand @ (Expression::Field(_) | Expression::Call(_)) => Ok(operand),
        _ => Err(QueryError::unexpected(parser.text(), start..parser.end_of_last())),
    }
}
