//! Scans: the columns of a store's events, for queries, in parts that can be read in parallel.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, BooleanArray, RecordBatch};
use base::Timestamp;
use parquet::arrow::arrow_reader::{ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReader, RowFilter};

use super::LakeColumn;
use super::files::LiveFile;
use super::partition::{number_of, partitions};
use super::reader::OpenFile;
use super::schema::{Row, values};
use super::table::Inner;
use crate::error::StoreError;
use crate::table_work::blocking;

/// Rows of a batch; fewer where whole records are among the columns.
const BATCH_ROWS: usize = if cfg!(test) { 24 } else { 8192 };
const RECORD_BATCH_ROWS: usize = if cfg!(test) { 10 } else { 1024 };

/// A scan of a store's events, in no order.
#[derive(Clone, Debug)]
pub struct LakeScan {
    /// The store.
    pub number: u32,
    /// The earliest time, inclusive.
    pub from: Timestamp,
    /// The latest time, exclusive.
    pub to: Timestamp,
    /// What columns must hold, all of it: text as it is, `true` or `false`, a time as milliseconds.
    pub equals: Vec<(LakeColumn, String)>,
    /// What is read of each, in this order; none when only the number of rows is wanted.
    pub columns: Vec<LakeColumn>,
}

impl LakeScan {
    fn wants(&self, row: &Row) -> bool {
        self.equals.iter().all(|(column, value)| row.is(*column, value))
    }

    fn batch_rows(&self) -> usize {
        if self.columns.contains(&LakeColumn::EventJson) { RECORD_BATCH_ROWS } else { BATCH_ROWS }
    }
}

/// A scan as taken: what it reads is as of one moment.
pub struct LakeScanned {
    /// Parts that can be read in parallel.
    pub parts: Vec<LakePart>,
    /// Rows of the store in the times, before any is passed over.
    pub rows: usize,
    /// Bytes of what is read of them: of columns as they are on disk, and of records in memory.
    pub bytes: u64,
}

/// A part of a scan. Reading blocks.
///
/// Batches have the columns that were asked for. Rows are exactly those of the store and the times that hold what
/// columns must. Columns are not held against the checksum that each row has, which is over all of them.
pub type LakePart = Box<dyn Iterator<Item = Result<RecordBatch, StoreError>> + Send>;

impl Inner {
    pub async fn scan(&self, mut scan: LakeScan) -> Result<LakeScanned, StoreError> {
        let mut scanned = LakeScanned { parts: Vec::new(), rows: 0, bytes: 0 };
        let Some(oldest) = self.keeps_from(scan.number, self.parts.clock.now()) else { return Ok(scanned) };
        scan.from = scan.from.max(oldest);
        if scan.from >= scan.to {
            return Ok(scanned);
        }
        let scan = Arc::new(scan);
        let mut memory = Vec::new();
        let files = {
            let state = self.state();
            for head in state.heads() {
                memory.extend(head.within(scan.number, scan.from, scan.to).cloned());
            }
            state.files.clone()
        };
        scanned.rows = memory.len();
        scanned.bytes = memory.iter().map(|row| row.record.len() as u64).sum();
        memory.retain(|row| scan.wants(row));
        if !memory.is_empty() {
            scanned.parts.push(memory_part(scan.clone(), memory));
        }
        let partitions = files.days.range(partitions(scan.from, scan.to));
        let of_store = partitions.filter(|(partition, _)| number_of(**partition) == scan.number);
        let overlaps =
            |file: &&Arc<LiveFile>| file.entry.time_max >= scan.from.millis() && file.entry.time_min < scan.to.millis();
        let files: Vec<_> = of_store.flat_map(|(_, files)| files).filter(overlaps).cloned().collect();
        blocking("planning a scan of an event data store", move || {
            for file in files {
                add_file(&scan, &file, &mut scanned)?;
            }
            Ok(scanned)
        })
        .await
    }
}

