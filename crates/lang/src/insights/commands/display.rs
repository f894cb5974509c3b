//! `display e [as n], …` says what the result shows; the last one counts (logs.md QL-8).

use std::fmt;

use crate::insights::QueryError;
use crate::insights::column::Column;
use crate::insights::compile::Compiler;
use crate::insights::expression::Separated;
use crate::insights::parser::Parser;

/// `display`
#[derive(Clone, Debug, PartialEq)]
pub struct Display {
    /// What is shown.
    pub columns: Vec<Column>,
}

impl Display {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { columns: parser.separated(Column::read)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let (name, place) = column.compile(compiler)?;
            if columns.iter().all(|(shown, _)| *shown != name) {
                columns.push((name, place));
            }
        }
        compiler.show_only(columns);
        Ok(())
    }
}

impl fmt::Display for Display {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "display {}", Separated(&self.columns))
    }
}
