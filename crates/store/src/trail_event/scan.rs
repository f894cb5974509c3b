//! Scans: the columns of many events, for queries, in parts that can be read in parallel.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_schema::{Schema, SchemaRef};
use base::{AccountId, Region, Scope, Timestamp};

use super::files::LiveFile;
use super::index::{BLOCK_ROWS, Run};
use super::reader::OpenFile;
use super::schema::{Column, Row, SCHEMA, to_batch};
use super::token::Token;
use super::{Attribute, TrailEvent, TrailEvents};
use crate::error::StoreError;

/// Rows of a part at most: a whole number of blocks. Tests have several parts in small files.
const PART_ROWS: usize = if cfg!(test) { 2 } else { 256 } * BLOCK_ROWS;
/// Blocks that are read at a time.
const READ_BLOCKS: usize = 4;

/// What a scan can read of an event; the names are those of the table's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailColumn {
    /// Text.
    Account,
    /// Text: the event's own region, also for events of global services.
    Region,
    /// Milliseconds, UTC.
    Time,
    /// Boolean.
    Global,
    /// Text.
    EventId,
    /// Text.
    EventName,
    /// Text.
    EventSource,
    /// Boolean.
    ReadOnly,
    /// Text or null.
    Username,
    /// Text or null.
    AccessKeyId,
    /// List of `type` (text or null) and `name` (text).
    Resources,
    /// JSON text.
    Record,
}

impl TrailColumn {
    /// All, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::Account,
        Self::Region,
        Self::Time,
        Self::Global,
        Self::EventId,
        Self::EventName,
        Self::EventSource,
        Self::ReadOnly,
        Self::Username,
        Self::AccessKeyId,
        Self::Resources,
        Self::Record,
    ];

    /// The columns as batches of a scan have them.
    pub fn schema(columns: &[Self]) -> SchemaRef {
        let fields: Vec<_> = columns.iter().map(|column| SCHEMA.fields()[column.stored() as usize].clone()).collect();
        Arc::new(Schema::new(fields))
    }

    fn stored(self) -> Column {
        match self {
            Self::Account => Column::Account,
            Self::Region => Column::Region,
            Self::Time => Column::Time,
            Self::Global => Column::Global,
            Self::EventId => Column::EventId,
            Self::EventName => Column::EventName,
            Self::EventSource => Column::EventSource,
            Self::ReadOnly => Column::ReadOnly,
            Self::Username => Column::Username,
            Self::AccessKeyId => Column::AccessKeyId,
            Self::Resources => Column::Resources,
            Self::Record => Column::Record,
        }
    }
}

/// A scan of events, in no order.
#[derive(Clone, Debug)]
pub struct TrailScan {
    /// Only this account; all when `None`.
    pub account: Option<AccountId>,
    /// Only events of this region; all when `None`.
    pub region: Option<Region>,
    /// The earliest time, inclusive.
    pub from: Timestamp,
    /// The latest time, exclusive.
    pub to: Timestamp,
    /// What events must have, all of it, to be worth a look.
    pub attributes: Vec<Attribute>,
    /// What is read of each, in this order; at least one.
    pub columns: Vec<TrailColumn>,
}

impl TrailScan {
    fn wants(&self, scope: &Scope) -> bool {
        self.account.as_ref().is_none_or(|account| *account == scope.account)
            && self.region.as_ref().is_none_or(|region| *region == scope.region)
    }
}

/// A scan as taken: what it reads is as of one moment.
pub struct TrailScanned {
    /// Parts that can be read in parallel.
    pub parts: Vec<TrailPart>,
    /// Rows in the accounts, regions and times, before the index passes any over.
    pub rows: u64,
}

/// A part of a scan. Reading blocks.
///
/// Batches have the columns that were asked for. Rows are exactly those of the account, the
/// region and the times; some may lack the attributes. Columns are not held against the
/// checksum that each row has, which is over all of them.
pub type TrailPart = Box<dyn Iterator<Item = Result<RecordBatch, StoreError>> + Send>;

impl TrailEvents {
    /// Takes a scan. Events past the retention are not in it.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn scan(&self, mut scan: TrailScan) -> Result<TrailScanned, StoreError> {
        self.inner.see_batched().await?;
        scan.from = scan.from.max(self.inner.oldest());
        let scan = Arc::new(scan);
        let times = (scan.from, scan.to);
        let mut memory = Vec::new();
        let files = self.inner.see(|head| {
            memory.extend(head.within(|scope| scan.wants(scope), times, &scan.attributes).cloned());
        });
        let mut scanned = TrailScanned { rows: memory.len() as u64, parts: Vec::new() };
        if !memory.is_empty() {
            scanned.parts.push(memory_part(scan.clone(), memory));
        }
        if scan.from >= scan.to {
            return Ok(scanned);
        }
        let overlaps =
            |file: &&Arc<LiveFile>| file.entry.time_max >= scan.from.millis() && file.entry.time_min < scan.to.millis();
        let files: Vec<_> = files.iter().filter(overlaps).cloned().collect();
        let planned = tokio::task::spawn_blocking(move || {
            for file in files {
                add_file(&scan, &file, &mut scanned)?;
            }
            Ok(scanned)
        });
        planned.await.map_err(|error| StoreError::failed("planning a scan of events", error))?
    }
}

fn memory_part(scan: Arc<TrailScan>, events: Vec<Arc<TrailEvent>>) -> TrailPart {
    let mut events = events.into_iter();
    Box::new(std::iter::from_fn(move || {
        let rows: Vec<_> = events.by_ref().take(BLOCK_ROWS).map(|event| Row { lsn: 0, event }).collect();
        (!rows.is_empty()).then(|| Ok(projected(&to_batch(&rows), &scan.columns)))
    }))
}

