//! The columns of the table's Parquet files.
//!
//! Those that a scan can read, by the order and the names of [`ItemColumn`]; then `lsn` and `check`: the CRC-32C of all
//! of the row, which every row that is read back whole is held against.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{Int32Builder, Int64Builder, TimestampMillisecondBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use base::{Scope, Timestamp};

use super::scan::ItemColumn;
use super::{PastItem, Resource};
use crate::table_merge::SortedRow;

/// The places of the columns that are not for scans.
pub(super) const LSN: usize = ItemColumn::COUNT;
pub(super) const CHECK: usize = LSN + 1;

/// What is read of rows when it is known which resource they are of.
pub(super) const READ_BACK: [usize; 5] =
    [ItemColumn::Taken as usize, ItemColumn::Ended as usize, ItemColumn::Item as usize, LSN, CHECK];

/// The columns.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields: Vec<_> = ItemColumn::ALL.into_iter().map(field).collect();
    fields.push(Field::new("lsn", DataType::Int64, false));
    fields.push(Field::new("check", DataType::Int32, false));
    Arc::new(Schema::new(fields))
});

fn field(column: ItemColumn) -> Field {
    let kind = match column {
        ItemColumn::Taken | ItemColumn::Ended => DataType::Timestamp(TimeUnit::Millisecond, None),
        _ => DataType::Utf8,
    };
    Field::new(column.name(), kind, false)
}

/// A row with its position in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub resource: Arc<Resource>,
    pub lsn: u64,
    pub taken: Timestamp,
    pub ended: Timestamp,
    pub item: String,
}

impl Row {
    /// An item as a row, which has no position yet.
    pub fn new(item: PastItem) -> Self {
        let PastItem { resource, taken, ended, item } = item;
        Self { resource: Arc::new(resource), lsn: 0, taken, ended, item }
    }

    /// The row as readers see it.
    pub fn to_item(&self) -> PastItem {
        let resource = Resource::clone(&self.resource);
        PastItem { resource, taken: self.taken, ended: self.ended, item: self.item.clone() }
    }

    /// Whether two rows are of one state: the later one stands.
    pub fn is_same_state(&self, other: &Self) -> bool {
        self.taken == other.taken && self.resource == other.resource
    }

    /// Bytes of text in memory.
    pub fn text_bytes(&self) -> usize {
        self.item.len() + self.resource.resource_type.len() + self.resource.resource_id.len()
    }

    /// The text of a column of text.
    pub fn text(&self, column: ItemColumn) -> &str {
        match column {
            ItemColumn::Account => self.resource.scope.account.as_str(),
            ItemColumn::Region => self.resource.scope.region.as_str(),
            ItemColumn::ResourceType => &self.resource.resource_type,
            ItemColumn::ResourceId => &self.resource.resource_id,
            ItemColumn::Item => &self.item,
            ItemColumn::Taken | ItemColumn::Ended => "",
        }
    }

    fn check(&self) -> i32 {
        let mut crc = crc32c::crc32c(&self.lsn.to_le_bytes());
        for number in [self.taken.millis(), self.ended.millis()] {
            crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
        }
        for column in ItemColumn::ALL {
            let text = self.text(column);
            crc = crc32c::crc32c_append(crc, &(text.len() as u64).to_le_bytes());
            crc = crc32c::crc32c_append(crc, text.as_bytes());
        }
        crc.cast_signed()
    }
}

impl SortedRow for Arc<Row> {
    fn order(&self, other: &Self) -> Ordering {
        (&self.resource, self.taken, self.lsn).cmp(&(&other.resource, other.taken, other.lsn))
    }
}

/// All columns of rows.
pub(super) fn to_batch(rows: &[Arc<Row>]) -> RecordBatch {
    let mut columns: Vec<ArrayRef> = ItemColumn::ALL.into_iter().map(|column| values(rows, column)).collect();
    let mut lsns = Int64Builder::with_capacity(rows.len());
    let mut checks = Int32Builder::with_capacity(rows.len());
    for row in rows {
        lsns.append_value(row.lsn.cast_signed());
        checks.append_value(row.check());
    }
    columns.extend([Arc::new(lsns.finish()) as ArrayRef, Arc::new(checks.finish())]);
    RecordBatch::try_new(SCHEMA.clone(), columns).expect("the columns are those of the schema")
}

