//! Reading many rows of a file: for queries in columns, and for merges one by one.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, UInt64Array};
use arrow_select::filter::filter_record_batch;
use base::Timestamp;
use lang::needle::Needle;

use super::page::{MessagePage, PageSet};
use super::reader::OpenFile;
use super::schema::{Column, Row, SCAN_SCHEMA, SCAN_SCHEMA_WITHOUT_MESSAGES};
use super::search::Search;
use super::{GroupId, Position, ScanBatch, StreamId};
use crate::error::StoreError;

/// Rows of a batch at most.
const BATCH_ROWS: usize = 8192;

/// Which rows a scan gives.
#[derive(Clone, Debug)]
pub(crate) struct FileScan {
    /// Ranges of rows, ascending, that do not touch.
    pub ranges: Vec<Range<usize>>,
    /// The earliest time, inclusive.
    pub from: Timestamp,
    /// The latest time, exclusive.
    pub to: Timestamp,
    /// What messages must contain to be worth a look.
    pub needle: Needle,
    /// Whether messages are read; else that column is absent from the batches.
    pub messages: bool,
}

impl OpenFile {
    /// Rows for a query: those in the ranges and the window, but for such as the index, or a look for the needle
    /// through a page's buffer, rules out; these are counted as passed over. The bytes of a page that the index
    /// rules out are known for the whole page only: of part of it as many are counted as it has of the rows.
    pub fn scan(self: Arc<Self>, scan: FileScan) -> impl Iterator<Item = Result<ScanBatch, StoreError>> + Send {
        let mut scanner = Scanner::new(self, scan);
        let mut failed = false;
        std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let next = scanner.next_batch();
            failed = next.is_err();
            next.transpose()
        })
    }

    /// All rows in order, a page in memory at a time.
    pub fn row_stream(self: Arc<Self>) -> RowStream {
        RowStream { file: self, page: None, next_page: 0, at: 0 }
    }
}

struct Scanner {
    file: Arc<OpenFile>,
    scan: FileScan,
    search: Option<Search>,
    candidates: Option<PageSet>,
    // Parts of pages that are still to be read, last first.
    parts: Vec<(usize, Range<usize>)>,
    // Rows of a page that are still to be given.
    batch: Option<RecordBatch>,
    skipped_events: u64,
    skipped_bytes: u64,
}

impl Scanner {
    fn new(file: Arc<OpenFile>, scan: FileScan) -> Self {
        let mut parts = Vec::new();
        for range in scan.ranges.iter().rev().filter(|range| !range.is_empty()) {
            parts.extend(file.pages_of(range).rev().map(|page| {
                let rows = file.page_rows(page);
                (page, rows.start.max(range.start)..rows.end.min(range.end))
            }));
        }
        let search = Search::new(&scan.needle);
        Self { file, scan, search, candidates: None, parts, batch: None, skipped_events: 0, skipped_bytes: 0 }
    }

    fn next_batch(&mut self) -> Result<Option<ScanBatch>, StoreError> {
        loop {
            if let Some(rows) = self.batch.take() {
                let (now, later) = split(rows);
                self.batch = later;
                return Ok(Some(self.counted(now)));
            }
            match self.parts.pop() {
                Some((page, rows)) => self.read(page, rows)?,
                // What was passed over after the last row is told with no rows.
                None if self.skipped_events > 0 => {
                    return Ok(Some(self.counted(RecordBatch::new_empty(self.schema().clone()))));
                }
                None => return Ok(None),
            }
        }
    }

    fn counted(&mut self, rows: RecordBatch) -> ScanBatch {
        let skipped_events = std::mem::take(&mut self.skipped_events);
        ScanBatch { rows, skipped_events, skipped_bytes: std::mem::take(&mut self.skipped_bytes) }
    }