fn projected(batch: &RecordBatch, columns: &[TrailColumn]) -> RecordBatch {
    let places: Vec<_> = columns.iter().map(|column| column.stored() as usize).collect();
    batch.project(&places).expect("the table has these columns")
}

/// Adds the parts of a file. Blocks.
fn add_file(scan: &Arc<TrailScan>, live: &Arc<LiveFile>, scanned: &mut TrailScanned) -> Result<(), StoreError> {
    let file = live.open()?;
    for run in file.index().runs().iter().filter(|run| scan.wants(&run.scope)) {
        let rows = rows_in_time(&file, run, scan)?;
        scanned.rows += rows.len() as u64;
        let mut start = rows.start;
        while start < rows.end {
            let end = rows.end.min((start / PART_ROWS + 1) * PART_ROWS);
            scanned.parts.push(Box::new(FilePart::new(scan.clone(), live.clone(), start..end)));
            start = end;
        }
    }
    Ok(())
}

/// The rows of a run that lie in the scan's times: it is sorted by time, newest first.
fn rows_in_time(file: &OpenFile, run: &Run, scan: &TrailScan) -> Result<Range<usize>, StoreError> {
    let end = run.start + run.rows;
    // The first row of the run that is before a time.
    let first_before = |time: Timestamp| -> Result<usize, StoreError> {
        let millis = time.millis();
        if run.time_max < millis {
            return Ok(run.start);
        }
        if run.time_min >= millis {
            return Ok(end);
        }
        // Blocks after the one that the run starts in, by the times of their first rows.
        let blocks = run.start / BLOCK_ROWS + 1..end.div_ceil(BLOCK_ROWS);
        let firsts = file.index().block_times.get(blocks.clone()).unwrap_or_default();
        let block = blocks.start - 1 + firsts.partition_point(|first| *first >= millis);
        let rows = run.start.max(block * BLOCK_ROWS)..end.min((block + 1) * BLOCK_ROWS);
        let mut at = rows.start;
        for batch in file.read(&[Column::Time], std::slice::from_ref(&rows))? {
            let times = batch.column(0).as_primitive_opt::<TimestampMillisecondType>();
            let times = times.ok_or_else(|| StoreError::damaged(file.path(), "a column has the wrong type"))?;
            at += times.values().partition_point(|time| *time >= millis);
        }
        Ok(at)
    };
    let (start, end) = (first_before(scan.to)?, first_before(scan.from)?);
    Ok(start..end.max(start))
}

/// Rows of one file.
struct FilePart {
    scan: Arc<TrailScan>,
    file: Arc<LiveFile>,
    rows: Range<usize>,
    opened: Option<Opened>,
    failed: bool,
}

struct Opened {
    file: Arc<OpenFile>,
    // The place of each column that was asked for among those that are read.
    places: Vec<usize>,
    // One bit a block, for each token.
    candidates: Vec<Vec<u8>>,
    ready: std::vec::IntoIter<RecordBatch>,
}

impl FilePart {
    fn new(scan: Arc<TrailScan>, file: Arc<LiveFile>, rows: Range<usize>) -> Self {
        Self { scan, file, rows, opened: None, failed: false }
    }

    fn read(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => self.opened.insert(open(&self.scan, &self.file)?),
        };
        loop {
            if let Some(batch) = opened.ready.next() {
                let columns = batch.project(&opened.places);
                return Ok(Some(columns.map_err(|_| StoreError::damaged(opened.file.path(), "a column is missing"))?));
            }
            let mut blocks = Vec::new();
            while self.rows.start < self.rows.end && blocks.len() < READ_BLOCKS {
                let block = self.rows.start / BLOCK_ROWS;
                let rows = self.rows.start..self.rows.end.min((block + 1) * BLOCK_ROWS);
                self.rows.start = rows.end;
                if opened.may_hold(block) {
                    blocks.push(rows);
                }
            }
            if blocks.is_empty() {
                return Ok(None);
            }
            let columns: Vec<_> = self.scan.columns.iter().map(|column| column.stored()).collect();
            opened.ready = opened.file.read(&columns, &merged(blocks))?.into_iter();
        }
    }
}

impl Iterator for FilePart {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        read.transpose()
    }
}

impl Opened {
    fn may_hold(&self, block: usize) -> bool {
        let holds = |bits: &Vec<u8>| bits.get(block / 8).is_some_and(|bits| bits & (1 << (block % 8)) != 0);
        self.candidates.iter().all(holds)
    }
}

fn open(scan: &TrailScan, file: &LiveFile) -> Result<Opened, StoreError> {
    let file = file.open()?;
    let tokens = scan.attributes.iter().filter_map(Token::of_attribute);
    let candidates = tokens.map(|token| file.candidates(token)).collect::<Result<_, _>>()?;
    // The reader gives columns in the order of the file, each once.
    let mut stored: Vec<_> = scan.columns.iter().map(|column| column.stored() as usize).collect();
    stored.sort_unstable();
    stored.dedup();
    let place = |column: &TrailColumn| stored.partition_point(|stored| *stored < column.stored() as usize);
    let places = scan.columns.iter().map(place).collect();
    Ok(Opened { file, places, candidates, ready: Vec::new().into_iter() })
}

/// The same rows in ranges that do not touch.
fn merged(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => merged.push(range),
        }
    }
    merged
}