/// A column of rows.
pub(super) fn values(rows: &[Arc<Row>], column: ItemColumn) -> ArrayRef {
    let times = |of: fn(&Row) -> Timestamp| -> ArrayRef {
        let mut times = TimestampMillisecondBuilder::with_capacity(rows.len());
        rows.iter().for_each(|row| times.append_value(of(row).millis()));
        Arc::new(times.finish())
    };
    match column {
        ItemColumn::Taken => times(|row| row.taken),
        ItemColumn::Ended => times(|row| row.ended),
        text => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.text(text)))),
    }
}

/// The rows that all columns hold; an error when they are not what was written.
pub(super) fn from_batch(batch: &RecordBatch) -> Result<Vec<Arc<Row>>, String> {
    let columns = Columns::of(batch).ok_or("its columns are not those of the table")?;
    // Rows of one resource are neighbours.
    let mut resource: Option<Arc<Resource>> = None;
    let mut rows = Vec::with_capacity(batch.num_rows());
    for at in 0..batch.num_rows() {
        let of_row = columns.resource(at)?;
        let shared = match resource.take() {
            Some(last) if *last == of_row => last,
            _ => Arc::new(of_row),
        };
        rows.push(Arc::new(columns.row(resource.insert(shared), at)?));
    }
    Ok(rows)
}

/// The rows that the columns of [`READ_BACK`] hold, if all are the resource's: their checksums tell. `None` when not, or
/// when they are not what was written.
pub(super) fn rows_of_batch(batch: &RecordBatch, resource: &Arc<Resource>) -> Option<Vec<Arc<Row>>> {
    let [taken, ended, item, lsns, checks] = batch.columns() else { return None };
    let taken = taken.as_primitive_opt::<TimestampMillisecondType>()?;
    let ended = ended.as_primitive_opt::<TimestampMillisecondType>()?;
    let items = item.as_string_opt::<i32>()?;
    let (lsns, checks) = (lsns.as_primitive_opt::<Int64Type>()?, checks.as_primitive_opt::<Int32Type>()?);
    let row = |at: usize| {
        let row = Row {
            resource: resource.clone(),
            lsn: lsns.value(at).cast_unsigned(),
            taken: Timestamp::from_millis(taken.value(at)),
            ended: Timestamp::from_millis(ended.value(at)),
            item: items.value(at).to_owned(),
        };
        (row.check() == checks.value(at)).then(|| Arc::new(row))
    };
    (0..batch.num_rows()).map(row).collect()
}

struct Columns<'a> {
    texts: [Option<&'a StringArray>; ItemColumn::COUNT],
    taken: &'a arrow_array::TimestampMillisecondArray,
    ended: &'a arrow_array::TimestampMillisecondArray,
    lsns: &'a arrow_array::Int64Array,
    checks: &'a arrow_array::Int32Array,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        if batch.schema_ref().fields() != SCHEMA.fields() {
            return None;
        }
        let time = |column: ItemColumn| batch.column(column as usize).as_primitive_opt::<TimestampMillisecondType>();
        Some(Self {
            texts: ItemColumn::ALL.map(|column| batch.column(column as usize).as_string_opt::<i32>()),
            taken: time(ItemColumn::Taken)?,
            ended: time(ItemColumn::Ended)?,
            lsns: batch.column(LSN).as_primitive_opt::<Int64Type>()?,
            checks: batch.column(CHECK).as_primitive_opt::<Int32Type>()?,
        })
    }

    fn text(&self, column: ItemColumn, at: usize) -> &'a str {
        self.texts[column as usize].map(|texts| texts.value(at)).unwrap_or_default()
    }

    fn resource(&self, at: usize) -> Result<Resource, String> {
        let place = |error: base::place::InvalidPlace| error.to_string();
        let scope = Scope {
            account: self.text(ItemColumn::Account, at).parse().map_err(place)?,
            region: self.text(ItemColumn::Region, at).parse().map_err(place)?,
        };
        Ok(Resource {
            scope,
            resource_type: self.text(ItemColumn::ResourceType, at).to_owned(),
            resource_id: self.text(ItemColumn::ResourceId, at).to_owned(),
        })
    }

    fn row(&self, resource: &Arc<Resource>, at: usize) -> Result<Row, String> {
        let row = Row {
            resource: resource.clone(),
            lsn: self.lsns.value(at).cast_unsigned(),
            taken: Timestamp::from_millis(self.taken.value(at)),
            ended: Timestamp::from_millis(self.ended.value(at)),
            item: self.text(ItemColumn::Item, at).to_owned(),
        };
        if row.check() != self.checks.value(at) {
            return Err(format!("the row at log position {} does not match its checksum", row.lsn));
        }
        Ok(row)
    }
}
