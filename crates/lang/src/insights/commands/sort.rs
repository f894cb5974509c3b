//! `sort f [asc|desc], …` orders by fields, naturally (logs.md §7.8); records that are equal stay as they were.

use std::fmt;

use crate::insights::QueryError;
use crate::insights::column::Column;
use crate::insights::compile::{Compiler, Direction};
use crate::insights::evaluate::Node;
use crate::insights::expression::{Expression, Separated};
use crate::insights::parser::Parser;

/// `sort`
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// What is looked at first, then second, and so on.
    pub keys: Vec<Key>,
}

/// What to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// A field, or a column by the text of its expression.
    pub column: Column,
    /// Which way.
    pub direction: Direction,
}

impl Sort {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { keys: parser.separated(Key::read)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let mut keys = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let node = match &key.column.expression {
                Expression::Field(field) => compiler.field(field)?,
                // Only a column of that text can be meant; expressions are not sorted by.
                Expression::Call(call) => match compiler.lookup_text(&key.column.expression.canonical()) {
                    Some(place) => Node::Place(place),
                    None => return Err(compiler.unexpected(&call.span)),
                },
                _ => unreachable!("a key is read as a field or a call"),
            };
            let (_, place) = key.column.define(compiler, node);
            keys.push((place, key.direction));
        }
        compiler.sort(keys);
        Ok(())
    }
}

impl Key {
    fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        // As the service does, which takes names and aliases only.
        if parser.is_keyword("bin") && parser.is_call() {
            parser.advance()?;
            return Err(parser.unexpected());
        }
        let span = parser.span();
        let column = Column::read(parser)?;
        if !matches!(column.expression, Expression::Field(_) | Expression::Call(_)) {
            return Err(QueryError::unexpected(parser.text(), span));
        }
        let direction = if parser.take_keyword("desc")? {
            Direction::Descending
        } else {
            parser.take_keyword("asc")?;
            Direction::Ascending
        };
        Ok(Self { column, direction })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::Ascending => "asc",
            Direction::Descending => "desc",
        };
        write!(f, "{} {direction}", self.column)
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sort {}", Separated(&self.keys))
    }
}
