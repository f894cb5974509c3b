//! `log_events`: events of log groups, with the groups' and streams' names.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use base::Timestamp;
use datafusion::arrow::array::builder::StringBuilder;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Int64Type, TimestampMillisecondType, UInt64Type};
use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{cast, filter_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::common::Result;
use datafusion::physical_plan::ExecutionPlan;
use store::StoreError;
use store::log_event::{GroupId, LogEvents, LogScan, SCAN_SCHEMA, StreamId};

use crate::conditions::{Columns, Conditions};
use crate::error::carried;
use crate::names::{Messages, NamedGroup, Names};
use crate::scan::{Batches, Source, StoreScan, Taken};
use crate::table::{Reading, StoreTable, Wanted};

/// A column of the table; the order is that of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Account,
    Region,
    LogGroup,
    LogStream,
    Timestamp,
    IngestionTime,
    Message,
}

const ALL: [(Column, &str); 7] = [
    (Column::Account, "account"),
    (Column::Region, "region"),
    (Column::LogGroup, "log_group"),
    (Column::LogStream, "log_stream"),
    (Column::Timestamp, "timestamp"),
    (Column::IngestionTime, "ingestion_time"),
    (Column::Message, "message"),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |(column, name): &(Column, &str)| {
        let kind = match column {
            Column::Timestamp | Column::IngestionTime => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            // Not views: the few rows that pass a filter, or that a sort holds, would keep whole pages.
            _ => DataType::Utf8,
        };
        Field::new(*name, kind, false)
    };
    Arc::new(Schema::new(ALL.iter().map(field).collect::<Vec<_>>()))
});

/// The events that their groups still have at `now`.
pub struct LogEventsTable {
    pub events: Arc<LogEvents>,
    pub names: Arc<dyn Names>,
    pub messages: Messages,
    pub now: Timestamp,
}

impl LogEventsTable {
    /// The groups that conditions allow.
    fn groups(&self, conditions: &Conditions) -> Vec<NamedGroup> {
        if conditions.are_impossible() {
            return Vec::new();
        }
        let only = |column| conditions.only(column);
        // What is no account or no region, no group has.
        let (Ok(account), Ok(region)) =
            (only("account").map(str::parse).transpose(), only("region").map(str::parse).transpose())
        else {
            return Vec::new();
        };
        let mut groups = self.names.groups(account.as_ref(), region.as_ref(), self.now);
        groups.retain(|group| {
            conditions.allows("account", group.scope.account.as_str())
                && conditions.allows("region", group.scope.region.as_str())
                && conditions.allows("log_group", &group.name)
        });
        if self.messages == Messages::Clear {
            groups.iter_mut().for_each(|group| group.mask = None);
        }
        groups
    }
}

impl StoreTable for LogEventsTable {
    const NAME: &'static str = "log_events";
    const COLUMNS: Columns = Columns {
        time: "timestamp",
        texts: &["account", "region", "log_group"],
        exact_texts: &["account", "region", "log_group"],
        flags: &[],
        message: Some("message"),
    };

    fn schema() -> &'static SchemaRef {
        &SCHEMA
    }

    fn read(&self, Wanted { conditions, places, schema, .. }: Wanted) -> Reading {
        let groups = self.groups(&conditions);
        let told = match groups.len() {
            1 => format!("{conditions}; 1 group"),
            groups => format!("{conditions}; {groups} groups"),
        };
        let told = told.trim_start_matches("; ").to_owned();
        let columns: Vec<_> = places.iter().map(|place| ALL[*place].0).collect();
        let messages = columns.contains(&Column::Message);
        let scans = scans(&groups, &conditions, messages);
        let groups = groups.into_iter().map(|group| (group.id, group)).collect();
        let named = Named { groups, names: self.names.clone(), columns, schema };
        Reading { told, source: Arc::new(Scan { events: self.events.clone(), scans, named: Arc::new(named) }) }
    }
}

