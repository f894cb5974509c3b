//! `unmask f, …` asks for the clear text of what data protection masks (logs.md §8.4).
//!
//! Who may see clear text is decided when the query is compiled. The events that come then hold
//! it: [`Plan::unmasks`](crate::insights::Plan::unmasks) tells the caller.

use std::fmt;

use crate::insights::QueryError;
use crate::insights::compile::Compiler;
use crate::insights::expression::{self, Field, Separated};
use crate::insights::parser::Parser;

/// `unmask`
#[derive(Clone, Debug, PartialEq)]
pub struct Unmask {
    /// What is to be clear.
    pub fields: Vec<Field>,
}

impl Unmask {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { fields: parser.separated(expression::field)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        for field in &self.fields {
            compiler.unmask(&field.span)?;
            compiler.field(field)?;
        }
        Ok(())
    }
}

impl fmt::Display for Unmask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unmask {}", Separated(&self.fields))
    }
}
