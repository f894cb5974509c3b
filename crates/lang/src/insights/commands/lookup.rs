//! `lookup table c [as f], … OUTPUT|OUTPUTNEW c [as f], …` adds columns of a table to the records that
//! match a row of it, exactly and in all columns that are named.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Flow, Step};
use crate::insights::compile::Compiler;
use crate::insights::evaluate::Node;
use crate::insights::expression::{self, Field, Name, Segment, Separated, Span};
use crate::insights::parser::Parser;
use crate::insights::record::{Place, Record};
use crate::insights::{QueryError, Value};

/// `lookup`
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// The table's name.
    pub table: String,
    /// Columns of the table and the fields they must equal.
    pub matches: Vec<Pair>,
    /// What becomes of fields that exist.
    pub mode: Mode,
    /// Columns of the table and the fields they become.
    pub outputs: Vec<Pair>,
    /// Where the table's name stands.
    pub span: Span,
}

/// A column of a table and a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The column.
    pub column: String,
    /// The field.
    pub field: Field,
}

/// What becomes of fields that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are overwritten, and missing where no row matches.
    Output,
    /// Only missing ones are filled.
    OutputNew,
}

/// The tables that queries may look things up in.
pub trait LookupTables: fmt::Debug + Send + Sync {
    /// The table of a name.
    fn table(&self, name: &str) -> Option<Arc<LookupTable>>;
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookupTable {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, each with a text for each column.
    pub rows: Vec<Vec<Arc<str>>>,
}

/// No tables at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLookupTables;

impl LookupTables for NoLookupTables {
    fn table(&self, _: &str) -> Option<Arc<LookupTable>> {
        None
    }
}

impl Lookup {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let span = Span(parser.span());
        let table = parser.alias()?;
        let matches = parser.separated(Pair::read)?;
        let mode = match parser.take_keyword("OUTPUT")? {
            true => Mode::Output,
            false => parser.keyword("OUTPUTNEW").map(|()| Mode::OutputNew)?,
        };
        Ok(Self { table, matches, mode, outputs: parser.separated(Pair::read)?, span })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let Some(table) = compiler.environment.lookup_tables.table(&self.table) else {
            return Err(compiler.error(&self.span, format!("Lookup table '{}' does not exist", self.table)));
        };
        let column = |compiler: &Compiler<'_>, pair: &Pair| {
            let place = table.columns.iter().position(|column| *column == pair.column);
            let message = || format!("Lookup table '{}' has no column '{}'", self.table, pair.column);
            place.ok_or_else(|| compiler.error(&pair.field.span, message()))
        };
        let mut keys = Vec::with_capacity(self.matches.len());
        let mut key_columns = Vec::with_capacity(self.matches.len());
        for pair in &self.matches {
            key_columns.push(column(compiler, pair)?);
            keys.push(compiler.field(&pair.field)?);
        }
        let mut outputs = Vec::with_capacity(self.outputs.len());
        for pair in &self.outputs {
            let column = column(compiler, pair)?;
            let before = match self.mode {
                Mode::Output => None,
                // After `stats` there may be no such field yet.
                Mode::OutputNew => compiler.lookup(&pair.field.name()),
            };
            outputs.push((column, before));
        }
        let slots: Vec<usize> = outputs.iter().map(|_| compiler.slot()).collect();
        let mut index = HashMap::with_capacity(table.rows.len());
        for (row, values) in table.rows.iter().enumerate() {
            let key = key_columns.iter().map(|column| values.get(*column).cloned().unwrap_or_default()).collect();
            // The first row of several counts.
            index.entry(key).or_insert(row);
        }
        compiler.step(Find { table, index, keys, outputs, slots: slots.clone() });
        for (pair, slot) in self.outputs.iter().zip(slots) {
            let name = pair.field.name();
            compiler.define(&name, Place::Slot(slot));
            compiler.show_too(name.into(), Place::Slot(slot));
        }
        Ok(())
    }
}

impl Pair {
    fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let span = Span(parser.span());
        let column = parser.alias()?;
        let field = match parser.take_keyword("as")? {
            true => expression::field(parser)?,
            false => Field { path: vec![Segment::Name(column.clone())], span },
        };
        Ok(Self { column, field })
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", Name(&self.column), self.field)
    }
}

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            Mode::Output => "OUTPUT",
            Mode::OutputNew => "OUTPUTNEW",
        };
        let (matches, outputs) = (Separated(&self.matches), Separated(&self.outputs));
        write!(f, "lookup {} {matches} {mode} {outputs}", Name(&self.table))
    }
}

#[derive(Debug)]
struct Find {
    table: Arc<LookupTable>,
    /// The rows by what they must match.
    index: HashMap<Vec<Arc<str>>, usize>,
    keys: Vec<Node>,
    /// Columns, and where the field's value is that is not to be overwritten.
    outputs: Vec<(usize, Option<Place>)>,
    slots: Vec<usize>,
}

impl Step for Find {
    fn run(&self, record: &mut Record<'_>) -> Flow {
        let key: Option<Vec<Arc<str>>> = self.keys.iter().map(|key| key.text(record).map(Arc::from)).collect();
        let row = key.and_then(|key| self.index.get(&key)).and_then(|row| self.table.rows.get(*row));
        for ((column, before), slot) in self.outputs.iter().zip(&self.slots) {
            let before = before.map_or(Value::Null, |place| record.value(place).into_owned());
            let found = || row.and_then(|row| row.get(*column)).map_or(Value::Null, |text| Value::Text(text.clone()));
            record.slots[*slot] = if before.is_null() { found() } else { before };
        }
        Flow::On
    }

    fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.keys.iter().for_each(|key| key.places(visit));
        self.outputs.iter().filter_map(|(_, before)| *before).for_each(visit);
    }

    fn makes(&self) -> &[usize] {
        &self.slots
    }
}
