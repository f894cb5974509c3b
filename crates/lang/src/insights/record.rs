//! The record at hand: an event or a row, and what commands have made of it so far.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use super::Value;
use super::discover::{Wanted, discover};
use super::evaluate::Context;

/// An event, as the store has it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// `@timestamp`, in milliseconds since the epoch.
    pub time_ms: i64,
    /// `@ingestionTime`, in milliseconds since the epoch.
    pub ingested_ms: i64,
    /// `@message`; may be left empty where [`Plan::needs_message`](super::Plan::needs_message) says no.
    pub message: &'a str,
    /// `@logStream`
    pub stream: &'a str,
    /// `@log`: `account:group`
    pub log: &'a str,
    /// `@aws.account`
    pub account: &'a str,
    /// `@aws.region`
    pub region: &'a str,
    /// What a transformer made of the message: fields are discovered in it instead (logs.md SY-5).
    pub transformed: Option<&'a str>,
    /// Where the event is.
    pub pointer: Pointer,
}

/// Where an event is in the store. No two events of a query have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    /// The id of its log group.
    pub group: u64,
    /// Its timestamp, in milliseconds since the epoch.
    pub time: i64,
    /// Its place among the events of its group.
    pub position: u64,
}

/// How pointers are written for clients.
#[derive(Clone)]
pub struct PointerText(Arc<dyn Fn(Pointer) -> String + Send + Sync>);

impl PointerText {
    /// By this function.
    pub fn new(write: impl Fn(Pointer) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// The pointer as a client sees it.
    pub(super) fn of(&self, pointer: Pointer) -> String {
        (self.0)(pointer)
    }
}

impl fmt::Debug for PointerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PointerText")
    }
}

/// What every event has (logs.md SY-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum System {
    Timestamp,
    IngestionTime,
    Message,
    LogStream,
    Log,
    Account,
    Region,
    Pointer,
}

impl System {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "@timestamp" => Self::Timestamp,
            "@ingestionTime" => Self::IngestionTime,
            "@message" => Self::Message,
            "@logStream" => Self::LogStream,
            "@log" | "@source.log" => Self::Log,
            "@aws.account" => Self::Account,
            "@aws.region" => Self::Region,
            "@ptr" => Self::Pointer,
            _ => return None,
        })
    }
}

/// Where a value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// In the event itself.
    System(System),
    /// What comes with the record: a discovered field of an event, a column of a row.
    Input(usize),
    /// What a command has made; each slot is filled by one.
    Slot(usize),
}

/// The fields to discover in events.
#[derive(Debug)]
pub(super) struct Discovery {
    /// Their names.
    pub(super) wanted: Wanted,
    /// For each input its place among them. Of inputs that are never asked for it means nothing.
    pub(super) positions: Vec<usize>,
}

impl Discovery {
    /// Whether there is nothing to discover.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.names().is_empty()
    }
}

/// What records come with.
#[derive(Debug)]
pub(super) enum Inputs<'r> {
    /// An event; its fields are discovered when the first is asked for.
    Event { event: &'r Event<'r>, discovery: &'r Discovery, discovered: OnceCell<Vec<Value>> },
    /// A row of an earlier stage.
    Row(&'r [Value]),
}

/// The record at hand.
#[derive(Debug)]
pub(super) struct Record<'r> {
    pub(super) context: &'r Context,
    pub(super) inputs: Inputs<'r>,
    /// What commands have made.
    pub(super) slots: Vec<Value>,
    /// Its rank in the order of the stage it comes from; all events have the same.
    pub(super) sequence: u64,
    /// The event it is, unless it is none any more.
    pub(super) pointer: Option<Pointer>,
    /// Which of the records it is that `unnest` made of one.
    pub(super) element: u64,
}

impl<'r> Record<'r> {
    /// An event as a record, with slots for what is made of it.
    pub(super) fn of_event(
        context: &'r Context,
        event: &'r Event<'r>,
        discovery: &'r Discovery,
        slots: Vec<Value>,
    ) -> Self {
        let inputs = Inputs::Event { event, discovery, discovered: OnceCell::new() };
        Self { context, inputs, slots, sequence: 0, pointer: Some(event.pointer), element: 0 }
    }

    /// The value at a place.
    pub(super) fn value(&self, place: Place) -> Cow<'_, Value> {
        match place {
            Place::Slot(slot) => self.slots.get(slot).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
            Place::Input(index) => self.input(index).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
            Place::System(System::Timestamp) => {
                Cow::Owned(self.event().map_or(Value::Null, |e| Value::Time(e.time_ms)))
            }
            Place::System(System::IngestionTime) => {
                Cow::Owned(self.event().map_or(Value::Null, |e| Value::Time(e.ingested_ms)))
            }
            Place::System(System::Pointer) => {
                Cow::Owned(self.pointer.map_or(Value::Null, |pointer| self.context.pointer.of(pointer).into()))
            }
            Place::System(system) => Cow::Owned(self.system_text(system).map_or(Value::Null, Value::from)),
        }
    }

    /// The text at a place, without a copy where it can be.
    pub(super) fn text(&self, place: Place) -> Option<Cow<'_, str>> {
        match place {
            Place::Slot(slot) => self.slots.get(slot)?.text(),
            Place::Input(index) => self.input(index)?.text(),
            Place::System(System::Timestamp | System::IngestionTime | System::Pointer) => {
                Some(self.value(place).text()?.into_owned().into())
            }
            Place::System(system) => self.system_text(system).map(Cow::Borrowed),
        }
    }

    /// A text that every event has; none of a row.
    pub(super) fn system_text(&self, system: System) -> Option<&'r str> {
        let event = self.event()?;
        match system {
            System::Message => Some(event.message),
            System::LogStream => Some(event.stream),
            System::Log => Some(event.log),
            System::Account => Some(event.account),
            System::Region => Some(event.region),
            System::Timestamp | System::IngestionTime | System::Pointer => None,
        }
    }

    fn event(&self) -> Option<&'r Event<'r>> {
        match self.inputs {
            Inputs::Event { event, .. } => Some(event),
            Inputs::Row(_) => None,
        }
    }

    fn input(&self, index: usize) -> Option<&Value> {
        match &self.inputs {
            Inputs::Row(values) => values.get(index),
            Inputs::Event { event, discovery, discovered } => {
                let text = event.transformed.unwrap_or(event.message);
                let values = discovered.get_or_init(|| discover(text, &discovery.wanted));
                values.get(*discovery.positions.get(index)?)
            }
        }
    }
}