/// What to read of groups: those whose masks leave another needle than the conditions have apart.
fn scans(groups: &[NamedGroup], conditions: &Conditions, messages: bool) -> Vec<LogScan> {
    let mut scans: Vec<LogScan> = Vec::new();
    for group in groups {
        let needle = conditions.needle.clone();
        let needle = group.mask.as_ref().map_or_else(|| needle.clone(), |mask| mask.needle(needle.clone()));
        match scans.iter_mut().find(|scan| scan.needle == needle) {
            Some(scan) => scan.groups.push((group.id, group.kept_from)),
            None => scans.push(LogScan {
                groups: vec![(group.id, group.kept_from)],
                from: Timestamp::from_millis(conditions.window.from),
                to: Timestamp::from_millis(conditions.window.to),
                needle,
                messages,
            }),
        }
    }
    scans
}

struct Scan {
    events: Arc<LogEvents>,
    scans: Vec<LogScan>,
    named: Arc<Named>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.scans)
    }
}

#[async_trait]
impl Source for Scan {
    async fn take(&self) -> Result<Taken, StoreError> {
        let mut taken = Taken { parts: Vec::new(), rows: Some(0) };
        for scan in &self.scans {
            let scan = self.events.scan(scan.clone()).await?;
            taken.rows = taken.rows.map(|rows| rows + scan.events);
            taken.parts.extend(scan.parts.into_iter().map(|part| {
                let mut batches = NamedBatches { named: self.named.clone(), streams: HashMap::new() };
                Box::new(part.map(move |batch| Ok(batches.name(&batch.map_err(carried)?.rows)))) as Batches
            }));
        }
        Ok(taken)
    }
}

/// What an index let a scan pass over.
#[derive(Debug, Default)]
pub struct Passed {
    events: AtomicU64,
    bytes: AtomicU64,
}

impl Passed {
    /// Counts events with so many bytes of messages.
    pub fn add(&self, events: u64, bytes: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Bytes of their messages.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Scans, which all read messages or all do not, as one whose rows have the groups' and streams'
/// numbers, as the store gives them.
pub async fn scan_numbered(
    events: Arc<LogEvents>,
    scans: Vec<LogScan>,
    passed: Arc<Passed>,
    partitions_max: usize,
) -> Result<Arc<dyn ExecutionPlan>> {
    let without_messages = || SCAN_SCHEMA.project(&[0, 1, 2, 3, 4]).map(Arc::new);
    let schema = if scans.iter().any(|scan| scan.messages) { SCAN_SCHEMA.clone() } else { without_messages()? };
    let source = Arc::new(NumberedScans { events, scans, passed });
    Ok(Arc::new(StoreScan::take(LogEventsTable::NAME, String::new(), schema, source, partitions_max).await?))
}

struct NumberedScans {
    events: Arc<LogEvents>,
    scans: Vec<LogScan>,
    passed: Arc<Passed>,
}

impl std::fmt::Debug for NumberedScans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.scans)
    }
}

#[async_trait]
impl Source for NumberedScans {
    async fn take(&self) -> Result<Taken, StoreError> {
        let mut taken = Taken { parts: Vec::new(), rows: Some(0) };
        for scan in &self.scans {
            let scan = self.events.scan(scan.clone()).await?;
            taken.rows = taken.rows.map(|rows| rows + scan.events);
            taken.parts.extend(scan.parts.into_iter().map(|part| {
                let passed = self.passed.clone();
                let counted = part.map(move |batch| {
                    let batch = batch.map_err(carried)?;
                    passed.add(batch.skipped_events, batch.skipped_bytes);
                    Ok(batch.rows)
                });
                Box::new(counted) as Batches
            }));
        }
        Ok(taken)
    }
}

