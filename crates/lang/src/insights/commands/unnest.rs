//! `unnest f into x` makes a record of each element of a list; what is no list is a list of one.

use std::fmt;

use super::{Flow, Step};
use crate::insights::compile::Compiler;
use crate::insights::evaluate::Node;
use crate::insights::expression::{self, Field, Name};
use crate::insights::parser::Parser;
use crate::insights::record::{Place, Record};
use crate::insights::{QueryError, Value};

/// `unnest`
#[derive(Clone, Debug, PartialEq)]
pub struct Unnest {
    /// What holds a list.
    pub field: Field,
    /// The name of an element.
    pub into: String,
}

impl Unnest {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let field = expression::field(parser)?;
        parser.keyword("into")?;
        Ok(Self { field, into: parser.alias()? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let list = compiler.field(&self.field)?;
        let slot = compiler.slot();
        compiler.step(Elements { list, slots: [slot] });
        compiler.define(&self.into, Place::Slot(slot));
        compiler.show_too(self.into.as_str().into(), Place::Slot(slot));
        Ok(())
    }
}

impl fmt::Display for Unnest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unnest {} into {}", self.field, Name(&self.into))
    }
}

#[derive(Debug)]
struct Elements {
    list: Node,
    slots: [usize; 1],
}

impl Step for Elements {
    fn run(&self, record: &mut Record<'_>) -> Flow {
        let elements = match &*self.list.value(record) {
            Value::List(elements) => elements.to_vec(),
            other => vec![other.clone()],
        };
        Flow::Each(self.slots[0], elements)
    }

    fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.list.places(visit);
    }

    fn makes(&self) -> &[usize] {
        &self.slots
    }

    fn decides(&self) -> bool {
        true
    }
}
