//! What is wrong with a query, and where.

use std::ops::Range;

/// A query that cannot be run: a MalformedQueryException with its place (logs.md Q-5).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What the client reads.
    pub message: String,
    /// Where the mistake begins: characters before it, counted from 0.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

impl QueryError {
    /// A mistake at a range of bytes of the query's text.
    pub(super) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let characters = |end: usize| text.get(..end).map_or(0, |before| before.chars().count());
        Self { message: message.into(), start: characters(span.start), end: characters(span.end) }
    }

    /// The service's words for whatever does not belong where it stands. Lines count from 1, positions in a line from 0.
    pub(super) fn unexpected(text: &str, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let position = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count());
        let token = match text.get(span.clone()) {
            None | Some("") => "<EOF>",
            Some(token) => token,
        };
        let message = format!("unexpected symbol found {token} at line {line} and position {position}");
        Self::at(text, span, message)
    }
}

/// Why a query stopped on its way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// What the client reads.
    pub message: String,
}
