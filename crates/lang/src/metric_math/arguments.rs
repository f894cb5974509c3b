//! What functions take: the declaration, the check that the parser makes, and the values that
//! evaluation hands over.

use std::ops::Range;

use super::functions::Function;
use super::syntax::{Argument, Keyword, Node};
use super::{Error, Series, Value, limits};

/// A type that a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// S
    Scalar,
    /// TS
    Series,
    /// TS[]
    Array,
    /// A string.
    Text,
    /// The id of a query, by itself.
    Id,
    /// A number, written out.
    Number,
    /// A word.
    Keyword(Keyword),
}

/// A parameter of a function.
#[derive(Debug)]
pub(super) struct Parameter {
    /// What it is called in the reference.
    pub name: &'static str,
    /// What it takes.
    pub types: &'static [Type],
    /// Whether it may be left out. Invariant: so may all that follow.
    pub optional: bool,
}

impl Parameter {
    /// A parameter that must be given.
    pub(super) const fn required(name: &'static str, types: &'static [Type]) -> Self {
        Self { name, types, optional: false }
    }

    /// A parameter that may be left out.
    pub(super) const fn optional(name: &'static str, types: &'static [Type]) -> Self {
        Self { name, types, optional: true }
    }

    /// Whether an id is passed on as an id, not as its value.
    pub(super) fn takes_id(&self) -> bool {
        self.types.contains(&Type::Id)
    }

    /// Whether an argument may be of one of the types, as far as its form tells.
    fn may_be(&self, argument: &Argument) -> bool {
        self.types.iter().any(|kind| match (kind, argument) {
            (Type::Scalar | Type::Series | Type::Array, Argument::Value(_)) => true,
            (Type::Id, Argument::Value(node)) => matches!(node, Node::Id(_)),
            (Type::Number, Argument::Value(node)) => matches!(node, Node::Number(_)),
            (Type::Text, Argument::Text(_)) => true,
            (Type::Keyword(keyword), Argument::Keyword(given)) => keyword == given,
            _ => false,
        })
    }

    /// `a time series, a number or REPEAT`
    fn expectation(&self) -> String {
        let names: Vec<&str> = self.types.iter().map(|kind| kind.description()).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => "nothing".to_owned(),
        }
    }
}

impl Type {
    fn description(self) -> &'static str {
        match self {
            Self::Scalar => "a number",
            Self::Series => "a time series",
            Self::Array => "an array of time series",
            Self::Text => "a string",
            Self::Id => "the id of a query",
            Self::Number => "a number written out",
            Self::Keyword(keyword) => keyword.name(),
        }
    }
}

/// Checks what can be seen without values: how many arguments there are, and whether strings,
/// words, ids and literals are where they must be. `span` is that of the function's name.
pub(super) fn check(
    function: &Function,
    arguments: &[(Argument, Range<usize>)],
    span: Range<usize>,
) -> Result<(), Error> {
    let most = function.parameters.len();
    let least = function.parameters.iter().filter(|parameter| !parameter.optional).count();
    if !(least..=most).contains(&arguments.len()) {
        let count = match least {
            _ if least == most => most.to_string(),
            0 => format!("at most {most}"),
            _ => format!("{least} to {most}"),
        };
        let noun = if most == 1 { "argument" } else { "arguments" };
        let message = format!("Function '{}' takes {count} {noun}, not {}", function.name, arguments.len());
        return Err(Error::at(span, message));
    }
    let pairs = function.parameters.iter().zip(arguments);
    for (index, (parameter, (argument, span))) in pairs.enumerate() {
        if !parameter.may_be(argument) {
            let given = match argument {
                Argument::Value(_) => "an expression",
                Argument::Text(_) => "a string",
                Argument::Keyword(keyword) => keyword.name(),
            };
            return Err(Error::at(span.clone(), mismatch(function, index, given)));
        }
    }
    Ok(())
}

fn mismatch(function: &Function, index: usize, given: &str) -> String {
    let expected = function.parameters.get(index).map_or("nothing".to_owned(), Parameter::expectation);
    format!("Function '{}' takes {expected} as argument {}, not {given}", function.name, index + 1)
}

