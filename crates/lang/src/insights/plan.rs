//! Runs a query: workers take events, each on a part of the data, and what they found is put together.

use std::sync::Arc;

use base::Timestamp;

use super::commands::filter_index::FilterIndex;
use super::commands::lookup::LookupTables;
use super::commands::{Barrier, Command, Kept, State, Step, drive};
use super::compile::{Column, Compiler, prune};
use super::discover::Wanted;
use super::evaluate::Context;
use super::functions::Moment;
use super::query::Query;
use super::record::{Discovery, Event, Inputs, Place, PointerText, Record, System};
use super::{QueryError, RunError, Value, needles};
use crate::needle::Needle;

/// A row of a result: names and values in the order of the columns, without those that are missing.
pub type Row = Vec<(Arc<str>, Value)>;

/// What a query is run in.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The first moment of the query's range.
    pub start: Timestamp,
    /// The last moment of the query's range.
    pub end: Timestamp,
    /// When the query was started.
    pub now: Timestamp,
    /// How many rows are asked for (logs.md Q-6).
    pub limit: Option<u64>,
    /// The class of the log groups.
    pub class: Class,
    /// Where `lookup` looks.
    pub lookup_tables: Arc<dyn LookupTables>,
    /// How `@ptr` is written.
    pub pointer: PointerText,
    /// Whether who asks may see what data protection masks.
    pub may_unmask: bool,
}

/// The class of log groups: some commands are for one only (logs.md Q-8, CM-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// `STANDARD`
    #[default]
    Standard,
    /// `INFREQUENT_ACCESS`
    InfrequentAccess,
}

/// A query that can be run: parsed, checked and bound to its time range. Copies share all of it.
#[derive(Clone, Debug)]
pub struct Plan {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    context: Context,
    discovery: Discovery,
    stages: Vec<Stage>,
    columns: Vec<(Arc<str>, Column)>,
    needs_message: bool,
    unmasks: bool,
    indexed_fields: Vec<String>,
}

/// A part of a query that takes records one by one, up to where all are needed.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) steps: Vec<Box<dyn Step>>,
    pub(super) slot_count: usize,
    pub(super) barrier: Barrier,
    /// What rows keep of records; what nobody asks for is none.
    pub(super) carried: Vec<Option<Place>>,
}

/// Takes the events of a part of the data. Its plan puts workers together.
#[derive(Debug)]
pub struct Worker {
    inner: Arc<Inner>,
    state: State,
    slots: Vec<Value>,
    matched: u64,
}

