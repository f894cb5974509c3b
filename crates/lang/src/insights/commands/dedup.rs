//! `dedup f, …` keeps the first record of each combination of values; those that miss one are all kept.

use std::collections::HashMap;
use std::fmt;

use super::Command;
use super::barrier::{Barrier, Kept};
use crate::insights::QueryError;
use crate::insights::compile::{Compiler, Direction};
use crate::insights::evaluate::Node;
use crate::insights::expression::{self, Field, Separated, Span};
use crate::insights::key;
use crate::insights::parser::Parser;
use crate::insights::record::{Place, Record};

/// `dedup`
#[derive(Clone, Debug, PartialEq)]
pub struct Dedup {
    /// What must differ.
    pub fields: Vec<Field>,
}

impl Dedup {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        Ok(Self { fields: parser.separated(expression::field)? })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let is_self = |command: &Command| matches!(command, Command::Dedup(dedup) if std::ptr::eq(dedup, self));
        let commands = compiler.query.commands();
        let behind = commands.iter().skip_while(|command| !is_self(command)).skip(1);
        if let Some(other) = behind.clone().find(|command| !matches!(command, Command::Limit(_))) {
            let name = other.to_string();
            let name = name.split_whitespace().next().unwrap_or_default();
            let message = format!("only limit may follow dedup, but {name} does");
            return Err(compiler.error(&self.span(), message));
        }
        let limits = behind.filter_map(|command| match command {
            Command::Limit(limit) => Some(limit.count),
            _ => None,
        });
        let limit = limits.min().unwrap_or(u64::MAX).min(compiler.environment.limit.unwrap_or(super::limit::MAX));
        let mut keys = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            keys.push(compiler.field(field)?);
        }
        let order = compiler.order();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
        compiler.keep(Barrier::Firsts(Firsts { keys, order, limit }));
        Ok(())
    }

    fn span(&self) -> Span {
        let (first, last) = (&self.fields[0].span.0, &self.fields[self.fields.len() - 1].span.0);
        Span(first.start..last.end)
    }
}

impl fmt::Display for Dedup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dedup {}", Separated(&self.fields))
    }
}

/// The first records in an order, one for each key.
#[derive(Debug)]
pub(in crate::insights) struct Firsts {
    keys: Vec<Node>,
    order: Vec<(Place, Direction)>,
    limit: usize,
}

/// The first record of each key so far.
#[derive(Debug, Default)]
pub(in crate::insights) struct FirstsState {
    firsts: HashMap<Box<[u8]>, Kept>,
    /// Records that miss a value of the key.
    others: Vec<Kept>,
    bytes: usize,
    key: Vec<u8>,
}

impl Firsts {
    pub(in crate::insights) fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.keys.iter().for_each(|key| key.places(visit));
        self.order.iter().for_each(|(place, _)| visit(*place));
    }

    pub(in crate::insights) fn push(&self, state: &mut FirstsState, record: &Record<'_>, carried: &[Option<Place>]) {
        let mut row = Kept::new(record, &self.order);
        state.key.clear();
        let mut whole = true;
        for node in &self.keys {
            whole &= key::encode_node(node, record, &mut state.key) == key::Presence::Present;
        }
        if !whole {
            row.carry(record, carried);
            state.bytes += row.memory_bytes();
            state.others.push(row);
        } else if let Some(first) = state.firsts.get_mut(state.key.as_slice()) {
            if row.compare(first, &self.order).is_lt() {
                row.carry(record, carried);
                state.bytes = state.bytes + row.memory_bytes() - first.memory_bytes();
                *first = row;
            }
        } else {
            row.carry(record, carried);
            state.bytes += row.memory_bytes() + entry_bytes(&state.key);
            state.firsts.insert(state.key.as_slice().into(), row);
        }
        self.settle(state);
    }

    pub(in crate::insights) fn merge(&self, state: &mut FirstsState, other: FirstsState) {
        state.bytes += other.bytes;
        state.others.extend(other.others);
        for (key, row) in other.firsts {
            match state.firsts.get_mut(&key) {
                None => {
                    state.firsts.insert(key, row);
                }
                Some(first) => {
                    let out = if row.compare(first, &self.order).is_lt() { std::mem::replace(first, row) } else { row };
                    state.bytes -= out.memory_bytes() + entry_bytes(&key);
                }
            }
        }
        self.settle(state);
    }

    pub(in crate::insights) fn finish(&self, state: FirstsState) -> Vec<Kept> {
        let mut rows = state.others;
        rows.extend(state.firsts.into_values());
        rows.sort_unstable_by(|a, b| a.compare(b, &self.order));
        rows.truncate(self.limit);
        rows
    }

    /// Throws out what can never be among the first `limit` any more: there are so many before it
    /// already, and what comes can only put more there. Should its key come again in a better
    /// place, that record is taken as if it were the first.
    fn settle(&self, state: &mut FirstsState) {
        let most = self.limit.saturating_mul(2).max(64);
        if state.others.len() >= most {
            state.others.select_nth_unstable_by(self.limit - 1, |a, b| a.compare(b, &self.order));
            let out = state.others.drain(self.limit..);
            state.bytes -= out.map(|row| row.memory_bytes()).sum::<usize>();
        }
        if state.firsts.len() < most {
            return;
        }
        let mut rows: Vec<(Box<[u8]>, Kept)> = state.firsts.drain().collect();
        rows.select_nth_unstable_by(self.limit - 1, |(_, a), (_, b)| a.compare(b, &self.order));
        let out = rows.drain(self.limit..);
        state.bytes -= out.map(|(key, row)| row.memory_bytes() + entry_bytes(&key)).sum::<usize>();
        state.firsts.extend(rows);
    }
}

impl FirstsState {
    pub(in crate::insights) fn memory_bytes(&self) -> usize {
        self.bytes
    }
}

fn entry_bytes(key: &[u8]) -> usize {
    size_of::<Box<[u8]>>() + key.len()
}