/// What turns numbers into names.
struct Named {
    groups: HashMap<GroupId, NamedGroup>,
    names: Arc<dyn Names>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl Named {
    /// Messages as they are shown, of rows in these groups.
    fn messages(&self, rows: &RecordBatch, groups: &[u64]) -> ArrayRef {
        let stored = cast(column(rows, "message"), &DataType::Utf8);
        let stored = stored.expect("a page of messages is no longer than a column");
        let mask = |id: &u64| self.groups.get(&GroupId(*id)).and_then(|group| group.mask.as_ref());
        if !groups.chunk_by(|a, b| a == b).any(|run| mask(&run[0]).is_some()) {
            return stored;
        }
        let ingested = column(rows, "ingested").as_primitive::<Int64Type>();
        let mut shown = StringBuilder::with_capacity(rows.num_rows(), stored.get_buffer_memory_size());
        for (row, message) in stored.as_string::<i32>().iter().enumerate() {
            let message = message.unwrap_or_default();
            match mask(&groups[row]) {
                Some(mask) => shown.append_value(mask.message(Timestamp::from_millis(ingested.value(row)), message)),
                None => shown.append_value(message),
            }
        }
        Arc::new(shown.finish())
    }
}

/// A part's batches with names.
struct NamedBatches {
    named: Arc<Named>,
    streams: HashMap<StreamId, Option<Arc<str>>>,
}

impl NamedBatches {
    /// The rows of streams that are still there, with the columns that were asked for.
    fn name(&mut self, rows: &RecordBatch) -> RecordBatch {
        let numbers = |rows: &RecordBatch, name| column(rows, name).as_primitive::<UInt64Type>().clone();
        let mut kept = rows.clone();
        let streams = numbers(rows, "stream");
        if streams.values().iter().any(|id| self.stream(StreamId(*id)).is_none()) {
            // The events of a stream that was deleted go later.
            let there: BooleanArray =
                streams.values().iter().map(|id| Some(self.stream(StreamId(*id)).is_some())).collect();
            kept = filter_record_batch(rows, &there).expect("there is one truth value a row");
        }
        let (groups, streams) = (numbers(&kept, "group"), numbers(&kept, "stream"));
        let named = self.named.clone();
        let of_group = |text: fn(&NamedGroup) -> &str| {
            texts(groups.values(), |id| named.groups.get(&GroupId(id)).map(text).unwrap_or_default().into())
        };
        let arrays = named.columns.iter().map(|wanted| match wanted {
            Column::Account => of_group(|group| group.scope.account.as_str()),
            Column::Region => of_group(|group| group.scope.region.as_str()),
            Column::LogGroup => of_group(|group| &group.name),
            Column::LogStream => texts(streams.values(), |id| self.stream(StreamId(id)).unwrap_or_default()),
            Column::Timestamp => times(&kept, "time"),
            Column::IngestionTime => times(&kept, "ingested"),
            Column::Message => named.messages(&kept, groups.values()),
        });
        let arrays: Vec<ArrayRef> = arrays.collect();
        let rows = RecordBatchOptions::new().with_row_count(Some(kept.num_rows()));
        RecordBatch::try_new_with_options(named.schema.clone(), arrays, &rows)
            .expect("the columns are those of the schema")
    }

    fn stream(&mut self, id: StreamId) -> Option<Arc<str>> {
        let names = &self.named.names;
        self.streams.entry(id).or_insert_with(|| names.stream(id)).clone()
    }
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    rows.column_by_name(name).expect("scans of log events have their columns")
}

fn times(rows: &RecordBatch, name: &str) -> ArrayRef {
    let millis = column(rows, name).as_primitive::<Int64Type>();
    Arc::new(millis.reinterpret_cast::<TimestampMillisecondType>().with_timezone("UTC"))
}

/// A text for each number, looked for once in each run of one number.
fn texts(numbers: &[u64], mut text: impl FnMut(u64) -> Arc<str>) -> ArrayRef {
    let mut texts = StringBuilder::new();
    for run in numbers.chunk_by(|a, b| a == b) {
        let text = text(run[0]);
        run.iter().for_each(|_| texts.append_value(&text));
    }
    Arc::new(texts.finish())
}
