//! `stats agg [as n], … [by e [as n], …]` gives a row for each group of records (logs.md §7.7).

use std::fmt;
use std::sync::Arc;

use super::barrier::Barrier;
use super::limit::Top;
use crate::insights::aggregates::{self, Aggregate};
use crate::insights::column::Column;
use crate::insights::compile::{Compiler, Direction};
use crate::insights::evaluate::Node;
use crate::insights::expression::{Call, Expression, Separated, Span, Within};
use crate::insights::parser::Parser;
use crate::insights::record::Place;
use crate::insights::{Class, QueryError};
use groups::{Groups, MissingKeys};

pub(in crate::insights) mod groups;

/// How many `stats` a query may have (logs.md ST-4).
const STATS_MAX: usize = 10;
/// How many over groups of infrequent access (logs.md CM-2).
const STATS_INFREQUENT_MAX: usize = 2;

/// `stats`
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// What is computed of each group: aggregates, or expressions of them.
    pub columns: Vec<Column>,
    /// What the records of a group have in common.
    pub by: Vec<Column>,
    /// Where that stands.
    pub span: Span,
}

impl Stats {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let start = parser.span().start;
        let columns = parser.separated(Column::read)?;
        let by = if parser.take_keyword("by")? { parser.separated(Column::read)? } else { Vec::new() };
        Ok(Self { columns, by, span: Span(start..parser.end_of_last()) })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        self.check_count(compiler)?;
        if let [Column { expression: Expression::Call(call), .. }] = self.columns.as_slice()
            && aggregates::is_topk(&call.name)
            && self.by.is_empty()
        {
            return self.top_values(call, compiler);
        }
        let mut keys = Vec::with_capacity(self.by.len());
        for column in &self.by {
            keys.push(compiler.expression(&column.expression)?);
        }
        let mut found: Vec<(String, Aggregate)> = Vec::new();
        for column in &self.columns {
            column.expression.calls(&mut |call| {
                if !aggregates::is_aggregate(&call.name) {
                    return Ok(Within::Look);
                }
                let text = Expression::Call(call.clone()).canonical();
                if found.iter().all(|(known, _)| *known != text) {
                    found.push((text, Aggregate::compile(call, compiler)?));
                }
                Ok(Within::Pass)
            })?;
        }
        let (texts, found): (Vec<String>, Vec<Aggregate>) = found.into_iter().unzip();
        let names: Vec<Arc<str>> = self.by.iter().map(|column| column.name().into()).collect();
        let groups = Groups::new(keys, found, MissingKeys::Group);
        compiler.replace(Barrier::Groups(groups), names.clone());
        let mut shown: Vec<(Arc<str>, Place)> = names.into_iter().zip((0..).map(Place::Input)).collect();
        for (column, (_, place)) in self.by.iter().zip(&shown) {
            compiler.define_text(column.expression.canonical(), *place);
        }
        for (text, place) in texts.into_iter().zip((self.by.len()..).map(Place::Input)) {
            compiler.define_text(text, place);
        }
        for column in &self.columns {
            shown.push(column.compile(compiler)?);
        }
        compiler.show_by_default(shown);
        Ok(())
    }

    fn check_count(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let (most, class) = match compiler.environment.class {
            Class::Standard => (STATS_MAX, ""),
            Class::InfrequentAccess => (STATS_INFREQUENT_MAX, " over log groups of the class INFREQUENT_ACCESS"),
        };
        compiler.stats += 1;
        if compiler.stats > most {
            let message = format!("A query can have at most {most} stats commands{class}");
            return Err(compiler.error(&self.span, message));
        }
        Ok(())
    }

    /// `stats topk(k, f)`: the values that occur most and how often, a row each.
    fn top_values(&self, call: &Call, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let (limit, value) = aggregates::topk(call, compiler)?;
        let (count, key) = (self.columns[0].name(), call.arguments[1].to_string());
        let node: Node = compiler.expression(value)?;
        let groups = Groups::new(vec![node], vec![Aggregate::count()], MissingKeys::Drop);
        let name = match value {
            Expression::Field(field) => field.name(),
            _ => key,
        };
        let names: Vec<Arc<str>> = vec![name.into(), count.into()];
        compiler.replace(Barrier::Groups(groups), names);
        compiler.sort(vec![(Place::Input(1), Direction::Descending)]);
        let top = Top::new(compiler.order(), limit);
        compiler.keep(Barrier::Top(top));
        Ok(())
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stats {}", Separated(&self.columns))?;
        if self.by.is_empty() { Ok(()) } else { write!(f, " by {}", Separated(&self.by)) }
    }
}