/// An argument as evaluation hands it over.
#[derive(Debug)]
pub(super) enum Given<'a> {
    /// The value of an expression.
    Value(Value),
    /// An id, for parameters that take one.
    Id(&'a str),
    /// A string.
    Text(&'a str),
    /// A word.
    Keyword(Keyword),
}

/// One series or an array of them; the same is done to each.
#[derive(Debug)]
pub(super) enum OneOrMany {
    One(Series),
    Many(Vec<Series>),
}

impl OneOrMany {
    /// A value of the same type, every series through a function.
    pub(super) fn map(self, function: impl Fn(Series) -> Result<Series, Error>) -> Result<Value, Error> {
        match self {
            Self::One(series) => function(series).map(Value::Series),
            Self::Many(array) => limits::array(array.into_iter().map(function)).map(Value::Array),
        }
    }
}

/// A number or a series.
#[derive(Debug)]
pub(super) enum Operand {
    Scalar(f64),
    Series(Series),
}

/// The arguments of a call, taken one after the other. Each method takes the next and refuses
/// it when its type is not the one asked for, in the words of the parameter's declaration.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    function: &'a Function,
    given: std::vec::IntoIter<Given<'a>>,
    index: usize,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(function: &'a Function, given: Vec<Given<'a>>) -> Self {
        Self { function, given: given.into_iter(), index: 0 }
    }

    /// The name of the function: the label of what it makes.
    pub(super) fn name(&self) -> &'static str {
        self.function.name
    }

    /// An error of the function.
    pub(super) fn error(&self, message: &str) -> Error {
        Error::new(format!("Function '{}' {message}", self.function.name))
    }

    /// Whether all are taken.
    pub(super) fn is_empty(&self) -> bool {
        self.given.len() == 0
    }

    pub(super) fn any(&mut self) -> Option<Given<'a>> {
        self.index += 1;
        self.given.next()
    }

    pub(super) fn scalar(&mut self) -> Result<f64, Error> {
        match self.any() {
            Some(Given::Value(Value::Scalar(number))) => Ok(number),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn series(&mut self) -> Result<Series, Error> {
        match self.any() {
            Some(Given::Value(Value::Series(series))) => Ok(series),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn array(&mut self) -> Result<Vec<Series>, Error> {
        match self.any() {
            Some(Given::Value(Value::Array(array))) => Ok(array),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn one_or_many(&mut self) -> Result<OneOrMany, Error> {
        match self.any() {
            Some(Given::Value(Value::Series(series))) => Ok(OneOrMany::One(series)),
            Some(Given::Value(Value::Array(array))) => Ok(OneOrMany::Many(array)),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn operand(&mut self) -> Result<Operand, Error> {
        match self.any() {
            Some(Given::Value(Value::Scalar(number))) => Ok(Operand::Scalar(number)),
            Some(Given::Value(Value::Series(series))) => Ok(Operand::Series(series)),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn id(&mut self) -> Result<&'a str, Error> {
        match self.any() {
            Some(Given::Id(id)) => Ok(id),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Error> {
        match self.any() {
            Some(Given::Text(text)) => Ok(text),
            other => Err(self.mismatch(other)),
        }
    }

    pub(super) fn keyword(&mut self) -> Result<Keyword, Error> {
        match self.any() {
            Some(Given::Keyword(keyword)) => Ok(keyword),
            other => Err(self.mismatch(other)),
        }
    }

    /// The words for an argument of the wrong type that was just taken.
    pub(super) fn mismatch(&self, taken: Option<Given<'_>>) -> Error {
        let given = match &taken {
            Some(Given::Value(value)) => value.kind(),
            Some(Given::Id(_)) => "the id of a query",
            Some(Given::Text(_)) => "a string",
            Some(Given::Keyword(keyword)) => keyword.name(),
            None => "nothing",
        };
        Error::new(mismatch(self.function, self.index.saturating_sub(1), given))
    }
}
