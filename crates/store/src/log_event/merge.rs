//! Writing sorted rows to files: from memory, and from other files merged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;
use std::sync::Arc;

use base::Timestamp;

use super::block::{Block, EVENT_BYTES};
use super::files::{LiveFile, TableFiles};
use super::head::Head;
use super::kept::Kept;
use super::partition::{folder, partition};
use super::schema::Row;
use super::writer::FileWriter;
use super::{GroupId, Place, Position, StreamId};
use crate::error::StoreError;

/// A file ends when its messages, and 26 bytes for each, come to so much: it is merged no more.
const FILE_BYTES_MAX: u64 = if cfg!(test) { 16 << 10 } else { 1 << 30 };
/// The level of such files.
pub(super) const LEVEL_WHOLE: u32 = 1000;

/// The order of rows in a file.
type Key = (GroupId, StreamId, Timestamp, Position);

fn key(row: &Row<'_>) -> Key {
    (row.group, row.stream, row.time, row.position)
}

/// Writes rows in order to files of a partition.
struct Writers<'a> {
    files: &'a TableFiles,
    partition: i64,
    level: u32,
    now: Timestamp,
    current: Option<FileWriter>,
    written: Vec<Arc<LiveFile>>,
}

impl<'a> Writers<'a> {
    fn new(files: &'a TableFiles, partition: i64, level: u32, now: Timestamp) -> Self {
        Self { files, partition, level, now, current: None, written: Vec::new() }
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), StoreError> {
        let current = match self.current.take() {
            Some(current) => current,
            None => FileWriter::create(
                &**self.files.blobs(),
                self.files.next_id(),
                self.partition,
                &folder(self.partition),
                self.level,
                self.now,
            )?,
        };
        let current = self.current.insert(current);
        current.push(row)?;
        if current.message_bytes() + EVENT_BYTES * current.rows() >= FILE_BYTES_MAX {
            self.end(Some(LEVEL_WHOLE))?;
        }
        Ok(())
    }

    fn end(&mut self, level: Option<u32>) -> Result<(), StoreError> {
        if let Some(current) = self.current.take() {
            let mut entry = current.finish()?;
            entry.level = level.unwrap_or(entry.level);
            self.written.push(self.files.written(entry));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Arc<LiveFile>>, StoreError> {
        self.end(None)?;
        Ok(self.written)
    }
}

/// Writes the events of heads to new files, some for each partition.
pub(super) fn write_heads(
    files: &TableFiles,
    heads: &[Arc<Head>],
    now: Timestamp,
) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut partitions: BTreeMap<i64, Vec<(&Block, Range<usize>)>> = BTreeMap::new();
    for block in heads.iter().flat_map(|head| head.iter()) {
        let mut start = 0;
        while start < block.len() {
            let time = block.place(start).time;
            let end = block.in_window(time, next_day(time)).end.max(start + 1);
            partitions.entry(partition(time, block.retention_days)).or_default().push((block, start..end));
            start = end;
        }
    }
    let mut written = Vec::new();
    for (partition, mut blocks) in partitions {
        blocks.sort_by_key(|(block, _)| (block.group, block.stream));
        let mut writers = Writers::new(files, partition, 0, now);
        for of_stream in blocks.chunk_by(|(a, _), (b, _)| (a.group, a.stream) == (b.group, b.stream)) {
            let places = |(block, rows): &(&'_ Block, Range<usize>)| -> Vec<(Place, usize)> {
                rows.clone().map(|at| (block.place(at), at)).collect()
            };
            let mut rows: Vec<(Place, usize, &Block)> = Vec::new();
            for of_block in of_stream {
                rows.extend(places(of_block).into_iter().map(|(place, at)| (place, at, of_block.0)));
            }
            // Each put is in order already.
            rows.sort_by_key(|(place, ..)| *place);
            for (Place { time, position }, at, block) in rows {
                let (group, stream, ingested) = (block.group, block.stream, block.ingested);
                writers.push(Row { group, stream, time, ingested, position, message: block.message(at) })?;
            }
        }
        written.extend(writers.finish()?);
    }
    Ok(written)
}

fn next_day(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.day().saturating_add(1).saturating_mul(base::time::DAY_MS))
}

/// Writes those rows of files of a partition that are still wanted to new files.
pub(super) fn merge_files(
    files: &TableFiles,
    inputs: &[Arc<LiveFile>],
    level: u32,
    kept: &Kept,
    now: Timestamp,
) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut streams = Vec::new();
    let mut heap = BinaryHeap::new();
    for input in inputs {
        let mut rows = input.open()?.row_stream();
        heap.extend(rows.peek()?.map(|row| Reverse((key(&row), streams.len()))));
        streams.push(rows);
    }
    let mut writers = Writers::new(files, inputs.first().map_or(0, |file| file.entry.day), level, now);
    // Whether a stream is wanted is asked once for all of its rows.
    let mut asked: Option<((GroupId, StreamId), Option<Timestamp>)> = None;
    while let Some(mut top) = heap.peek_mut() {
        let Reverse((_, at)) = *top;
        let rows = &mut streams[at];
        if let Some(row) = rows.peek()? {
            let stream = (row.group, row.stream);
            let from = match asked {
                Some((last, from)) if last == stream => from,
                _ => kept.from(row.group, row.stream),
            };
            asked = Some((stream, from));
            if from.is_some_and(|from| row.time >= from) {
                writers.push(row)?;
            }
        }
        rows.advance();
        match rows.peek()? {
            Some(row) => *top = Reverse((key(&row), at)),
            None => drop(std::collections::binary_heap::PeekMut::pop(top)),
        }
    }
    writers.finish()
}
