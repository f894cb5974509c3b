//! Metric math: expressions over series of numbers (cloudwatch.md §4.1 to §4.4).
//!
//! [`Expression::parse`] finds everything that is wrong with the text itself: syntax, unknown
//! functions, the number of arguments, and arguments that must be literals or ids. What depends
//! on the types of other queries is found by [`Expression::evaluate`]. The types of a value do not
//! depend on the data, so evaluation over empty series finds those mistakes as well.

use std::ops::Range;

mod arguments;
mod evaluate;
mod functions;
mod lexer;
mod limits;
mod operators;
mod parser;
mod printer;
mod reference;
mod series;
mod syntax;

#[cfg(test)]
mod tests;

pub use reference::reference;

/// A series of values.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Series {
    /// How the series is called when nothing else names it.
    pub label: String,
    /// (seconds since the epoch, value), oldest first, times unique.
    pub points: Vec<(i64, f64)>,
    /// Seconds between the buckets.
    pub period_secs: i64,
    /// Start of the first bucket of the request's range at this period; the grid of FILL and of
    /// the functions that are never sparse.
    pub start_secs: i64,
    /// End of the request's range, exclusive.
    pub end_secs: i64,
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// S. Not a number when there is no value: the average of no points, a division by zero.
    Scalar(f64),
    /// TS
    Series(Series),
    /// TS[]
    Array(Vec<Series>),
}

/// A parsed expression. Its text form is canonical: `parse` gives back an equal expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    root: syntax::Node,
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// A reason that reads well after `Error in expression 'e1': `.
    pub message: String,
    /// The bytes of the text it is about; absent for errors of evaluation.
    pub span: Option<Range<usize>>,
}

/// A SEARCH call within an expression; its arguments are always literals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SearchCall {
    /// Schema and terms, as written; [`crate::search`] parses it.
    pub expression: String,
    /// The statistic.
    pub stat: String,
    /// The period, when given.
    pub period_secs: Option<i64>,
}

/// Where an expression gets what it does not compute. Everything is fetched beforehand.
pub trait Environment {
    /// The value of another query of the request; `None` when there is no such id.
    fn id(&self, id: &str) -> Option<Result<Value, Error>>;

    /// Whether an id is that of an expression rather than of a metric: `PERIOD` takes metrics alone.
    fn is_expression(&self, _id: &str) -> bool {
        false
    }

    /// `METRICS()`, or `METRICS("text")`: series of the metric queries, in the order of the
    /// request, whose id contains the text.
    fn metrics(&self, id_contains: Option<&str>) -> Vec<Series>;

    /// The series that a search found.
    fn search(&self, call: &SearchCall) -> Result<Vec<Series>, Error>;

    /// The band of expected values around a query's series: lower, then upper; `None` without a model.
    /// `id` is the argument when it is the id of a query, as it must be.
    fn band(&self, id: &str, width: f64) -> Result<Option<(Series, Series)>, Error>;

    /// The range of the request at a period, for functions without a series of their own
    /// (`TIME_SERIES`): period, start, end, in seconds.
    fn range(&self) -> (i64, i64, i64);
}

impl Error {
    /// An error of evaluation.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None }
    }

    fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span) }
    }
}

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// The first mistake of syntax, an unknown function, a wrong number of arguments, or an
    /// argument that is not the literal or the id that it must be. Always with a span.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { root: parser::parse(text)? })
    }

    /// The ids of other queries that the expression names, each once, in order of appearance.
    pub fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        self.root.walk(&mut |node| {
            if let syntax::Node::Id(id) = node
                && !ids.contains(id)
            {
                ids.push(id.clone());
            }
        });
        ids
    }

    /// Whether `METRICS` is called.
    pub fn uses_metrics(&self) -> bool {
        self.calls("METRICS")
    }

    /// Whether the result comes in the order of a `SORT`, whole or a `SLICE` of it: graphs number
    /// the labels of such series (cloudwatch.md §4.3).
    pub fn is_sorted(&self) -> bool {
        let mut node = &self.root;
        while let syntax::Node::Call(function, arguments) = node {
            match (function.name, arguments.first()) {
                ("SORT", _) => return true,
                ("SLICE", Some(syntax::Argument::Value(inner))) => node = inner,
                _ => return false,
            }
        }
        false
    }

    /// The searches, in order of appearance.
    pub fn searches(&self) -> Vec<SearchCall> {
        let mut searches = Vec::new();
        self.root.walk(&mut |node| {
            if let syntax::Node::Call(function, arguments) = node
                && function.name == "SEARCH"
            {
                searches.extend(functions::search::call(arguments));
            }
        });
        searches
    }

    /// The ids that bands are asked for, each once, in order of appearance.
    pub fn bands(&self) -> Vec<String> {
        let mut ids = Vec::new();
        self.root.walk(&mut |node| {
            if let syntax::Node::Call(function, arguments) = node
                && function.name == "ANOMALY_DETECTION_BAND"
                && let Some(syntax::Argument::Value(syntax::Node::Id(id))) = arguments.first()
                && !ids.contains(id)
            {
                ids.push(id.clone());
            }
        });
        ids
    }

    /// Evaluates the expression. Series of different periods combine at equal timestamps and give
    /// the coarsest period; fetching them at one period is the caller's part.
    ///
    /// # Errors
    /// An unknown id, operands or arguments of the wrong type, a result past the limits of size,
    /// and whatever the environment refuses.
    pub fn evaluate(&self, environment: &dyn Environment) -> Result<Value, Error> {
        evaluate::evaluate(&self.root, environment)
    }

    fn calls(&self, name: &str) -> bool {
        let mut found = false;
        self.root.walk(&mut |node| {
            found |= matches!(node, syntax::Node::Call(function, _) if function.name == name);
        });
        found
    }
}
