//! `filter condition`, also `where`, keeps the records for which a condition holds.

use std::fmt;

use super::{Flow, Step};
use crate::insights::QueryError;
use crate::insights::compile::Compiler;
use crate::insights::evaluate::Condition;
use crate::insights::expression::{self, Expression};
use crate::insights::parser::Parser;
use crate::insights::record::{Place, Record};

/// `filter`
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What must hold.
    pub condition: Expression,
}

impl Filter {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { condition: expression::parse(parser)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let condition = compiler.condition(&self.condition)?;
        add(compiler, condition);
        Ok(())
    }
}

/// Lets only records through for which a condition holds.
pub(super) fn add(compiler: &mut Compiler<'_>, condition: Condition) {
    match condition {
        // Each finds its own place among the steps.
        Condition::All(parts) => parts.into_iter().for_each(|part| add(compiler, part)),
        condition => compiler.step(Keep { condition }),
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter {}", self.condition)
    }
}

#[derive(Debug)]
struct Keep {
    condition: Condition,
}

impl Step for Keep {
    fn run(&self, record: &mut Record<'_>) -> Flow {
        if self.condition.holds(record) { Flow::On } else { Flow::Out }
    }

    fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.condition.places(visit);
    }

    fn condition(&self) -> Option<&Condition> {
        Some(&self.condition)
    }
}
