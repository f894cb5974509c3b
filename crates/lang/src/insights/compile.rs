//! Binds a query to places: every name is resolved once, before any record is seen.
//!
//! A query is cut into stages. A stage has steps, which take records one by one, and ends with a
//! barrier, which takes all of them and gives rows: the records of the next stage. Only what a later
//! stage asks for is carried through a barrier.

use std::collections::HashMap;
use std::sync::Arc;

use super::commands::limit::{self, DEFAULT_MAX, Top};
use super::commands::{Barrier, Step};
use super::evaluate::Node;
use super::expression::{Field, Span};
use super::plan::Stage;
use super::query::Query;
use super::record::{Place, System};
use super::{Class, Environment, QueryError};

mod bind;
mod live;

pub(super) use live::prune;

/// What commands compile into.
#[derive(Debug)]
pub(super) struct Compiler<'q> {
    pub(super) query: &'q Query,
    pub(super) environment: &'q Environment,
    stages: Vec<Building>,
    /// How many `limit` there have been: with one, the default one does not count.
    pub(super) limits: usize,
    /// How many `stats` there have been.
    pub(super) stats: usize,
    /// Whether clear text is asked for.
    pub(super) unmasks: bool,
}

/// What a query compiles into, before what nobody needs is taken out.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) stages: Vec<Stage>,
    /// The columns of the result.
    pub(super) columns: Vec<(Arc<str>, Column)>,
    /// The names of the discovered fields that the first stage may ask for.
    pub(super) discovered: Vec<String>,
}

/// Where a column of the result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// One of what the last stage carries.
    Carried(usize),
    /// Which event the row is.
    Pointer,
}

/// A stage that is being built.
#[derive(Debug)]
struct Building {
    scope: Scope,
    /// Names that commands have made.
    names: HashMap<String, Place>,
    /// Names that were looked up and that no command has made.
    found: HashMap<String, Place>,
    /// Columns by the canonical text of their expressions (logs.md QL-9).
    texts: HashMap<String, Place>,
    /// What comes in: of the first stage the discovered fields' names, of others what is carried to it.
    inputs: Vec<String>,
    /// Of other stages than the first: the places in the stage before, for each input.
    carried: Vec<Place>,
    slots: usize,
    steps: Vec<Box<dyn Step>>,
    order: Vec<(Place, Direction)>,
    output: Output,
    barrier: Option<Barrier>,
}

/// What names a stage knows besides its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Those of events.
    Events,
    /// Those of the stage before: its rows are still its records.
    Rows,
    /// None.
    Closed,
}

/// Which way to sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// What the query shows, as of the command at hand (logs.md QL-8).
#[derive(Clone, Debug)]
struct Output {
    columns: Vec<(Arc<str>, Place)>,
    kind: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// What is shown where no command says it.
    Default,
    /// What `fields` add up to.
    Fields,
    /// What the last `display` says.
    Display,
}

impl<'q> Compiler<'q> {
    pub(super) fn new(query: &'q Query, environment: &'q Environment) -> Self {
        let columns = ["@timestamp", "@message"];
        let system = |name: &str| (Arc::from(name), Place::System(System::named(name).expect("the system has it")));
        let output = Output { columns: columns.into_iter().map(system).collect(), kind: Shown::Default };
        Self {
            query,
            environment,
            stages: vec![Building::new(Scope::Events, output)],
            limits: 0,
            stats: 0,
            unmasks: false,
        }
    }

    /// A mistake of what stands somewhere.
    pub(super) fn error(&self, span: &Span, message: impl Into<String>) -> QueryError {
        QueryError::at(self.query.text(), span.0.clone(), message)
    }

    /// What stands somewhere is out of place.
    pub(super) fn unexpected(&self, span: &Span) -> QueryError {
        QueryError::unexpected(self.query.text(), span.0.clone())
    }

    /// A command is not for the class of the groups (logs.md CM-2).
    pub(super) fn refused_in_class(&self, command: &str) -> QueryError {
        let text = self.query.text();
        let message = format!("The command {command} is not supported for log groups of the class INFREQUENT_ACCESS");
        QueryError::at(text, 0..text.len(), message)
    }

