//! Scanning groups for a query, in parts that can be read in parallel.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, UInt64Array};
use arrow_schema::SchemaRef;
use base::Timestamp;

use super::block::Block;
use super::files::LiveFile;
use super::reader::OpenFile;
use super::scan::FileScan;
use super::schema::{SCAN_SCHEMA, SCAN_SCHEMA_WITHOUT_MESSAGES};
use super::table::{Inner, State};
use super::{GroupId, LogScan, Position, Scan, ScanBatch, ScanPart};
use crate::error::StoreError;
use crate::table_work::blocking;

/// Rows of a batch, unless one put has more.
const BATCH_ROWS: usize = 8192;

/// Events that a part of a scan has at least.
const PART_ROWS_MIN: usize = if cfg!(test) { 16 } else { 32 << 10 };

/// The events of a put that a scan asks for.
type BlockRows = (Arc<Block>, Range<usize>);

impl Inner {
    /// See [`LogEvents::scan`](super::LogEvents::scan).
    pub async fn scan(&self, scan: LogScan) -> Result<Scan, StoreError> {
        let (blocks, files) = {
            let state = self.state();
            let groups: Vec<GroupId> = scan.groups.iter().map(|(group, _)| *group).collect();
            let times = (scan.from.millis(), scan.to.millis().saturating_sub(1));
            (block_rows(&state, &scan), self.contents.files_with(&state.files, &groups, times, Position(0)))
        };
        blocking("scanning log events", move || {
            let mut scanned = Scan { parts: Vec::new(), events: 0, bytes: 0 };
            let mut ranges = Vec::new();
            for file in files {
                ranges.extend(file_rows(file, &scan, &mut scanned)?);
            }
            let in_memory = blocks.iter().map(|(_, rows)| rows.len()).sum::<usize>();
            let all = in_memory + ranges.iter().map(FileRows::len).sum::<usize>();
            let part_rows = all.div_ceil(cores()).max(PART_ROWS_MIN);
            scanned.events += in_memory as u64;
            scanned.bytes += blocks.iter().map(text_bytes).sum::<u64>();
            // Files first: they take longest.
            ranges.into_iter().for_each(|rows| scanned.parts.extend(rows.parts(&scan, part_rows)));
            scanned.parts.extend(block_parts(blocks, &scan, part_rows));
            Ok(scanned)
        })
        .await
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The events of puts in memory in the window of a scan and of their group.
fn block_rows(state: &State, scan: &LogScan) -> Vec<BlockRows> {
    let mut found = Vec::new();
    for (group, kept_from) in &scan.groups {
        let blocks = state.heads().flat_map(|head| head.blocks(*group, None));
        let rows = blocks.map(|block| (block.clone(), block.in_window(scan.from.max(*kept_from), scan.to)));
        found.extend(rows.filter(|(_, rows)| !rows.is_empty()));
    }
    found
}

fn text_bytes((block, rows): &BlockRows) -> u64 {
    match rows.len() == block.len() {
        true => block.text_bytes(),
        false => rows.clone().map(|at| u64::from(block.span(at).1)).sum(),
    }
}

/// Rows of a file that a scan asks for from a time on.
struct FileRows {
    file: Arc<LiveFile>,
    open: Arc<OpenFile>,
    from: Timestamp,
    // Ascending, and apart.
    ranges: Vec<Range<usize>>,
}

/// The rows of the scan's groups in a file; groups that begin at the same time are read together. Counts the events
/// in the window.
fn file_rows(file: Arc<LiveFile>, scan: &LogScan, counted: &mut Scan) -> Result<Vec<FileRows>, StoreError> {
    let open = file.open()?;
    let mut by_start: BTreeMap<Timestamp, Vec<Range<usize>>> = BTreeMap::new();
    for (group, kept_from) in &scan.groups {
        let from = scan.from.max(*kept_from);
        let rows = count(&open, *group, from..scan.to, counted)?;
        if !rows.is_empty() {
            by_start.entry(from).or_default().push(rows);
        }
    }
    let rows_from = |(from, mut ranges): (Timestamp, Vec<Range<usize>>)| {
        ranges.sort_unstable_by_key(|rows| rows.start);
        ranges.dedup_by(|next, before| {
            let joined = next.start == before.end;
            if joined {
                before.end = next.end;
            }
            joined
        });
        FileRows { file: file.clone(), open: open.clone(), from, ranges }
    };
    Ok(by_start.into_iter().map(rows_from).collect())
}

/// Counts the events of a group in a window, and gives the rows that they are among. The bytes of a stream that is
/// partly in the window are taken to be spread evenly over its rows.
fn count(
    open: &OpenFile,
    group: GroupId,
    window: Range<Timestamp>,
    counted: &mut Scan,
) -> Result<Range<usize>, StoreError> {
    let mut found: Option<Range<usize>> = None;
    for stream in open.summary()?.group(group) {
        let (first, last) = (stream.stats.first, stream.stats.last);
        let rows = match first >= window.start && last < window.end {
            true => stream.rows.clone(),
            false if last < window.start || first >= window.end => continue,
            false => open.window(stream.rows.clone(), window.start, window.end)?,
        };
        counted.events += rows.len() as u64;
        counted.bytes += stream.bytes * rows.len() as u64 / stream.rows.len() as u64;
        if !rows.is_empty() {
            found = Some(found.map_or(rows.start, |found| found.start)..rows.end);
        }
    }
    Ok(found.unwrap_or_default())
}

impl FileRows {
    fn len(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// Parts of about `part_rows` rows each, of whole pages.
    fn parts(self, scan: &LogScan, part_rows: usize) -> Vec<ScanPart> {
        let mut parts: Vec<Vec<Range<usize>>> = vec![Vec::new()];
        let mut filled = 0;
        for range in &self.ranges {
            for page in self.open.pages_of(range) {
                let of_page = self.open.page_rows(page);
                let rows = range.start.max(of_page.start)..range.end.min(of_page.end);
                if filled >= part_rows {
                    parts.push(Vec::new());
                    filled = 0;
                }
                filled += rows.len();
                let part = parts.last_mut().expect("there is one from the start");
                match part.last_mut() {
                    Some(last) if last.end == rows.start => last.end = rows.end,
                    _ => part.push(rows),
                }
            }
        }
        let part = |ranges| {
            let needle = scan.needle.clone();
            let scan = FileScan { ranges, from: self.from, to: scan.to, needle, messages: scan.messages };
            let live = self.file.clone();
            let batches = self.open.clone().scan(scan);
            Box::new(batches.inspect(move |_| {
                // The file stays on disk as long as the part is read.
                let _stays = &live;
            })) as ScanPart
        };
        parts.into_iter().map(part).collect()
    }
}

/// Parts over puts in memory, of about `part_rows` events each.
fn block_parts(blocks: Vec<BlockRows>, scan: &LogScan, part_rows: usize) -> Vec<ScanPart> {
    let schema = if scan.messages { &SCAN_SCHEMA } else { &SCAN_SCHEMA_WITHOUT_MESSAGES };
    let mut parts: Vec<Vec<BlockRows>> = Vec::new();
    let mut filled = part_rows;
    for rows in blocks {
        if filled >= part_rows {
            parts.push(Vec::new());
            filled = 0;
        }
        filled += rows.1.len();
        parts.last_mut().expect("a part was just made sure of").push(rows);
    }
    let part = |blocks| Box::new(BlockPart { blocks, at: 0, schema: SchemaRef::clone(schema) }) as ScanPart;
    parts.into_iter().map(part).collect()
}

struct BlockPart {
    blocks: Vec<BlockRows>,
    at: usize,
    schema: SchemaRef,
}

impl Iterator for BlockPart {
    type Item = Result<ScanBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let mut rows = 0;
        while let Some((_, more)) =
            self.blocks.get(self.at).filter(|(_, more)| rows == 0 || rows + more.len() <= BATCH_ROWS)
        {
            rows += more.len();
            self.at += 1;
        }
        if rows == 0 {
            return None;
        }
        let rows = batch(&self.schema, &self.blocks[start..self.at]);
        Some(Ok(ScanBatch { rows, skipped_events: 0, skipped_bytes: 0 }))
    }
}

/// The events as columns; messages stay where they are.
fn batch(schema: &SchemaRef, blocks: &[BlockRows]) -> RecordBatch {
    let each = || blocks.iter().flat_map(|(block, rows)| rows.clone().map(move |at| (block, at)));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(each().map(|(block, _)| block.group.0))),
        Arc::new(UInt64Array::from_iter_values(each().map(|(block, _)| block.stream.0))),
        Arc::new(Int64Array::from_iter_values(each().map(|(block, at)| block.place(at).time.millis()))),
        Arc::new(Int64Array::from_iter_values(each().map(|(block, _)| block.ingested.millis()))),
        Arc::new(UInt64Array::from_iter_values(each().map(|(block, at)| block.place(at).position.0))),
    ];
    if schema.fields().len() > columns.len() {
        let mut messages = StringViewBuilder::new();
        for (block, rows) in blocks {
            let buffer = messages.append_block(block.row().clone().into());
            for at in rows.clone() {
                let (start, len) = block.span(at);
                messages.try_append_view(buffer, start, len).expect("messages are text within the row");
            }
        }
        columns.push(Arc::new(messages.finish()));
    }
    RecordBatch::try_new(schema.clone(), columns).expect("the columns are those of the schema")
}
