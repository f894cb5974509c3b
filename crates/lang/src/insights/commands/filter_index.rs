//! `filterIndex f = v` and `filterIndex f in [v, …]`: a filter that asks for an indexed field.
//!
//! It gives what `filter` gives. Which groups have the index, and so which are read, is for the
//! caller: [`Plan::indexed_fields`](crate::insights::Plan::indexed_fields).

use std::fmt;

use crate::insights::compile::Compiler;
use crate::insights::expression::{self, Comparison, Expression, Sense};
use crate::insights::parser::Parser;
use crate::insights::{Class, QueryError};

/// `filterIndex`
#[derive(Clone, Debug, PartialEq)]
pub struct FilterIndex {
    /// Equality with a literal, or several with `and`.
    pub condition: Expression,
}

impl FilterIndex {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let span = parser.span();
        let condition = expression::parse(parser)?;
        let sound = parts(&condition).iter().all(|part| field(part).is_some());
        if !sound {
            return Err(QueryError::unexpected(parser.text(), span.start..parser.end_of_last()));
        }
        Ok(Self { condition })
    }

    /// The fields that are asked for.
    pub fn fields(&self) -> Vec<String> {
        parts(&self.condition).iter().filter_map(field).collect()
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        if compiler.environment.class == Class::InfrequentAccess {
            return Err(compiler.refused_in_class("filterIndex"));
        }
        let condition = compiler.condition(&self.condition)?;
        super::filter::add(compiler, condition);
        Ok(())
    }
}

fn parts(condition: &Expression) -> &[Expression] {
    match condition {
        Expression::All(parts) => parts,
        other => std::slice::from_ref(other),
    }
}

fn field(condition: &Expression) -> Option<String> {
    match condition {
        Expression::Comparison(left, Comparison::Equal, _) | Expression::In(left, Sense::Plain, _) => match &**left {
            Expression::Field(field) => Some(field.name()),
            _ => None,
        },
        _ => None,
    }
}

impl fmt::Display for FilterIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filterIndex {}", self.condition)
    }
}
