//! What a file holds of each group and stream.
//!
//! A zstd frame that the directory names. For each stream, in the order of rows, all varints: the group less the
//! one before; the stream; rows; bytes of messages; the first time; the last less the first; the last time of
//! intake less the last time; the last position less that of the stream before.

use std::ops::Range;

use base::Timestamp;

use super::schema::Row;
use super::{GroupId, Position, StreamId, StreamStats};
use crate::metric::codec::{put_signed, put_varint, take_signed, take_varint};

/// The rows of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamRows {
    pub group: GroupId,
    pub stream: StreamId,
    pub rows: Range<usize>,
    /// Bytes of their messages.
    pub bytes: u64,
    /// The highest of their positions.
    pub position_max: Position,
    pub stats: StreamStats,
}

/// The streams of a file, in the order of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    streams: Vec<StreamRows>,
}

impl Summary {
    /// The streams, by group and stream.
    pub fn streams(&self) -> &[StreamRows] {
        &self.streams
    }

    /// The streams of a group.
    pub fn group(&self, group: GroupId) -> &[StreamRows] {
        let start = self.streams.partition_point(|stream| stream.group < group);
        let end = self.streams.partition_point(|stream| stream.group <= group);
        &self.streams[start..end]
    }

    /// The earliest and the latest time of a row.
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.streams.iter().map(|stream| stream.stats.first).min()?;
        let last = self.streams.iter().map(|stream| stream.stats.last).max()?;
        Some((first, last))
    }

    /// Counts the next row of the file.
    pub(super) fn add(&mut self, row: Row<'_>) {
        let stats = StreamStats { first: row.time, last: row.time, last_ingested: row.ingested };
        let bytes = row.message.len() as u64;
        let start = match self.streams.last_mut() {
            Some(last) if (last.group, last.stream) == (row.group, row.stream) => {
                last.rows.end += 1;
                last.bytes += bytes;
                last.stats.last = row.time;
                last.position_max = last.position_max.max(row.position);
                last.stats.last_ingested = last.stats.last_ingested.max(row.ingested);
                return;
            }
            Some(last) => last.rows.end,
            None => 0,
        };
        self.streams.push(StreamRows {
            group: row.group,
            stream: row.stream,
            rows: start..start + 1,
            bytes,
            position_max: row.position,
            stats,
        });
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (mut group, mut position) = (0, 0u64);
        for stream in &self.streams {
            put_varint(stream.group.0 - group, &mut bytes);
            group = stream.group.0;
            put_varint(stream.stream.0, &mut bytes);
            put_varint(stream.rows.len() as u64, &mut bytes);
            put_varint(stream.bytes, &mut bytes);
            let StreamStats { first, last, last_ingested } = stream.stats;
            put_signed(first.millis(), &mut bytes);
            put_signed(last.millis().wrapping_sub(first.millis()), &mut bytes);
            put_signed(last_ingested.millis().wrapping_sub(last.millis()), &mut bytes);
            put_signed(stream.position_max.0.wrapping_sub(position).cast_signed(), &mut bytes);
            position = stream.position_max.0;
        }
        bytes
    }

    /// The summary of `streams` streams.
    pub(super) fn decode(mut bytes: &[u8], streams: usize) -> Result<Self, String> {
        let mut summary = Self::default();
        let (mut group, mut start, mut position) = (0u64, 0usize, 0u64);
        for _ in 0..streams {
            group = group.wrapping_add(take_varint(&mut bytes)?);
            let stream = StreamId(take_varint(&mut bytes)?);
            let rows = usize::try_from(take_varint(&mut bytes)?).map_err(|_| "a stream has too many rows")?;
            let end = start.checked_add(rows).ok_or("a stream has too many rows")?;
            let message_bytes = take_varint(&mut bytes)?;
            let first = take_signed(&mut bytes)?;
            let last = first.wrapping_add(take_signed(&mut bytes)?);
            let last_ingested = last.wrapping_add(take_signed(&mut bytes)?);
            position = position.wrapping_add(take_signed(&mut bytes)?.cast_unsigned());
            summary.streams.push(StreamRows {
                group: GroupId(group),
                stream,
                rows: start..end,
                bytes: message_bytes,
                position_max: Position(position),
                stats: StreamStats {
                    first: Timestamp::from_millis(first),
                    last: Timestamp::from_millis(last),
                    last_ingested: Timestamp::from_millis(last_ingested),
                },
            });
            start = end;
        }
        if bytes.is_empty() { Ok(summary) } else { Err("its summary is longer than its streams".to_owned()) }
    }
}
