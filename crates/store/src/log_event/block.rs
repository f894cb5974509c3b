//! A put as it is kept: its bytes in the log, and where its events lie in them.
//!
//! Form (1), group (8), stream (8), ingested (8), retention in days or 0 (4), number of events (4); the time
//! of each event less that of the one before (the first less the ingestion), then the length of each
//! message, as variable-length numbers; then the messages, one after the other.

use std::ops::Range;
use std::sync::Arc;

use base::Timestamp;
use bytes::Bytes;

use super::{GroupId, LogEvent, LogPut, Place, Position, StreamId};

const FORM: u8 = 1;
const HEAD_BYTES: usize = 33;
/// Bytes that an event counts beside its message (logs.md LG-10, PE-2).
pub(super) const EVENT_BYTES: u64 = 26;
/// Events of a put: what the index of a position can tell apart.
const EVENTS_MAX: usize = 1 << Position::INDEX_BITS;
// What a block takes in memory beside its bytes and slots, about.
const OVERHEAD_BYTES: usize = 256;

/// The events of one put.
#[derive(Debug)]
pub(super) struct Block {
    pub group: GroupId,
    pub stream: StreamId,
    pub ingested: Timestamp,
    pub retention_days: Option<u32>,
    // Its number in the log; 0 until it has one.
    lsn: u64,
    row: Bytes,
    // In the order of time; those of the same time as they were given.
    slots: Box<[Slot]>,
    // The index in the put of each slot, where that is not the order of time.
    indices: Option<Box<[u16]>>,
    text_bytes: u64,
}

/// An event: its time, and where in the row its message lies.
#[derive(Clone, Copy, Debug)]
struct Slot {
    time: Timestamp,
    start: u32,
    len: u32,
}

impl Block {
    /// The block of a put; `None` when the put has too many events or too much text to be kept as one.
    pub fn of(put: &LogPut) -> Option<Self> {
        let text_bytes: usize = put.events.iter().map(|event| event.message.len()).sum();
        if put.events.len() > EVENTS_MAX || u32::try_from(text_bytes + 16 * EVENTS_MAX).is_err() {
            return None;
        }
        let mut row = Vec::with_capacity(HEAD_BYTES + put.events.len() * 8 + text_bytes);
        row.push(FORM);
        row.extend_from_slice(&put.group.0.to_le_bytes());
        row.extend_from_slice(&put.stream.0.to_le_bytes());
        row.extend_from_slice(&put.ingested.millis().to_le_bytes());
        row.extend_from_slice(&put.retention_days.unwrap_or(0).to_le_bytes());
        row.extend_from_slice(&(put.events.len() as u32).to_le_bytes());
        let mut before = put.ingested.millis();
        for event in &put.events {
            let time = event.time.millis();
            let delta = time.wrapping_sub(before);
            put_number(&mut row, ((delta << 1) ^ (delta >> 63)).cast_unsigned());
            before = time;
        }
        for event in &put.events {
            put_number(&mut row, event.message.len() as u64);
        }
        let mut slots = Vec::with_capacity(put.events.len());
        for event in &put.events {
            slots.push(Slot { time: event.time, start: row.len() as u32, len: event.message.len() as u32 });
            row.extend_from_slice(event.message.as_bytes());
        }
        let (group, stream, ingested) = (put.group, put.stream, put.ingested);
        Some(Self::new(group, stream, ingested, put.retention_days, row.into(), slots))
    }

    /// The block that a row of the log holds.
    pub fn read(lsn: u64, row: &[u8]) -> Result<Self, String> {
        let row = Bytes::copy_from_slice(row);
        let mut reader = Reader { row: &row, at: 0 };
        let [form] = reader.array()?;
        if form != FORM {
            return Err(format!("a put has the unknown form {form}"));
        }
        let group = GroupId(u64::from_le_bytes(reader.array()?));
        let stream = StreamId(u64::from_le_bytes(reader.array()?));
        let ingested = Timestamp::from_millis(i64::from_le_bytes(reader.array()?));
        let retention_days = Some(u32::from_le_bytes(reader.array()?)).filter(|days| *days > 0);
        let count = u32::from_le_bytes(reader.array()?) as usize;
        if count > EVENTS_MAX {
            return Err(format!("a put says that it has {count} events"));
        }
        let mut slots = Vec::with_capacity(count);
        let mut before = ingested.millis();
        for _ in 0..count {
            let number = reader.number()?;
            let delta = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
            before = before.wrapping_add(delta);
            slots.push(Slot { time: Timestamp::from_millis(before), start: 0, len: 0 });
        }
        for slot in &mut slots {
            let len = reader.number()?;
            slot.len = u32::try_from(len).map_err(|_| "a message is too long")?;
        }
        let mut start = reader.at as u64;
        let texts = std::str::from_utf8(&row[reader.at..]).map_err(|_| "a message is not UTF-8")?;
        for slot in &mut slots {
            slot.start = u32::try_from(start).map_err(|_| "a put is too long")?;
            start += u64::from(slot.len);
            if !texts.is_char_boundary((start as usize).saturating_sub(reader.at)) {
                return Err("a message is cut short".to_owned());
            }
        }
        if start != row.len() as u64 {
            return Err("a put is followed by bytes that do not belong to it".to_owned());
        }
        Ok(Self { lsn, ..Self::new(group, stream, ingested, retention_days, row.clone(), slots) })
    }

