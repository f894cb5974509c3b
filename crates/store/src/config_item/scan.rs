//! Scans: the items of an account and region by time, for files and queries, in parts that can be read in parallel.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
use base::{Scope, Timestamp};
use parquet::arrow::arrow_reader::{ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReader, RowFilter};

use super::files::LiveFile;
use super::partition::partition;
use super::reader::OpenFile;
use super::schema::{Row, SCHEMA, values};
use super::table::Inner;
use crate::error::StoreError;
use crate::table_work::blocking;

/// Rows of a batch; fewer where whole items are among the columns.
const BATCH_ROWS: usize = if cfg!(test) { 24 } else { 8192 };
const ITEM_BATCH_ROWS: usize = if cfg!(test) { 10 } else { 512 };

/// What a scan can read of a row; the names are those of the table's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum ItemColumn {
    /// The account.
    Account,
    /// The recorder's region.
    Region,
    /// The resource's type.
    ResourceType,
    /// The resource's id.
    ResourceId,
    /// When it was found to be so: milliseconds, without a time zone.
    Taken,
    /// When it was found to be otherwise: milliseconds, without a time zone.
    Ended,
    /// The whole item, JSON text.
    Item,
}

impl ItemColumn {
    /// The number of columns.
    pub const COUNT: usize = 7;

    /// All, in the order of the table.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Account, Self::Region, Self::ResourceType, Self::ResourceId, Self::Taken, Self::Ended, Self::Item];

    /// Those by which rows are sorted.
    pub(super) const SORTED: [Self; 5] =
        [Self::Account, Self::Region, Self::ResourceType, Self::ResourceId, Self::Taken];

    /// The columns as batches of a scan have them.
    pub fn schema(columns: &[Self]) -> SchemaRef {
        let fields: Vec<_> = columns.iter().map(|column| SCHEMA.fields()[*column as usize].clone()).collect();
        Arc::new(Schema::new(fields))
    }

    /// The column's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Region => "region",
            Self::ResourceType => "resource_type",
            Self::ResourceId => "resource_id",
            Self::Taken => "taken",
            Self::Ended => "ended",
            Self::Item => "item",
        }
    }
}

/// A scan, in no order. What was so at a time *t* is what was taken at *t* or before and ended after *t*.
#[derive(Clone, Debug)]
pub struct ItemScan {
    /// The account and region.
    pub scope: Scope,
    /// The type, if only one is wanted.
    pub resource_type: Option<String>,
    /// The id, if only resources with this one are wanted.
    pub resource_id: Option<String>,
    /// When items were taken.
    pub taken: Range<Timestamp>,
    /// When their states ended, at the earliest.
    pub ended_from: Timestamp,
    /// What is read of each, in this order; none when only the number of rows is wanted.
    pub columns: Vec<ItemColumn>,
}

impl ItemScan {
    fn wants(&self, row: &Row) -> bool {
        self.taken.contains(&row.taken)
            && row.ended >= self.ended_from
            && self.resource_type.as_ref().is_none_or(|wanted| *wanted == row.resource.resource_type)
            && self.resource_id.as_ref().is_none_or(|wanted| *wanted == row.resource.resource_id)
    }

    fn batch_rows(&self) -> usize {
        if self.columns.contains(&ItemColumn::Item) { ITEM_BATCH_ROWS } else { BATCH_ROWS }
    }

    /// Whether a row group can have rows that are wanted.
    fn may_be_in(&self, file: &OpenFile, group: usize) -> bool {
        file.may_hold(group, ItemColumn::Account, self.scope.account.as_str())
            && file.may_hold(group, ItemColumn::Region, self.scope.region.as_str())
            && self.resource_type.as_ref().is_none_or(|wanted| file.may_hold(group, ItemColumn::ResourceType, wanted))
            && self.resource_id.as_ref().is_none_or(|wanted| file.may_hold(group, ItemColumn::ResourceId, wanted))
            && file.may_hold_time(group, ItemColumn::Taken, &self.taken)
            && file.may_hold_time(group, ItemColumn::Ended, &(self.ended_from..Timestamp::MAX))
    }
}

/// A part of a scan: batches with the columns that were asked for, of exactly the rows that were. Reading blocks.
///
/// Columns are not held against the checksum that each row has, which is over all of them.
pub type ItemPart = Box<dyn Iterator<Item = Result<RecordBatch, StoreError>> + Send>;