    fn schema(&self) -> &'static arrow_schema::SchemaRef {
        if self.scan.messages { &SCAN_SCHEMA } else { &SCAN_SCHEMA_WITHOUT_MESSAGES }
    }

    /// Makes the batch of a page's rows, if any of them is wanted.
    fn read(&mut self, page: usize, rows: Range<usize>) -> Result<(), StoreError> {
        let (first, last) = self.file.page_times(page);
        if last < self.scan.from || first >= self.scan.to {
            return Ok(());
        }
        let first_row = self.file.page_rows(page).start;
        let all_in_window = first >= self.scan.from && last < self.scan.to;
        let times = if all_in_window { None } else { Some(self.file.page_numbers(page, Column::Time)?) };
        let window = self.scan.from.millis()..self.scan.to.millis();
        let in_window = |row: &usize| times.as_ref().is_none_or(|times| window.contains(&times[row - first_row]));
        let events = if all_in_window { rows.len() } else { rows.clone().filter(in_window).count() };
        if events == 0 {
            return Ok(());
        }
        if !self.may_match(page)? {
            let of_page = self.file.page_message_bytes(page) as u64;
            self.skipped_events += events as u64;
            self.skipped_bytes += of_page * events as u64 / self.file.page_rows(page).len() as u64;
            return Ok(());
        }
        let looks = self.scan.messages || self.search.is_some();
        let messages = if looks { Some(self.file.messages_once(page)?) } else { None };
        let mut wanted: Option<Vec<usize>> = None;
        if let (Some(search), Some(messages)) = (&self.search, &messages) {
            let found: Vec<usize> = search.rows(messages, rows.clone()).into_iter().filter(in_window).collect();
            let bytes = |rows: &mut dyn Iterator<Item = usize>| -> u64 {
                rows.map(|row| messages.message(row).len() as u64).sum()
            };
            let of_all = match all_in_window {
                true => messages.bytes(rows.clone()) as u64,
                false => bytes(&mut rows.clone().filter(in_window)),
            };
            self.skipped_events += (events - found.len()) as u64;
            self.skipped_bytes += of_all - bytes(&mut found.iter().copied());
            wanted = Some(found);
        } else if events < rows.len() {
            wanted = Some(rows.clone().filter(in_window).collect());
        }
        if wanted.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        let batch = self.columns(page, &rows, messages.as_deref().filter(|_| self.scan.messages))?;
        self.batch = Some(match wanted {
            Some(wanted) if wanted.len() < rows.len() => keep(&batch, &rows, &wanted),
            _ => batch,
        });
        Ok(())
    }

    fn may_match(&mut self, page: usize) -> Result<bool, StoreError> {
        if self.search.is_none() {
            return Ok(true);
        }
        let candidates = match self.candidates.take() {
            Some(candidates) => candidates,
            None => self.file.candidates(&self.scan.needle)?,
        };
        Ok(self.candidates.insert(candidates).contains(page))
    }

    fn columns(
        &self,
        page: usize,
        rows: &Range<usize>,
        messages: Option<&MessagePage>,
    ) -> Result<RecordBatch, StoreError> {
        let first = self.file.page_rows(page).start;
        let within = rows.start - first..rows.end - first;
        let signed = |column| -> Result<ArrayRef, StoreError> {
            let numbers = self.file.page_numbers(page, column)?;
            Ok(Arc::new(Int64Array::from_iter_values(numbers[within.clone()].iter().copied())))
        };
        let unsigned = |column| -> Result<ArrayRef, StoreError> {
            let numbers = self.file.page_numbers(page, column)?;
            let numbers = numbers[within.clone()].iter().map(|number| number.cast_unsigned());
            Ok(Arc::new(UInt64Array::from_iter_values(numbers)))
        };
        let mut columns = vec![
            unsigned(Column::Group)?,
            unsigned(Column::Stream)?,
            signed(Column::Time)?,
            signed(Column::Ingested)?,
            unsigned(Column::Position)?,
        ];
        if let Some(messages) = messages {
            columns.push(Arc::new(messages.views(rows.clone())));
        }
        Ok(RecordBatch::try_new(self.schema().clone(), columns).expect("the columns are those of the schema"))
    }
}

fn split(rows: RecordBatch) -> (RecordBatch, Option<RecordBatch>) {
    match rows.num_rows() {
        all if all > BATCH_ROWS => (rows.slice(0, BATCH_ROWS), Some(rows.slice(BATCH_ROWS, all - BATCH_ROWS))),
        _ => (rows, None),
    }
}

fn keep(batch: &RecordBatch, rows: &Range<usize>, wanted: &[usize]) -> RecordBatch {
    let mut mask = vec![false; rows.len()];
    wanted.iter().for_each(|row| mask[row - rows.start] = true);
    filter_record_batch(batch, &BooleanArray::from(mask)).expect("the mask is as long as the batch")
}

/// The rows of a file, in order.
pub(crate) struct RowStream {
    file: Arc<OpenFile>,
    page: Option<Rows>,
    next_page: usize,
    // The row at hand within the page.
    at: usize,
}

struct Rows {
    groups: Vec<i64>,
    streams: Vec<i64>,
    times: Vec<i64>,
    ingested: Vec<i64>,
    positions: Vec<i64>,
    messages: Arc<MessagePage>,
}

impl RowStream {
    /// The row at hand; `None` after the last. Reads its page if need be.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn peek(&mut self) -> Result<Option<Row<'_>>, StoreError> {
        let ended = self.page.as_ref().is_none_or(|page| self.at >= page.messages.rows().len());
        if ended {
            // The page goes before the next one comes.
            self.page = None;
            if self.next_page == self.file.pages() {
                return Ok(None);
            }
            self.page = Some(self.read(self.next_page)?);
            self.next_page += 1;
            self.at = 0;
        }
        let at = self.at;
        Ok(self.page.as_ref().map(|page| Row {
            group: GroupId(page.groups[at].cast_unsigned()),
            stream: StreamId(page.streams[at].cast_unsigned()),
            time: Timestamp::from_millis(page.times[at]),
            ingested: Timestamp::from_millis(page.ingested[at]),
            position: Position(page.positions[at].cast_unsigned()),
            message: page.messages.message(page.messages.rows().start + at),
        }))
    }

    /// Goes on to the next row.
    pub fn advance(&mut self) {
        self.at += 1;
    }

    fn read(&self, page: usize) -> Result<Rows, StoreError> {
        let numbers = |column| self.file.page_numbers(page, column);
        Ok(Rows {
            groups: numbers(Column::Group)?,
            streams: numbers(Column::Stream)?,
            times: numbers(Column::Time)?,
            ingested: numbers(Column::Ingested)?,
            positions: numbers(Column::Position)?,
            messages: self.file.messages_once(page)?,
        })
    }
}