    fn new(
        group: GroupId,
        stream: StreamId,
        ingested: Timestamp,
        retention_days: Option<u32>,
        row: Bytes,
        mut slots: Vec<Slot>,
    ) -> Self {
        let text_bytes = slots.iter().map(|slot| u64::from(slot.len)).sum();
        let mut indices = None;
        if !slots.is_sorted_by_key(|slot| slot.time) {
            let mut order: Vec<u16> = (0..slots.len()).map(|index| index as u16).collect();
            order.sort_by_key(|index| slots[usize::from(*index)].time);
            slots = order.iter().map(|index| slots[usize::from(*index)]).collect();
            indices = Some(order.into());
        }
        Self { group, stream, ingested, retention_days, lsn: 0, row, slots: slots.into(), indices, text_bytes }
    }

    /// The block with its number in the log.
    pub fn numbered(self, lsn: u64) -> Self {
        Self { lsn, ..self }
    }

    /// The block's number in the log.
    pub fn lsn(&self) -> u64 {
        self.lsn
    }

    /// Its bytes in the log.
    pub fn row(&self) -> &Bytes {
        &self.row
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of its messages.
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        OVERHEAD_BYTES + self.row.len() + size_of_val(&*self.slots)
    }

    /// The earliest and the latest time; `None` without events.
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.slots.first()?.time, self.slots.last()?.time))
    }

    /// The events with times from `from` on and before `to`, counted in the order of time.
    pub fn in_window(&self, from: Timestamp, to: Timestamp) -> Range<usize> {
        let start = self.slots.partition_point(|slot| slot.time < from);
        start..start + self.slots[start..].partition_point(|slot| slot.time < to)
    }

    /// The place of the event that is `at`-th in the order of time.
    pub fn place(&self, at: usize) -> Place {
        let index = self.indices.as_ref().map_or(at, |indices| usize::from(indices[at]));
        Place { time: self.slots[at].time, position: self.position(index) }
    }

    fn position(&self, index: usize) -> Position {
        Position((self.lsn << Position::INDEX_BITS) | index as u64)
    }

    /// Where the message of an event lies in the row: start and length.
    pub fn span(&self, at: usize) -> (u32, u32) {
        (self.slots[at].start, self.slots[at].len)
    }

    /// The message of an event.
    pub fn message(&self, at: usize) -> &str {
        let Slot { start, len, .. } = self.slots[at];
        let bytes = &self.row[start as usize..start as usize + len as usize];
        std::str::from_utf8(bytes).expect("messages were text when the block was made")
    }

    /// An event, as reads give it.
    pub fn event(&self, at: usize) -> LogEvent {
        let Place { time, position } = self.place(at);
        let message = Arc::from(self.message(at));
        LogEvent { stream: self.stream, time, ingested: self.ingested, position, message }
    }

    /// The events in the order in which they were given, by their number in the order of time.
    pub fn by_arrival(&self) -> impl Iterator<Item = usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        if let Some(indices) = &self.indices {
            order.sort_unstable_by_key(|at| indices[*at]);
        }
        order.into_iter()
    }

    /// How many events come before a place.
    pub fn before(&self, place: Place) -> usize {
        let same = self.in_window(place.time, place.time.plus_millis(1));
        let (mut low, mut high) = (same.start, same.end);
        while low < high {
            let middle = low.midpoint(high);
            if self.place(middle) < place { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many events come before a place or are at it.
    pub fn up_to(&self, place: Place) -> usize {
        let before = self.before(place);
        before + usize::from(before < self.len() && self.place(before) == place)
    }
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Reader<'a> {
    row: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.row.get(self.at..self.at + N).ok_or("a put is cut short")?;
        self.at += N;
        Ok(bytes.try_into().expect("as many bytes as asked for"))
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number of a put does not end".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::NewEvent;
    use super::*;

    fn puts() -> impl Strategy<Value = LogPut> {
        let times = prop_oneof![any::<i64>(), 0..50i64];
        let event =
            (times, ".{0,20}").prop_map(|(time, message)| NewEvent { time: Timestamp::from_millis(time), message });
        (any::<u64>(), any::<u64>(), any::<i64>(), prop::option::of(1..4000u32), prop::collection::vec(event, 0..40))
            .prop_map(|(group, stream, ingested, retention_days, events)| LogPut {
                group: GroupId(group),
                stream: StreamId(stream),
                ingested: Timestamp::from_millis(ingested),
                retention_days,
                events,
            })
    }

    proptest! {
        #[test]
        fn a_put_is_read_back_as_it_was_given(put in puts()) {
            let block = Block::of(&put).unwrap().numbered(7);
            for block in [Block::read(7, block.row()).unwrap(), block] {
                prop_assert_eq!((block.group, block.stream, block.ingested), (put.group, put.stream, put.ingested));
                prop_assert_eq!(block.retention_days, put.retention_days);
                let events: Vec<_> = block.by_arrival().map(|at| block.event(at)).collect();
                prop_assert_eq!(events.len(), put.events.len());
                for (index, (found, given)) in events.iter().zip(&put.events).enumerate() {
                    prop_assert_eq!((found.time, &*found.message), (given.time, given.message.as_str()));
                    prop_assert_eq!(found.position, Position((7 << Position::INDEX_BITS) + index as u64));
                }
                let places: Vec<_> = (0..block.len()).map(|at| block.place(at)).collect();
                prop_assert!(places.is_sorted());
            }
        }

        #[test]
        fn a_damaged_row_is_refused_or_read_but_never_panics(put in puts(), at in any::<prop::sample::Index>(), byte: u8) {
            let mut row = Block::of(&put).unwrap().row().to_vec();
            let at = at.index(row.len());
            row[at] = byte;
            if let Ok(block) = Block::read(1, &row) {
                (0..block.len()).for_each(|at| drop(block.event(at)));
            }
            prop_assert!(Block::read(1, &row[..at]).is_err() || at == row.len());
        }
    }
}
