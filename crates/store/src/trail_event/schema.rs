//! The columns of the table's Parquet files.
//!
//! `account`, `region`, `time` (UTC, milliseconds), `lsn`, `global`, `event_id`,
//! `event_name`, `event_source`, `read_only`, `username`, `access_key_id`, `resources`
//! (list of `type`, `name`), `record` (JSON text) and `check`: the CRC-32C of the row's
//! position and of its bytes in the log, which every row read back is held against.

use std::cmp::{Ordering, Reverse};
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{
    BooleanBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder, TimestampMillisecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use base::{Scope, Timestamp};

use super::{TrailEvent, codec};
use crate::table_merge::SortedRow;

/// A row with its position in the log.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub lsn: u64,
    pub event: Arc<TrailEvent>,
}

impl SortedRow for Row {
    fn order(&self, other: &Self) -> Ordering {
        let place = |row: &Self| (Reverse(row.event.time), Reverse(row.lsn));
        let scopes = self.event.account.cmp(&other.event.account);
        let scopes = scopes.then_with(|| self.event.region.cmp(&other.event.region));
        scopes.then_with(|| place(self).cmp(&place(other)))
    }
}

/// The place of each column in [`SCHEMA`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Column {
    Account,
    Region,
    Time,
    Lsn,
    Global,
    EventId,
    EventName,
    EventSource,
    ReadOnly,
    Username,
    AccessKeyId,
    Resources,
    Record,
    Check,
}

/// The columns.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("account", DataType::Utf8, false),
        Field::new("region", DataType::Utf8, false),
        Field::new("time", time, false),
        Field::new("lsn", DataType::Int64, false),
        Field::new("global", DataType::Boolean, false),
        Field::new("event_id", DataType::Utf8, false),
        Field::new("event_name", DataType::Utf8, false),
        Field::new("event_source", DataType::Utf8, false),
        Field::new("read_only", DataType::Boolean, false),
        Field::new("username", DataType::Utf8, true),
        Field::new("access_key_id", DataType::Utf8, true),
        Field::new("resources", DataType::List(resource_item()), false),
        Field::new("record", DataType::Utf8, false),
        Field::new("check", DataType::Int32, false),
    ]))
});

fn resource_fields() -> Fields {
    vec![Field::new("type", DataType::Utf8, true), Field::new("name", DataType::Utf8, false)].into()
}

fn resource_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(resource_fields()), false))
}

fn check(lsn: u64, event: &TrailEvent) -> i32 {
    let crc = crc32c::crc32c(&lsn.to_le_bytes());
    crc32c::crc32c_append(crc, &codec::encode(event)).cast_signed()
}

/// The rows as columns.
pub(super) fn to_batch(rows: &[Row]) -> RecordBatch {
    let text = |of: fn(&TrailEvent) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| of(&row.event))))
    };
    let maybe = |of: fn(&TrailEvent) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(&row.event)).collect::<StringArray>())
    };
    let flag = |of: fn(&TrailEvent) -> bool| -> ArrayRef {
        let mut flags = BooleanBuilder::with_capacity(rows.len());
        rows.iter().for_each(|row| flags.append_value(of(&row.event)));
        Arc::new(flags.finish())
    };
    let mut times = TimestampMillisecondBuilder::with_capacity(rows.len()).with_timezone("UTC");
    let mut lsns = Int64Builder::with_capacity(rows.len());
    let mut checks = Int32Builder::with_capacity(rows.len());
    for row in rows {
        times.append_value(row.event.time.millis());
        lsns.append_value(row.lsn.cast_signed());
        checks.append_value(check(row.lsn, &row.event));
    }
    let columns: Vec<ArrayRef> = vec![
        text(|event| event.account.as_str()),
        text(|event| event.region.as_str()),
        Arc::new(times.finish()),
        Arc::new(lsns.finish()),
        flag(|event| event.global),
        text(|event| &event.event_id),
        text(|event| &event.event_name),
        text(|event| &event.event_source),
        flag(|event| event.read_only),
        maybe(|event| event.username.as_deref()),
        maybe(|event| event.access_key_id.as_deref()),
        Arc::new(resources_column(rows)),
        text(|event| &event.record),
        Arc::new(checks.finish()),
    ];
    RecordBatch::try_new(SCHEMA.clone(), columns).expect("the columns are those of the schema")
}

