//! The columns of the table's Parquet files, and the rows of a page.
//!
//! `group`, `stream`, `position` (64-bit, unsigned), `time`, `ingested` (UTC, milliseconds since the epoch) and
//! `message` (text), sorted by group, stream, time and position.

use std::sync::{Arc, LazyLock};

use arrow_array::{ArrayRef, Int64Array, StringArray, UInt64Array};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use base::Timestamp;

use super::{GroupId, Position, StreamId};

/// The place of each column in [`FILE_SCHEMA`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Column {
    Group,
    Stream,
    Time,
    Ingested,
    Position,
    Message,
}

/// The number of columns.
pub(super) const COLUMNS: usize = 6;

/// The columns as files have them.
pub(super) static FILE_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema(DataType::Utf8));

/// The columns of a scan's batches; those of a scan without messages lack `message`.
pub static SCAN_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema(DataType::Utf8View));

/// The same without messages.
pub(crate) static SCAN_SCHEMA_WITHOUT_MESSAGES: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(SCAN_SCHEMA.project(&[0, 1, 2, 3, 4]).expect("there are six columns")));

fn schema(message: DataType) -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("group", DataType::UInt64, false),
        Field::new("stream", DataType::UInt64, false),
        Field::new("time", DataType::Int64, false),
        Field::new("ingested", DataType::Int64, false),
        Field::new("position", DataType::UInt64, false),
        Field::new("message", message, false),
    ]))
}

/// A row of a file. Rows are sorted by group, stream, time and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub group: GroupId,
    pub stream: StreamId,
    pub time: Timestamp,
    pub ingested: Timestamp,
    pub position: Position,
    pub message: &'a str,
}

/// Rows on their way into a page.
#[derive(Debug, Default)]
pub(super) struct PageBuffer {
    pub groups: Vec<u64>,
    pub streams: Vec<u64>,
    pub times: Vec<i64>,
    pub ingested: Vec<i64>,
    pub positions: Vec<u64>,
    pub text: Vec<u8>,
    // Where each message ends in the text.
    pub ends: Vec<i32>,
}

impl PageBuffer {
    pub fn push(&mut self, row: Row<'_>) {
        self.groups.push(row.group.0);
        self.streams.push(row.stream.0);
        self.times.push(row.time.millis());
        self.ingested.push(row.ingested.millis());
        self.positions.push(row.position.0);
        self.text.extend_from_slice(row.message.as_bytes());
        self.ends.push(self.text.len() as i32);
    }

    /// Where each message begins, and the last ends.
    pub fn offsets(&self) -> Vec<i32> {
        std::iter::once(0).chain(self.ends.iter().copied()).collect()
    }

    /// The columns of the rows so far, in order; then there are none.
    pub fn take(&mut self) -> [ArrayRef; COLUMNS] {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets()));
        let page = std::mem::take(self);
        let messages = StringArray::try_new(offsets, Buffer::from_vec(page.text), None);
        [
            Arc::new(UInt64Array::from(page.groups)),
            Arc::new(UInt64Array::from(page.streams)),
            Arc::new(Int64Array::from(page.times)),
            Arc::new(Int64Array::from(page.ingested)),
            Arc::new(UInt64Array::from(page.positions)),
            Arc::new(messages.expect("messages are text, and fewer than 2 GiB")),
        ]
    }
}