impl Inner {
    pub async fn scan(&self, mut scan: ItemScan) -> Result<Vec<ItemPart>, StoreError> {
        scan.ended_from = scan.ended_from.max(self.keeps_from(&scan.scope, self.parts.clock.now()));
        if scan.taken.is_empty() {
            return Ok(Vec::new());
        }
        let scan = Arc::new(scan);
        let mut memory = Vec::new();
        let files = {
            let state = self.state();
            for head in state.heads() {
                memory.extend(head.within(&scan.scope).filter(|row| scan.wants(row)).cloned());
            }
            state.files.clone()
        };
        let mut parts = Vec::new();
        if !memory.is_empty() {
            parts.push(memory_part(scan.clone(), memory));
        }
        // A state that was taken at a time has ended after it.
        let first = partition(scan.ended_from.max(scan.taken.start));
        let files: Vec<_> = files.days.range(first..).flat_map(|(_, files)| files).cloned().collect();
        blocking("planning a scan of configuration items", move || {
            for live in files {
                let file = live.open()?;
                for group in (0..file.groups()).filter(|group| scan.may_be_in(&file, *group)) {
                    let part = FilePart { scan: scan.clone(), live: live.clone(), group, opened: None, failed: false };
                    parts.push(Box::new(part));
                }
            }
            Ok(parts)
        })
        .await
    }
}

fn memory_part(scan: Arc<ItemScan>, rows: Vec<Arc<Row>>) -> ItemPart {
    let mut at = 0;
    Box::new(std::iter::from_fn(move || {
        let chunk = rows.get(at..rows.len().min(at + scan.batch_rows())).filter(|chunk| !chunk.is_empty())?;
        at += chunk.len();
        let columns = scan.columns.iter().map(|column| values(chunk, *column)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(chunk.len()));
        let batch = RecordBatch::try_new_with_options(ItemColumn::schema(&scan.columns), columns, &options);
        Some(Ok(batch.expect("the columns are those of the schema")))
    }))
}

/// Rows of a row group.
struct FilePart {
    scan: Arc<ItemScan>,
    live: Arc<LiveFile>,
    group: usize,
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
            None => self.opened.insert(open(&self.scan, &self.live, self.group)?),
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

fn open(scan: &Arc<ItemScan>, live: &LiveFile, group: usize) -> Result<Opened, StoreError> {
    let file = live.open()?;
    let filter = RowFilter::new(vec![predicate(&file, scan.clone())]);
    let columns = scan.columns.iter().map(|column| *column as usize);
    let reader = file.read(group, columns, filter, scan.batch_rows())?;
    // The reader gives columns in the order of the file, each once.
    let mut stored: Vec<_> = scan.columns.clone();
    stored.sort_unstable_by_key(|column| *column as usize);
    stored.dedup();
    let place = |column: &ItemColumn| stored.partition_point(|stored| (*stored as usize) < *column as usize);
    Ok(Opened { places: scan.columns.iter().map(place).collect(), file, reader })
}

/// Takes the rows that are wanted: the pages of other columns that have none of them are not read.
fn predicate(file: &OpenFile, scan: Arc<ItemScan>) -> Box<dyn ArrowPredicate> {
    // In the order of the file, in which the batch has them. Ids are looked at only when they are asked for.
    let mut read = vec![ItemColumn::Account, ItemColumn::Region, ItemColumn::ResourceType];
    read.extend(scan.resource_id.as_ref().map(|_| ItemColumn::ResourceId));
    read.extend([ItemColumn::Taken, ItemColumn::Ended]);
    let mask = file.mask(read.iter().map(|column| *column as usize));
    let matching = move |batch: RecordBatch| {
        let place = |column| read.iter().position(|read| *read == column);
        let text = |column| place(column).map(|place| batch.column(place).as_string::<i32>());
        let time = |column| place(column).map(|place| batch.column(place).as_primitive::<TimestampMillisecondType>());
        let is_read = "the column is read";
        let accounts = text(ItemColumn::Account).expect(is_read);
        let (regions, types) =
            (text(ItemColumn::Region).expect(is_read), text(ItemColumn::ResourceType).expect(is_read));
        let (taken, ended) = (time(ItemColumn::Taken).expect(is_read), time(ItemColumn::Ended).expect(is_read));
        let ids = text(ItemColumn::ResourceId).zip(scan.resource_id.as_ref());
        let is_wanted = |at: usize| {
            ids.is_none_or(|(ids, wanted)| ids.value(at) == wanted)
                && scan.taken.contains(&Timestamp::from_millis(taken.value(at)))
                && ended.value(at) >= scan.ended_from.millis()
                && accounts.value(at) == scan.scope.account.as_str()
                && regions.value(at) == scan.scope.region.as_str()
                && scan.resource_type.as_ref().is_none_or(|wanted| *wanted == types.value(at))
        };
        Ok((0..batch.num_rows()).map(|at| Some(is_wanted(at))).collect::<BooleanArray>())
    };
    Box::new(ArrowPredicateFn::new(mask, matching))
}
