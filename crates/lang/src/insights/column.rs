//! A value that a command shows or keeps, with its name: `strlen(@message) as length`.

use std::fmt;
use std::sync::Arc;

use super::QueryError;
use super::commands::{Flow, Step};
use super::compile::Compiler;
use super::evaluate::Node;
use super::expression::{self, Expression, Name};
use super::parser::Parser;
use super::record::{Place, Record};

/// An expression with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What it is worth.
    pub expression: Expression,
    /// Its name behind `as`.
    pub alias: Option<String>,
    /// How the expression is written: its name if it has no other (logs.md QL-9).
    pub text: String,
}

impl Column {
    pub(super) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let start = parser.span().start;
        let expression = expression::parse(parser)?;
        let text = match &expression {
            // Backticks are no part of a name.
            Expression::Field(_) => expression.to_string(),
            _ => parser.text()[start..parser.end_of_last()].to_owned(),
        };
        let alias = if parser.take_keyword("as")? { Some(parser.alias()?) } else { None };
        Ok(Self { expression, alias, text })
    }

    /// What the column is called.
    pub fn name(&self) -> String {
        match (&self.alias, &self.expression) {
            (Some(alias), _) => alias.clone(),
            (None, Expression::Field(field)) => field.name(),
            (None, _) => self.text.clone(),
        }
    }

    /// Binds the column, defines its name, and gives both.
    pub(super) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(Arc<str>, Place), QueryError> {
        let node = compiler.expression(&self.expression)?;
        Ok(self.define(compiler, node))
    }

    /// Defines the column as what a node gives.
    pub(super) fn define(&self, compiler: &mut Compiler<'_>, node: Node) -> (Arc<str>, Place) {
        let name = self.name();
        let place = match node {
            Node::Place(place) => {
                // A discovered field is not made by being named: `user.name` is another one than `user`.
                if self.alias.is_some() || !matches!(self.expression, Expression::Field(_)) {
                    compiler.define(&name, place);
                }
                place
            }
            node => {
                let slot = compiler.slot();
                compiler.step(Assign { node, slots: [slot] });
                compiler.define(&name, Place::Slot(slot));
                Place::Slot(slot)
            }
        };
        compiler.define_text(self.expression.canonical(), place);
        (name.into(), place)
    }
}

/// Prints what is not a field as it is written, as that is a name.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.alias {
            Some(alias) => write!(f, " as {}", Name(alias)),
            None => Ok(()),
        }
    }
}

/// Fills a slot.
#[derive(Debug)]
struct Assign {
    node: Node,
    slots: [usize; 1],
}

impl Step for Assign {
    fn run(&self, record: &mut Record<'_>) -> Flow {
        let value = self.node.value(record).into_owned();
        record.slots[self.slots[0]] = value;
        Flow::On
    }

    fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.node.places(visit);
    }

    fn makes(&self) -> &[usize] {
        &self.slots
    }
}
