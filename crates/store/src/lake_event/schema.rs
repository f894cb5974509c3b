//! The columns of the table's Parquet files.
//!
//! Those that a scan can read, by the order and the names of [`LakeColumn`]; then `lsn`, `source` and `check`: the
//! CRC-32C of all of the row, which every row that is read back whole is held against. The store is the folder's.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{BooleanBuilder, Int32Builder, Int64Builder, TimestampMillisecondBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use base::Timestamp;

use super::members::Members;
use super::{LakeColumn, LakeEvent};
use crate::table_merge::SortedRow;

/// The places of the columns that are not for scans.
pub(super) const LSN: usize = LakeColumn::COUNT;
pub(super) const SOURCE: usize = LSN + 1;
pub(super) const CHECK: usize = SOURCE + 1;

/// The columns.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields: Vec<_> = LakeColumn::ALL.into_iter().map(field).collect();
    fields.push(Field::new("lsn", DataType::Int64, false));
    fields.push(Field::new("source", DataType::Int64, false));
    fields.push(Field::new("check", DataType::Int32, false));
    Arc::new(Schema::new(fields))
});

fn field(column: LakeColumn) -> Field {
    let (kind, nullable) = match column {
        LakeColumn::EventTime => (DataType::Timestamp(TimeUnit::Millisecond, None), false),
        LakeColumn::EventJson => (DataType::Utf8, false),
        flag if flag.is_flag() => (DataType::Boolean, true),
        _ => (DataType::Utf8, true),
    };
    Field::new(column.name(), kind, nullable)
}

/// A row with its position in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub number: u32,
    pub lsn: u64,
    pub time: Timestamp,
    pub source: u64,
    pub record: String,
    pub members: Members,
}

impl Row {
    /// A store's event as a row, which has no position yet. Takes the columns from the record.
    pub fn new(number: u32, event: LakeEvent) -> Self {
        let members = Members::of_record(&event.record);
        Self { number, lsn: 0, time: event.time, source: event.source, record: event.record, members }
    }

    /// Bytes of text in memory.
    pub fn text_bytes(&self) -> usize {
        self.record.len() + self.members.bytes()
    }

    /// The text of a column; booleans are `true` and `false`, the time is in milliseconds.
    pub fn is(&self, column: LakeColumn, value: &str) -> bool {
        match column {
            LakeColumn::EventTime => value.parse() == Ok(self.time.millis()),
            LakeColumn::EventJson => self.record == value,
            _ => self.members.get(column) == Some(value),
        }
    }

    fn check(&self) -> i32 {
        let mut crc = crc32c::crc32c(&self.number.to_le_bytes());
        for number in [self.lsn, self.time.millis().cast_unsigned(), self.source, self.record.len() as u64] {
            crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
        }
        crc = crc32c::crc32c_append(crc, self.record.as_bytes());
        for column in LakeColumn::ALL {
            if let Some(value) = self.members.get(column) {
                crc = crc32c::crc32c_append(crc, &[column as u8]);
                crc = crc32c::crc32c_append(crc, &(value.len() as u32).to_le_bytes());
                crc = crc32c::crc32c_append(crc, value.as_bytes());
            }
        }
        crc.cast_signed()
    }
}

impl SortedRow for Arc<Row> {
    fn order(&self, other: &Self) -> Ordering {
        (self.time, self.lsn).cmp(&(other.time, other.lsn))
    }
}

/// All columns of rows.
pub(super) fn to_batch(rows: &[Arc<Row>]) -> RecordBatch {
    let mut columns: Vec<ArrayRef> = LakeColumn::ALL.into_iter().map(|column| values(rows, column)).collect();
    let mut lsns = Int64Builder::with_capacity(rows.len());
    let mut sources = Int64Builder::with_capacity(rows.len());
    let mut checks = Int32Builder::with_capacity(rows.len());
    for row in rows {
        lsns.append_value(row.lsn.cast_signed());
        sources.append_value(row.source.cast_signed());
        checks.append_value(row.check());
    }
    columns.extend([Arc::new(lsns.finish()) as ArrayRef, Arc::new(sources.finish()), Arc::new(checks.finish())]);
    RecordBatch::try_new(SCHEMA.clone(), columns).expect("the columns are those of the schema")
}

/// A column of rows.
pub(super) fn values(rows: &[Arc<Row>], column: LakeColumn) -> ArrayRef {
    match column {
        LakeColumn::EventTime => {
            let mut times = TimestampMillisecondBuilder::with_capacity(rows.len());
            rows.iter().for_each(|row| times.append_value(row.time.millis()));
            Arc::new(times.finish())
        }
        LakeColumn::EventJson => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.record))),
        flag if flag.is_flag() => {
            let mut flags = BooleanBuilder::with_capacity(rows.len());
            rows.iter().for_each(|row| flags.append_option(row.members.flag(flag)));
            Arc::new(flags.finish())
        }
        text => Arc::new(rows.iter().map(|row| row.members.get(text)).collect::<StringArray>()),
    }
}

/// The rows of a store that all columns hold; an error when they are not what was written.
pub(super) fn from_batch(number: u32, batch: &RecordBatch) -> Result<Vec<Arc<Row>>, String> {
    let columns = Columns::of(batch).ok_or("its columns are not those of the table")?;
    (0..batch.num_rows()).map(|at| columns.row(number, at).map(Arc::new)).collect()
}

struct Columns<'a> {
    batch: &'a RecordBatch,
    times: &'a arrow_array::TimestampMillisecondArray,
    lsns: &'a arrow_array::Int64Array,
    sources: &'a arrow_array::Int64Array,
    checks: &'a arrow_array::Int32Array,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        if batch.schema_ref().fields() != SCHEMA.fields() {
            return None;
        }
        Some(Self {
            batch,
            times: batch.column(LakeColumn::EventTime as usize).as_primitive_opt::<TimestampMillisecondType>()?,
            lsns: batch.column(LSN).as_primitive_opt::<Int64Type>()?,
            sources: batch.column(SOURCE).as_primitive_opt::<Int64Type>()?,
            checks: batch.column(CHECK).as_primitive_opt::<Int32Type>()?,
        })
    }

    fn text(&self, column: LakeColumn, at: usize) -> Option<&'a str> {
        let values = self.batch.column(column as usize);
        if column.is_flag() {
            let flags = values.as_boolean();
            return flags.is_valid(at).then(|| if flags.value(at) { "true" } else { "false" });
        }
        let texts = values.as_string::<i32>();
        texts.is_valid(at).then(|| texts.value(at))
    }

    fn row(&self, number: u32, at: usize) -> Result<Row, String> {
        let mut members = Members::default();
        for column in LakeColumn::ALL {
            if !matches!(column, LakeColumn::EventTime | LakeColumn::EventJson)
                && let Some(value) = self.text(column, at)
            {
                members.set(column, value);
            }
        }
        let row = Row {
            number,
            lsn: self.lsns.value(at).cast_unsigned(),
            time: Timestamp::from_millis(self.times.value(at)),
            source: self.sources.value(at).cast_unsigned(),
            record: self.text(LakeColumn::EventJson, at).unwrap_or_default().to_owned(),
            members,
        };
        if row.check() != self.checks.value(at) {
            return Err(format!("the row at log position {} does not match its checksum", row.lsn));
        }
        Ok(row)
    }
}
