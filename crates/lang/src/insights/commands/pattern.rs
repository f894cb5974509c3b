//! `pattern f` gives the patterns of texts instead of the records (logs.md §7.10).

use std::fmt;

use super::barrier::{Barrier, Kept};
use crate::insights::compile::Compiler;
use crate::insights::evaluate::Node;
use crate::insights::expression::{self, Expression};
use crate::insights::parser::Parser;
use crate::insights::pattern::{Clusters, PatternRow};
use crate::insights::record::{Place, Record};
use crate::insights::{Class, QueryError, Value};

/// `pattern`
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What is looked at.
    pub source: Expression,
}

impl Pattern {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { source: expression::operand(parser)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        if compiler.environment.class == Class::InfrequentAccess {
            return Err(compiler.refused_in_class("pattern"));
        }
        let source = compiler.expression(&self.source)?;
        let columns = ["@pattern", "@ratio", "@sampleCount", "@severityLabel"];
        compiler.replace(Barrier::Patterns(Patterns { source }), columns.map(Into::into).to_vec());
        Ok(())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern {}", self.source)
    }
}

/// The patterns of a text.
#[derive(Debug)]
pub(in crate::insights) struct Patterns {
    source: Node,
}

/// The patterns so far.
#[derive(Debug, Default)]
pub(in crate::insights) struct PatternsState {
    clusters: Clusters,
}

impl Patterns {
    pub(in crate::insights) fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.source.places(visit);
    }

    pub(in crate::insights) fn push(&self, state: &mut PatternsState, record: &Record<'_>) {
        if let Some(text) = self.source.text(record) {
            state.clusters.push(&text);
        }
    }
}

impl PatternsState {
    pub(in crate::insights) fn merge(&mut self, other: Self) {
        self.clusters.merge(other.clusters);
    }

    pub(in crate::insights) fn finish(self) -> Vec<Kept> {
        self.clusters.rows().into_iter().map(row).collect()
    }

    pub(in crate::insights) fn memory_bytes(&self) -> usize {
        self.clusters.memory_bytes()
    }
}

fn row(row: PatternRow) -> Kept {
    let count = i64::try_from(row.sample_count).unwrap_or(i64::MAX);
    Kept::row(Box::new([row.pattern.into(), row.ratio.into(), Value::Int(count), row.severity.into()]))
}