    /// Notes that clear text is asked for, if it may be.
    pub(super) fn unmask(&mut self, span: &Span) -> Result<(), QueryError> {
        if self.environment.class == Class::InfrequentAccess {
            return Err(self.refused_in_class("unmask"));
        }
        if !self.environment.may_unmask {
            return Err(self.error(span, "unmask needs the permission logs:Unmask"));
        }
        self.unmasks = true;
        Ok(())
    }

    fn stage(&mut self) -> &mut Building {
        self.stages.last_mut().expect("there is always a stage")
    }

    /// Where the value of a name is: made by a command, of the system, or to be discovered.
    pub(super) fn lookup(&mut self, name: &str) -> Option<Place> {
        lookup(&mut self.stages, name)
    }

    /// Where a command put the value of a name.
    pub(super) fn lookup_made(&mut self, name: &str) -> Option<Place> {
        lookup_made(&mut self.stages, name)
    }

    /// Where the value of an expression is that has been computed already.
    pub(super) fn lookup_text(&mut self, text: &str) -> Option<Place> {
        lookup_text(&mut self.stages, text)
    }

    /// Gives a value a name, and a place among what is shown if nothing else is.
    pub(super) fn define(&mut self, name: &str, place: Place) {
        self.stage().names.insert(name.to_owned(), place);
    }

    /// Lets later commands use a value by the text of its expression.
    pub(super) fn define_text(&mut self, text: String, place: Place) {
        self.stage().texts.insert(text, place);
    }

    /// Shows a column, as `fields` does. The default goes with the first.
    pub(super) fn show(&mut self, name: Arc<str>, place: Place) {
        let output = &mut self.stage().output;
        if output.kind == Shown::Default {
            output.columns.clear();
            output.kind = Shown::Fields;
        }
        self.show_too(name, place);
    }

    /// Shows a column beside what is shown: a field that was extracted.
    pub(super) fn show_too(&mut self, name: Arc<str>, place: Place) {
        let output = &mut self.stage().output;
        if output.kind == Shown::Display {
            return;
        }
        match output.columns.iter_mut().find(|(shown, _)| *shown == name) {
            Some(column) => column.1 = place,
            None => output.columns.push((name, place)),
        }
    }

    /// Shows these columns and no others, as `display` does.
    pub(super) fn show_only(&mut self, columns: Vec<(Arc<str>, Place)>) {
        self.stage().output = Output { columns, kind: Shown::Display };
    }

    /// A slot for a step to fill.
    pub(super) fn slot(&mut self) -> usize {
        self.stage().slots += 1;
        self.stage().slots - 1
    }

    pub(super) fn step(&mut self, step: impl Step + 'static) {
        self.stage().steps.push(Box::new(step));
    }

    /// Puts keys before those that the records are sorted by.
    pub(super) fn sort(&mut self, mut keys: Vec<(Place, Direction)>) {
        let order = &mut self.stage().order;
        keys.append(order);
        *order = keys;
    }

    /// What the records are sorted by, by now.
    pub(super) fn order(&mut self) -> Vec<(Place, Direction)> {
        self.stage().order.clone()
    }

    /// Ends the stage with a barrier whose rows are some of its records.
    pub(super) fn keep(&mut self, barrier: Barrier) {
        let stage = self.stage();
        stage.barrier = Some(barrier);
        let output = stage.output.clone();
        let mut next = Building::new(Scope::Rows, Output { columns: Vec::new(), kind: output.kind });
        for (name, place) in output.columns {
            let place = next.carry(&name, place);
            next.output.columns.push((name, place));
        }
        self.stages.push(next);
    }

    /// Ends the stage with a barrier whose rows have these columns and nothing else.
    pub(super) fn replace(&mut self, barrier: Barrier, columns: Vec<Arc<str>>) {
        self.stage().barrier = Some(barrier);
        let places = columns.iter().cloned().zip((0..).map(Place::Input)).collect();
        let mut next = Building::new(Scope::Closed, Output { columns: places, kind: Shown::Default });
        next.names = columns.iter().map(ToString::to_string).zip((0..).map(Place::Input)).collect();
        next.inputs = columns.iter().map(ToString::to_string).collect();
        self.stages.push(next);
    }

    /// What is shown by default instead, after [`Self::replace`].
    pub(super) fn show_by_default(&mut self, columns: Vec<(Arc<str>, Place)>) {
        self.stage().output = Output { columns, kind: Shown::Default };
    }

