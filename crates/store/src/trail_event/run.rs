//! The rows that a look-up asks for in one run of one file, newest first, read a few
//! blocks at a time.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use base::Timestamp;

use super::files::LiveFile;
use super::index::{BLOCK_ROWS, Index, Run};
use super::lookup::Query;
use super::reader::OpenFile;
use super::schema::{Column, resources_of};
use super::{Attribute, Cursor};
use crate::error::StoreError;

/// Blocks that are read at a time at most; the first time it is one.
const BLOCKS_MAX: usize = 32;
/// Blocks that are read the first time when a token has narrowed them: nearly each has a row.
const TOKEN_BLOCKS: usize = 4;

/// Goes through one run.
pub(super) struct RunCursor {
    query: Arc<Query>,
    range: usize,
    file: Arc<LiveFile>,
    opened: Option<Opened>,
    // Rows that match, in order, with their places in the file.
    ready: VecDeque<(Cursor, usize)>,
}

struct Opened {
    file: Arc<OpenFile>,
    // Row ranges of the candidate blocks that are not read yet, with the latest time in each.
    blocks: VecDeque<(Range<usize>, i64)>,
    step: usize,
}

impl RunCursor {
    /// The rows of `query`'s range number `range` in a file.
    pub fn new(query: Arc<Query>, range: usize, file: Arc<LiveFile>) -> Self {
        Self { query, range, file, opened: None, ready: VecDeque::new() }
    }

    /// Takes the next row if its place is exactly `bound`.
    pub fn take_at(&mut self, bound: Cursor) -> Option<usize> {
        self.ready.pop_front_if(|(place, _)| *place == bound).map(|(_, row)| row)
    }

    /// The place of the next row, or the highest place it may have; `None` at the end.
    /// Reads blocks when the rows at hand are used up.
    pub fn bound(&mut self) -> Result<Option<Cursor>, StoreError> {
        if let Some((place, _)) = self.ready.front() {
            return Ok(Some(*place));
        }
        match &mut self.opened {
            None => self.opened = Some(self.open()?),
            Some(opened) => {
                let take = opened.step.min(opened.blocks.len());
                opened.step = (opened.step * 2).min(BLOCKS_MAX);
                let blocks: Vec<_> = opened.blocks.drain(..take).map(|(rows, _)| rows).collect();
                let file = opened.file.clone();
                if !blocks.is_empty() {
                    self.read(&file, &blocks)?;
                }
            }
        }
        if let Some((place, _)) = self.ready.front() {
            return Ok(Some(*place));
        }
        let next = self.opened.as_ref().and_then(|opened| opened.blocks.front());
        Ok(next.map(|(_, time)| {
            let highest = Cursor { time: Timestamp::from_millis(*time), lsn: u64::MAX };
            highest.min(self.query.below)
        }))
    }

    /// Opens the file and picks the blocks by account, region, time and token.
    fn open(&self) -> Result<Opened, StoreError> {
        let file = self.file.open()?;
        let range = &self.query.ranges[self.range];
        let run = file.index().run(&range.scope);
        let run = run.filter(|run| !range.global_only || run.global_rows > 0);
        let mut blocks = run.map_or_else(VecDeque::new, |run| blocks_in_time(file.index(), run, &self.query));
        if let Some(token) = self.query.token
            && !blocks.is_empty()
        {
            let candidates = file.candidates(token)?;
            blocks.retain(|(rows, _)| {
                let block = rows.start / BLOCK_ROWS;
                candidates.get(block / 8).is_some_and(|bits| bits & (1 << (block % 8)) != 0)
            });
        }
        let step = if self.query.token.is_some() { TOKEN_BLOCKS } else { 1 };
        Ok(Opened { file, blocks, step })
    }

    /// Reads what is needed to tell which rows match.
    fn read(&mut self, file: &OpenFile, blocks: &[Range<usize>]) -> Result<(), StoreError> {
        let global_only = self.query.ranges[self.range].global_only;
        let mut columns = vec![Column::Time, Column::Lsn];
        if global_only {
            columns.push(Column::Global);
        }
        columns.extend(self.query.attribute.as_ref().map(column_of));
        let mut places = blocks.iter().cloned().flatten();
        for batch in file.read(&columns, blocks)? {
            let matches = Matches::new(&batch, global_only, self.query.attribute.as_ref());
            let matches = matches.ok_or_else(|| StoreError::damaged(file.path(), "a column has the wrong type"))?;
            for at in 0..batch.num_rows() {
                let row = places.next();
                let row = row.ok_or_else(|| StoreError::damaged(file.path(), "a block holds too many rows"))?;
                let place = matches.place(at);
                if place < self.query.below && place.time >= self.query.lo && matches.row(at) {
                    self.ready.push_back((place, row));
                }
            }
        }
        Ok(())
    }
}