impl Plan {
    /// Checks a query and binds its names.
    ///
    /// # Errors
    /// What is wrong with it and where: functions and fields that do not exist, wrong arguments,
    /// commands out of order or not for the class of the groups.
    pub fn compile(query: &Query, environment: &Environment) -> Result<Self, QueryError> {
        let mut compiler = Compiler::new(query, environment);
        for command in query.commands() {
            command.compile(&mut compiler)?;
        }
        let unmasks = compiler.unmasks;
        let mut compiled = compiler.finish();
        let read = prune(&mut compiled);
        let discovery = discovery(&compiled.discovered, |input| read.contains(&Place::Input(input)));
        let moment = Moment {
            now_ms: environment.now.millis(),
            start_ms: environment.start.millis(),
            end_ms: environment.end.millis(),
        };
        let indexed = query.commands().iter().filter_map(|command| match command {
            Command::FilterIndex(filter) => Some(FilterIndex::fields(filter)),
            _ => None,
        });
        let inner = Inner {
            context: Context { moment, pointer: environment.pointer.clone() },
            needs_message: !discovery.is_empty() || read.contains(&Place::System(System::Message)),
            discovery,
            stages: compiled.stages,
            columns: compiled.columns,
            unmasks,
            indexed_fields: indexed.flatten().collect(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What the message of an event must contain for the event to matter. It supposes that fields
    /// are discovered in the message: where a transformer's result stands in for it,
    /// [`Self::needle_of_message`] holds.
    pub fn needle(&self) -> Needle {
        needles::needle(&self.inner.stages[0].steps, needles::Discovered::InMessage)
    }

    /// What is asked of the message itself, whatever fields are discovered in.
    pub fn needle_of_message(&self) -> Needle {
        needles::needle(&self.inner.stages[0].steps, needles::Discovered::Elsewhere)
    }

    /// The only log streams whose events can matter, if that is known.
    pub fn streams(&self) -> Option<Vec<String>> {
        needles::streams(&self.inner.stages[0].steps)
    }

    /// Whether the messages of events are looked at. If not, they may be left empty.
    pub fn needs_message(&self) -> bool {
        self.inner.needs_message
    }

    /// Whether the query asks for clear text, and who asks may see it: then messages are to come unmasked.
    pub fn unmasks(&self) -> bool {
        self.inner.unmasks
    }

    /// The fields that `filterIndex` asks for: only groups that have an index on them are to be read.
    pub fn indexed_fields(&self) -> &[String] {
        &self.inner.indexed_fields
    }

    /// A worker for a part of the data.
    pub fn worker(&self) -> Worker {
        let stage = &self.inner.stages[0];
        let slots = vec![Value::Null; stage.slot_count];
        Worker { inner: self.inner.clone(), state: stage.barrier.start(), slots, matched: 0 }
    }

    /// The result of what workers have seen together, whichever saw what.
    ///
    /// # Errors
    /// If a value becomes too large.
    pub fn finish(&self, workers: Vec<Worker>) -> Result<Vec<Row>, RunError> {
        let (first, later) = self.inner.stages.split_first().expect("a plan has a stage");
        let mut states = workers.into_iter().map(|worker| worker.state);
        let mut state = states.next().unwrap_or_else(|| first.barrier.start());
        for other in states {
            first.barrier.merge(&mut state, other)?;
        }
        let mut rows = first.barrier.finish(state);
        for stage in later {
            rows = self.inner.stage(stage, rows)?;
        }
        Ok(rows.into_iter().map(|row| self.inner.row(row)).collect())
    }
}

impl Worker {
    /// Takes an event.
    ///
    /// # Errors
    /// If a value becomes too large.
    pub fn push(&mut self, event: &Event<'_>) -> Result<(), RunError> {
        let Self { inner, state, slots, matched } = self;
        let stage = &inner.stages[0];
        let mut record = Record::of_event(&inner.context, event, &inner.discovery, std::mem::take(slots));
        let mut found = 0;
        let outcome = drive(&stage.steps, &mut record, &mut |record| {
            found = 1;
            stage.barrier.push(state, record, &stage.carried)
        });
        *slots = record.slots;
        *matched += found;
        outcome
    }

    /// How many events have matched: they came to where all are needed.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// How much memory the worker holds, about.
    pub fn memory_bytes(&self) -> usize {
        self.state.memory_bytes()
    }
}

impl Inner {
    /// Sends rows through a stage.
    fn stage(&self, stage: &Stage, rows: Vec<Kept>) -> Result<Vec<Kept>, RunError> {
        let mut state = stage.barrier.start();
        let mut slots = vec![Value::Null; stage.slot_count];
        for (sequence, row) in (0..).zip(rows) {
            let inputs = Inputs::Row(&row.values);
            let (context, pointer) = (&self.context, row.pointer);
            let mut record = Record { context, inputs, slots, sequence, pointer, element: 0 };
            drive(&stage.steps, &mut record, &mut |record| stage.barrier.push(&mut state, record, &stage.carried))?;
            slots = record.slots;
        }
        Ok(stage.barrier.finish(state))
    }

    fn row(&self, row: Kept) -> Row {
        let mut named = Row::with_capacity(self.columns.len());
        for (name, column) in &self.columns {
            let value = match column {
                Column::Carried(index) => row.values.get(*index).cloned().unwrap_or_default(),
                Column::Pointer => row.pointer.map_or(Value::Null, |pointer| self.context.pointer.of(pointer).into()),
            };
            if !value.is_null() {
                named.push((name.clone(), value));
            }
        }
        named
    }
}

/// Of the names of inputs those that are read.
fn discovery(names: &[String], is_read: impl Fn(usize) -> bool) -> Discovery {
    let mut wanted: Vec<&str> = Vec::new();
    let mut positions = Vec::with_capacity(names.len());
    for (input, name) in names.iter().enumerate() {
        positions.push(wanted.len());
        if is_read(input) {
            wanted.push(name);
        }
    }
    Discovery { wanted: Wanted::new(wanted), positions }
}