    /// Whether records are still events.
    pub(super) fn has_events(&self) -> bool {
        self.stages.iter().all(|stage| stage.scope != Scope::Closed)
    }

    /// How many rows may come out at most.
    pub(super) fn rows_max(&self) -> u64 {
        let default = if self.limits > 0 { limit::MAX } else { DEFAULT_MAX };
        self.environment.limit.unwrap_or(default).min(limit::MAX)
    }

    /// Ends the last stage with what is shown.
    pub(super) fn finish(mut self) -> Compiled {
        let limit = self.rows_max();
        let order = self.order();
        let pointer = (Arc::from("@ptr"), Place::System(System::Pointer));
        let has_events = self.has_events();
        let stage = self.stage();
        let mut output = std::mem::take(&mut stage.output.columns);
        if has_events && !output.contains(&pointer) {
            output.push(pointer);
        }
        stage.barrier = Some(Barrier::Top(Top::new(order, usize::try_from(limit).unwrap_or(usize::MAX))));
        let mut shown = Vec::new();
        let mut columns = Vec::new();
        for (name, place) in output {
            if place == Place::System(System::Pointer) {
                columns.push((name, Column::Pointer));
            } else {
                columns.push((name, Column::Carried(shown.len())));
                shown.push(place);
            }
        }
        let mut carried: Vec<Vec<Place>> = self.stages.iter().skip(1).map(|stage| stage.carried.clone()).collect();
        carried.push(shown);
        let discovered = std::mem::take(&mut self.stages[0].inputs);
        let stages = self.stages.into_iter().zip(carried).map(|(stage, carried)| Stage {
            steps: stage.steps,
            slot_count: stage.slots,
            barrier: stage.barrier.expect("a stage ends with a barrier"),
            carried: carried.into_iter().map(Some).collect(),
        });
        Compiled { stages: stages.collect(), columns, discovered }
    }

    /// A node for a field that may step into a map.
    pub(super) fn field(&mut self, field: &Field) -> Result<Node, QueryError> {
        bind::field(self, field)
    }
}

impl Building {
    fn new(scope: Scope, output: Output) -> Self {
        Self {
            scope,
            names: HashMap::new(),
            found: HashMap::new(),
            texts: HashMap::new(),
            inputs: Vec::new(),
            carried: Vec::new(),
            slots: 0,
            steps: Vec::new(),
            order: Vec::new(),
            output,
            barrier: None,
        }
    }

    /// An input that is carried from a place in the stage before.
    fn carry(&mut self, name: &str, place: Place) -> Place {
        // Every row that is still an event knows which.
        if place == Place::System(System::Pointer) {
            return place;
        }
        let index = self.carried.iter().position(|carried| *carried == place).unwrap_or_else(|| {
            self.carried.push(place);
            self.inputs.push(name.to_owned());
            self.carried.len() - 1
        });
        Place::Input(index)
    }
}

fn lookup(stages: &mut [Building], name: &str) -> Option<Place> {
    if let Some(place) = lookup_made(stages, name) {
        return Some(place);
    }
    let (stage, before) = stages.split_last_mut()?;
    if let Some(place) = stage.found.get(name) {
        return Some(*place);
    }
    let place = match (stage.scope, System::named(name)) {
        (Scope::Closed, _) => return None,
        (Scope::Rows, _) => {
            let place = lookup(before, name)?;
            stage.carry(name, place)
        }
        (Scope::Events, Some(system)) => Place::System(system),
        (Scope::Events, None) => {
            stage.inputs.push(name.to_owned());
            Place::Input(stage.inputs.len() - 1)
        }
    };
    stage.found.insert(name.to_owned(), place);
    Some(place)
}

fn lookup_made(stages: &mut [Building], name: &str) -> Option<Place> {
    let (stage, before) = stages.split_last_mut()?;
    if let Some(place) = stage.names.get(name) {
        return Some(*place);
    }
    if stage.scope != Scope::Rows {
        return None;
    }
    let place = lookup_made(before, name)?;
    Some(stage.carry(name, place))
}

fn lookup_text(stages: &mut [Building], text: &str) -> Option<Place> {
    let (stage, before) = stages.split_last_mut()?;
    if let Some(place) = stage.texts.get(text) {
        return Some(*place);
    }
    if stage.scope != Scope::Rows {
        return None;
    }
    let place = lookup_text(before, text)?;
    Some(stage.carry(text, place))
}