fn resources_column(rows: &[Row]) -> ListArray {
    let fields: Vec<Box<dyn arrow_array::builder::ArrayBuilder>> =
        vec![Box::new(StringBuilder::new()), Box::new(StringBuilder::new())];
    let mut list = ListBuilder::new(StructBuilder::new(resource_fields(), fields)).with_field(resource_item());
    for row in rows {
        for (kind, name) in &row.event.resources {
            let item = list.values();
            let text = |item: &mut StructBuilder, at, value: Option<&str>| {
                let column: &mut StringBuilder = item.field_builder(at).expect("both fields are text");
                column.append_option(value);
            };
            text(item, 0, kind.as_deref());
            text(item, 1, Some(name));
            item.append(true);
        }
        list.append(true);
    }
    list.finish()
}

/// The type and name columns of one row's resources, as the list holds them.
pub(super) fn resources_of(list: &ListArray, row: usize) -> Option<(StringArray, StringArray)> {
    let items = list.value(row);
    let items = items.as_struct_opt()?;
    Some((items.column(0).as_string_opt::<i32>()?.clone(), items.column(1).as_string_opt::<i32>()?.clone()))
}

/// The columns that rows are read back from: all but account and region, which the file's
/// index knows.
pub(super) const READ_BACK: [Column; 12] = [
    Column::Time,
    Column::Lsn,
    Column::Global,
    Column::EventId,
    Column::EventName,
    Column::EventSource,
    Column::ReadOnly,
    Column::Username,
    Column::AccessKeyId,
    Column::Resources,
    Column::Record,
    Column::Check,
];

/// The rows that the columns of [`READ_BACK`] hold, each with its account and region; an
/// error when they are not what was written.
pub(super) fn from_batch<'a>(
    batch: &RecordBatch,
    mut scopes: impl Iterator<Item = Option<&'a Scope>>,
) -> Result<Vec<Row>, String> {
    let columns = Columns::of(batch).ok_or("its columns are not those of the table")?;
    let mut row = |at| {
        let scope = scopes.next().flatten().ok_or("it holds more rows than its index")?;
        columns.row(at, scope)
    };
    (0..batch.num_rows()).map(&mut row).collect()
}

struct Columns<'a> {
    batch: &'a RecordBatch,
    resources: &'a ListArray,
    times: &'a arrow_array::TimestampMillisecondArray,
    lsns: &'a arrow_array::Int64Array,
    checks: &'a arrow_array::Int32Array,
}

fn column(batch: &RecordBatch, column: Column) -> &ArrayRef {
    batch.column(column as usize - Column::Time as usize)
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        if batch.schema_ref().fields()[..] != SCHEMA.fields()[Column::Time as usize..] {
            return None;
        }
        Some(Self {
            batch,
            resources: column(batch, Column::Resources).as_list_opt()?,
            times: column(batch, Column::Time).as_primitive_opt::<TimestampMillisecondType>()?,
            lsns: column(batch, Column::Lsn).as_primitive_opt::<Int64Type>()?,
            checks: column(batch, Column::Check).as_primitive_opt::<Int32Type>()?,
        })
    }

    fn text(&self, of: Column, at: usize) -> Option<&'a str> {
        let values = column(self.batch, of).as_string::<i32>();
        values.is_valid(at).then(|| values.value(at))
    }

    fn flag(&self, of: Column, at: usize) -> bool {
        column(self.batch, of).as_boolean().value(at)
    }

    fn row(&self, at: usize, scope: &Scope) -> Result<Row, String> {
        let own = |column| self.text(column, at).unwrap_or_default().to_owned();
        let (kinds, names) = resources_of(self.resources, at).ok_or("its resources are not those of the table")?;
        let resources = (0..names.len())
            .map(|item| (kinds.is_valid(item).then(|| kinds.value(item).to_owned()), names.value(item).to_owned()))
            .collect();
        let event = TrailEvent {
            account: scope.account.clone(),
            region: scope.region.clone(),
            global: self.flag(Column::Global, at),
            time: Timestamp::from_millis(self.times.value(at)),
            event_id: own(Column::EventId),
            event_name: own(Column::EventName),
            event_source: own(Column::EventSource),
            read_only: self.flag(Column::ReadOnly, at),
            username: self.text(Column::Username, at).map(str::to_owned),
            access_key_id: self.text(Column::AccessKeyId, at).map(str::to_owned),
            resources,
            record: own(Column::Record),
        };
        let lsn = self.lsns.value(at).cast_unsigned();
        if check(lsn, &event) != self.checks.value(at) {
            return Err(format!("the row at log position {lsn} does not match its checksum"));
        }
        Ok(Row { lsn, event: Arc::new(event) })
    }
}