/// The blocks of a run that may hold times asked for, cut to the run.
fn blocks_in_time(index: &Index, run: &Run, query: &Query) -> VecDeque<(Range<usize>, i64)> {
    let end = run.start + run.rows;
    let (lo, hi) = (query.lo.millis(), query.below.time.millis());
    let mut blocks = VecDeque::new();
    for block in run.start / BLOCK_ROWS..end.div_ceil(BLOCK_ROWS) {
        let rows = run.start.max(block * BLOCK_ROWS)..end.min((block + 1) * BLOCK_ROWS);
        // The first row of a block has its latest time, unless the run starts inside.
        let latest = if rows.start % BLOCK_ROWS == 0 { index.block_times.get(block).copied() } else { None };
        let latest = latest.unwrap_or(run.time_max);
        // The next block, if it is of this run, starts no later than this one ends.
        let earliest = if rows.end < end { index.block_times.get(block + 1).copied() } else { None };
        let earliest = earliest.unwrap_or(run.time_min);
        if latest >= lo && earliest <= hi {
            blocks.push_back((rows, latest));
        }
    }
    blocks
}

fn column_of(attribute: &Attribute) -> Column {
    match attribute {
        Attribute::EventId(_) => Column::EventId,
        Attribute::EventName(_) => Column::EventName,
        Attribute::ReadOnly(_) => Column::ReadOnly,
        Attribute::Username(_) => Column::Username,
        Attribute::ResourceType(_) | Attribute::ResourceName(_) => Column::Resources,
        Attribute::EventSource(_) => Column::EventSource,
        Attribute::AccessKeyId(_) => Column::AccessKeyId,
    }
}

/// Tells which rows of a batch match.
struct Matches<'a> {
    times: &'a arrow_array::TimestampMillisecondArray,
    lsns: &'a arrow_array::Int64Array,
    global: Option<&'a arrow_array::BooleanArray>,
    attribute: Option<(&'a dyn Array, &'a Attribute)>,
}

impl<'a> Matches<'a> {
    // Columns come in the order of the file, whatever the order they were asked for in.
    fn new(batch: &'a RecordBatch, global_only: bool, attribute: Option<&'a Attribute>) -> Option<Self> {
        let mut columns = batch.columns().iter();
        let times = columns.next()?.as_primitive_opt::<TimestampMillisecondType>()?;
        let lsns = columns.next()?.as_primitive_opt::<Int64Type>()?;
        let global = if global_only { Some(columns.next()?.as_boolean_opt()?) } else { None };
        let attribute = match attribute {
            Some(attribute) => Some((&**columns.next()? as &dyn Array, attribute)),
            None => None,
        };
        Some(Self { times, lsns, global, attribute })
    }

    fn place(&self, at: usize) -> Cursor {
        let time = Timestamp::from_millis(self.times.value(at));
        Cursor { time, lsn: self.lsns.value(at).cast_unsigned() }
    }

    fn row(&self, at: usize) -> bool {
        self.global.is_none_or(|global| global.value(at))
            && self.attribute.is_none_or(|(column, attribute)| attribute.matches_column(column, at))
    }
}

impl Attribute {
    /// Whether the row at `at` of the attribute's column has this attribute.
    fn matches_column(&self, column: &dyn Array, at: usize) -> bool {
        match self {
            Self::EventId(value)
            | Self::EventName(value)
            | Self::Username(value)
            | Self::EventSource(value)
            | Self::AccessKeyId(value) => text_is(column, at, value),
            Self::ReadOnly(value) => column.as_boolean_opt().is_some_and(|flags| flags.value(at) == *value),
            Self::ResourceType(value) | Self::ResourceName(value) => {
                let resources = column.as_list_opt().and_then(|list| resources_of(list, at));
                let wanted = |(kinds, names)| if matches!(self, Self::ResourceType(_)) { kinds } else { names };
                resources.map(wanted).is_some_and(|texts| (0..texts.len()).any(|item| text_is(&texts, item, value)))
            }
        }
    }
}

fn text_is(column: &dyn Array, at: usize, value: &str) -> bool {
    column.as_string_opt::<i32>().is_some_and(|texts| texts.is_valid(at) && texts.value(at) == value)
}
