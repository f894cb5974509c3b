//! `fields e [as n], …` computes and shows; later commands may use the names.

use std::fmt;

use crate::insights::QueryError;
use crate::insights::column::Column;
use crate::insights::compile::Compiler;
use crate::insights::expression::Separated;
use crate::insights::parser::Parser;

/// `fields`
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// What is shown beside what is shown already.
    pub columns: Vec<Column>,
}

impl Fields {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { columns: parser.separated(Column::read)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        for column in &self.columns {
            let (name, place) = column.compile(compiler)?;
            compiler.show(name, place);
        }
        Ok(())
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fields {}", Separated(&self.columns))
    }
}