fn memory_part(scan: Arc<LakeScan>, rows: Vec<Arc<Row>>) -> LakePart {
    let mut at = 0;
    Box::new(std::iter::from_fn(move || {
        let chunk = rows.get(at..rows.len().min(at + scan.batch_rows())).filter(|chunk| !chunk.is_empty())?;
        at += chunk.len();
        let columns = scan.columns.iter().map(|column| values(chunk, *column)).collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(chunk.len()));
        let batch = RecordBatch::try_new_with_options(LakeColumn::schema(&scan.columns), columns, &options);
        Some(Ok(batch.expect("the columns are those of the schema")))
    }))
}

/// Adds the parts of a file: one for each row group that has rows in the times. Blocks.
fn add_file(scan: &Arc<LakeScan>, live: &Arc<LiveFile>, scanned: &mut LakeScanned) -> Result<(), StoreError> {
    let file = live.open()?;
    let mut read: Vec<_> = scan.columns.iter().copied().chain(scan.equals.iter().map(|(column, _)| *column)).collect();
    read.sort_unstable_by_key(|column| *column as usize);
    read.dedup();
    for group in 0..file.groups() {
        let rows = file.rows_in_time(group, scan.from, scan.to)?;
        if rows.is_empty() {
            continue;
        }
        scanned.rows += rows.len();
        scanned.bytes += file.column_bytes(group, read.iter().copied());
        let part = FilePart { scan: scan.clone(), live: live.clone(), group, rows, opened: None, failed: false };
        scanned.parts.push(Box::new(part));
    }
    Ok(())
}

/// Rows of a row group.
struct FilePart {
    scan: Arc<LakeScan>,
    live: Arc<LiveFile>,
    group: usize,
    rows: Range<usize>,
    opened: Option<Opened>,
    failed: bool,
}

struct Opened {
    file: Arc<OpenFile>,
    reader: ParquetRecordBatchReader,
    // The place of each column that was asked for among those that are read.
    places: Vec<usize>,
}

impl FilePart {
    fn read(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => self.opened.insert(open(&self.scan, &self.live, self.group, &self.rows)?),
        };
        let Some(batch) = opened.file.next(&mut opened.reader)? else { return Ok(None) };
        let batch = batch.project(&opened.places);
        Ok(Some(batch.map_err(|_| StoreError::damaged(opened.file.path(), "a column is missing"))?))
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

fn open(scan: &LakeScan, live: &LiveFile, group: usize, rows: &Range<usize>) -> Result<Opened, StoreError> {
    let file = live.open()?;
    let predicates = scan.equals.iter().map(|(column, value)| predicate(&file, *column, value.clone()));
    let filter = (!scan.equals.is_empty()).then(|| RowFilter::new(predicates.collect()));
    let reader = file.read(group, rows, &scan.columns, filter, scan.batch_rows())?;
    // The reader gives columns in the order of the file, each once.
    let mut stored: Vec<_> = scan.columns.iter().map(|column| *column as usize).collect();
    stored.sort_unstable();
    stored.dedup();
    let place = |column: &LakeColumn| stored.partition_point(|stored| *stored < *column as usize);
    Ok(Opened { places: scan.columns.iter().map(place).collect(), file, reader })
}

/// Takes the rows whose column holds a value: the pages of other columns that have none of them are not read.
fn predicate(file: &OpenFile, column: LakeColumn, value: String) -> Box<dyn ArrowPredicate> {
    let matching = move |batch: RecordBatch| {
        let values = batch.column(0);
        Ok(match column {
            LakeColumn::EventTime => {
                let (times, wanted) = (values.as_primitive::<TimestampMillisecondType>(), value.parse().ok());
                times.values().iter().map(|time| Some(Some(*time) == wanted)).collect()
            }
            flag if flag.is_flag() => {
                let wanted = value.parse().ok();
                values.as_boolean().iter().map(|flag| Some(flag.is_some() && flag == wanted)).collect()
            }
            _ => {
                let texts = values.as_string::<i32>();
                let is_wanted = |at| texts.is_valid(at) && texts.value(at) == value;
                (0..texts.len()).map(|at| Some(is_wanted(at))).collect::<BooleanArray>()
            }
        })
    };
    Box::new(ArrowPredicateFn::new(file.mask(&[column]), matching))
}
