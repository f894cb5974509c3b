//! Reading a group's events in the order of arrival, for who follows it.

use std::sync::Arc;

use super::block::{Block, EVENT_BYTES};
use super::files::LiveFile;
use super::reader::OpenFile;
use super::smallest::Smallest;
use super::table::Inner;
use super::{GroupId, LogEvent, Position};
use crate::error::StoreError;
use crate::table_work::blocking;

/// Events of files that are made at a time.
const CHUNK_EVENTS: usize = if cfg!(test) { 3 } else { 512 };

impl Inner {
    /// See [`LogEvents::arrivals`](super::LogEvents::arrivals).
    pub async fn arrivals(
        &self,
        group: GroupId,
        after: Position,
        limit: usize,
        bytes_max: usize,
    ) -> Result<(Vec<LogEvent>, Position), StoreError> {
        let (blocks, files, flushed_lsn, last) = {
            let state = self.state();
            let from = after.0 >> Position::INDEX_BITS;
            let blocks: Vec<_> = state.heads().flat_map(|head| head.since(group, from)).cloned().collect();
            (blocks, state.files.clone(), state.flushed_lsn, self.last_position().max(after))
        };
        if last == after {
            return Ok((Vec::new(), last));
        }
        let mut taken = Taken::new(limit, bytes_max);
        // For who is up to date no file has to be asked.
        let passed = match (after.0 >> Position::INDEX_BITS) <= flushed_lsn {
            true => self.contents.files_with(&files, &[group], (i64::MIN, i64::MAX), after),
            false => Vec::new(),
        };
        if !passed.is_empty() {
            taken = blocking("reading log events", move || {
                taken.take_files(&passed, group, after)?;
                Ok(taken)
            })
            .await?;
        }
        // What is in files came before what is in memory.
        taken.take_blocks(&blocks, after);
        Ok(taken.finish(last))
    }
}

/// Takes events up to a number and to bytes of messages.
struct Taken {
    events: Vec<LogEvent>,
    limit: usize,
    bytes_left: u64,
}

impl Taken {
    /// At most `limit` events, but one at least, and about `bytes_max` of messages.
    fn new(limit: usize, bytes_max: usize) -> Self {
        Self { events: Vec::new(), limit: limit.max(1), bytes_left: bytes_max as u64 }
    }

    /// Whether there is no room for more.
    fn is_full(&self) -> bool {
        self.events.len() >= self.limit || (self.bytes_left == 0 && !self.events.is_empty())
    }

    /// Takes an event.
    fn take(&mut self, event: LogEvent) {
        self.bytes_left = self.bytes_left.saturating_sub(event.message.len() as u64 + EVENT_BYTES);
        self.events.push(event);
    }

    /// Takes the events of a group's rows in files after a position.
    fn take_files(&mut self, files: &[Arc<LiveFile>], group: GroupId, after: Position) -> Result<(), StoreError> {
        let open: Vec<Arc<OpenFile>> = files.iter().map(|file| file.open()).collect::<Result<_, _>>()?;
        let mut smallest = Smallest::new(self.limit);
        for (number, file) in open.iter().enumerate() {
            let passed = file.summary()?.group(group).iter().filter(|rows| rows.position_max > after);
            for rows in passed {
                let positions = file.positions(rows.rows.clone())?;
                let places = positions.into_iter().zip(rows.rows.clone()).filter(|(position, _)| *position > after);
                places.for_each(|(position, row)| smallest.offer((position, number, row)));
            }
        }
        for chunk in smallest.finish().chunks(CHUNK_EVENTS) {
            let mut events = Vec::with_capacity(chunk.len());
            for (number, file) in open.iter().enumerate() {
                let rows = chunk.iter().filter(|(_, of, _)| *of == number);
                let mut rows: Vec<usize> = rows.map(|(_, _, row)| *row).collect();
                rows.sort_unstable();
                events.extend(file.events(&rows)?);
            }
            events.sort_unstable_by_key(|event| event.position);
            for event in events {
                if self.is_full() {
                    return Ok(());
                }
                self.take(event);
            }
        }
        Ok(())
    }

    /// Takes the events of puts after a position; the puts are in the order of arrival.
    fn take_blocks(&mut self, blocks: &[Arc<Block>], after: Position) {
        for block in blocks {
            for at in block.by_arrival().filter(|at| block.place(*at).position > after) {
                if self.is_full() {
                    return;
                }
                self.take(block.event(at));
            }
        }
    }

    /// The events, and up to where was looked, when all up to `last` was there to be taken.
    fn finish(self, last: Position) -> (Vec<LogEvent>, Position) {
        let full = self.is_full();
        let looked = self.events.last().filter(|_| full).map_or(last, |event| event.position);
        (self.events, looked)
    }
}
