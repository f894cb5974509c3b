//! The commands of queries (logs.md §7.6): one file each, and the table that names them.

use std::fmt;

use super::QueryError;
use super::compile::Compiler;
use super::evaluate::Condition;
use super::parser::Parser;
use super::record::{Place, Record};
use super::{RunError, Value};

pub mod dedup;
pub mod display;
pub mod fields;
pub mod filter;
pub mod filter_index;
pub mod limit;
pub mod lookup;
pub mod parse;
pub mod pattern;
pub mod sort;
pub mod source;
pub mod stats;
pub mod unmask;
pub mod unnest;

mod barrier;

pub(super) use barrier::{Barrier, Kept, State};

/// A command.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Command {
    Dedup(dedup::Dedup),
    Display(display::Display),
    Fields(fields::Fields),
    Filter(filter::Filter),
    FilterIndex(filter_index::FilterIndex),
    Limit(limit::Limit),
    Lookup(lookup::Lookup),
    Parse(parse::Parse),
    Pattern(pattern::Pattern),
    Sort(sort::Sort),
    Source(source::Source),
    Stats(stats::Stats),
    Unmask(unmask::Unmask),
    Unnest(unnest::Unnest),
}

/// What reads a command once its name is read.
type Read = fn(&mut Parser<'_>) -> Result<Command, QueryError>;

/// Every command by its name, in lower case.
const COMMANDS: [(&str, Read); 15] = [
    ("dedup", |parser| dedup::Dedup::read(parser).map(Command::Dedup)),
    ("display", |parser| display::Display::read(parser).map(Command::Display)),
    ("fields", |parser| fields::Fields::read(parser).map(Command::Fields)),
    ("filter", |parser| filter::Filter::read(parser).map(Command::Filter)),
    ("filterindex", |parser| filter_index::FilterIndex::read(parser).map(Command::FilterIndex)),
    ("limit", |parser| limit::Limit::read(parser).map(Command::Limit)),
    ("lookup", |parser| lookup::Lookup::read(parser).map(Command::Lookup)),
    ("parse", |parser| parse::Parse::read(parser).map(Command::Parse)),
    ("pattern", |parser| pattern::Pattern::read(parser).map(Command::Pattern)),
    ("sort", |parser| sort::Sort::read(parser).map(Command::Sort)),
    ("source", |parser| source::Source::read(parser).map(Command::Source)),
    ("stats", |parser| stats::Stats::read(parser).map(Command::Stats)),
    ("unmask", |parser| unmask::Unmask::read(parser).map(Command::Unmask)),
    ("unnest", |parser| unnest::Unnest::read(parser).map(Command::Unnest)),
    ("where", |parser| filter::Filter::read(parser).map(Command::Filter)),
];

/// Commands of AWS that are refused by name.
pub(super) const REFUSED: [&str; 17] = [
    "accum",
    "addtotals",
    "anomaly",
    "appendcols",
    "autoregress",
    "cidrlookup",
    "countfrequent",
    "diff",
    "estimate",
    "expand",
    "filldown",
    "fillmissing",
    "join",
    "logcompare",
    "outlier",
    "relevantfields",
    "sessionize",
];

impl Command {
    /// Reads a command.
    pub(super) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let Some(word) = parser.word().map(str::to_ascii_lowercase) else { return Err(parser.unexpected()) };
        if REFUSED.contains(&word.as_str()) {
            return Err(parser.refuse(format!("The command {word} is not supported")));
        }
        let Some((_, read)) = COMMANDS.iter().find(|(name, _)| *name == word) else { return Err(parser.unexpected()) };
        parser.advance()?;
        read(parser)
    }

    /// Binds the command.
    pub(super) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        match self {
            Self::Dedup(dedup) => dedup.compile(compiler),
            Self::Display(display) => display.compile(compiler),
            Self::Fields(fields) => fields.compile(compiler),
            Self::Filter(filter) => filter.compile(compiler),
            Self::FilterIndex(filter) => filter.compile(compiler),
            Self::Limit(limit) => limit.compile(compiler),
            Self::Lookup(lookup) => lookup.compile(compiler),
            Self::Parse(parse) => parse.compile(compiler),
            Self::Pattern(pattern) => pattern.compile(compiler),
            Self::Sort(sort) => sort.compile(compiler),
            // Which groups are read is for the caller.
            Self::Source(_) => Ok(()),
            Self::Stats(stats) => stats.compile(compiler),
            Self::Unmask(unmask) => unmask.compile(compiler),
            Self::Unnest(unnest) => unnest.compile(compiler),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dedup(dedup) => dedup.fmt(f),
            Self::Display(display) => display.fmt(f),
            Self::Fields(fields) => fields.fmt(f),
            Self::Filter(filter) => filter.fmt(f),
            Self::FilterIndex(filter) => filter.fmt(f),
            Self::Limit(limit) => limit.fmt(f),
            Self::Lookup(lookup) => lookup.fmt(f),
            Self::Parse(parse) => parse.fmt(f),
            Self::Pattern(pattern) => pattern.fmt(f),
            Self::Sort(sort) => sort.fmt(f),
            Self::Source(source) => source.fmt(f),
            Self::Stats(stats) => stats.fmt(f),
            Self::Unmask(unmask) => unmask.fmt(f),
            Self::Unnest(unnest) => unnest.fmt(f),
        }
    }
}

/// What a record goes through, one after another.
pub(super) trait Step: fmt::Debug + Send + Sync {
    /// Takes a record.
    fn run(&self, record: &mut Record<'_>) -> Flow;

    /// Calls with each place that is read.
    fn reads(&self, visit: &mut dyn FnMut(Place));

    /// The slots that are filled. Where nobody reads them, the step is dropped.
    fn makes(&self) -> &[usize] {
        &[]
    }

    /// The condition that records must meet, if that is all the step does.
    fn condition(&self) -> Option<&Condition> {
        None
    }

    /// Whether the step decides how many records there are.
    fn decides(&self) -> bool {
        self.condition().is_some()
    }

    /// The slots that hold a part of `@message`, or nothing.
    fn parts_of_message(&self) -> &[usize] {
        &[]
    }
}

/// Where a record goes after a step.
#[derive(Debug)]
pub(super) enum Flow {
    /// To the next.
    On,
    /// Nowhere.
    Out,
    /// To the next, once for each of these values in a slot.
    Each(usize, Vec<Value>),
}

/// Sends a record through steps, and what comes out to `sink`.
pub(super) fn drive(
    steps: &[Box<dyn Step>],
    record: &mut Record<'_>,
    sink: &mut dyn FnMut(&Record<'_>) -> Result<(), RunError>,
) -> Result<(), RunError> {
    for (index, step) in steps.iter().enumerate() {
        match step.run(record) {
            Flow::On => {}
            Flow::Out => return Ok(()),
            Flow::Each(slot, values) => {
                let element = record.element;
                for (number, value) in (0u64..).zip(values) {
                    // Elements of elements keep their order. There are never so many that this wraps.
                    record.element = element.wrapping_mul(1 << 20).wrapping_add(number);
                    record.slots[slot] = value;
                    drive(&steps[index + 1..], record, sink)?;
                }
                record.element = element;
                return Ok(());
            }
        }
    }
    sink(record)
}
