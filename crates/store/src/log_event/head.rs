//! The events that are in the log but in no file yet, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use base::Timestamp;

use super::block::{Block, EVENT_BYTES};
use super::{GroupId, StreamId};

// What a group or a stream takes in memory beside its blocks, about.
const ENTRY_BYTES: usize = 160;

/// Puts by group and stream, in the order of arrival.
#[derive(Default)]
pub(super) struct Head {
    groups: HashMap<GroupId, GroupHead>,
    events: usize,
    memory_bytes: usize,
    last_lsn: u64,
}

#[derive(Default)]
struct GroupHead {
    streams: HashMap<StreamId, Vec<Arc<Block>>>,
    all: Vec<Arc<Block>>,
}

impl Head {
    /// Adds a put. Puts come in the order of their numbers.
    pub fn insert(&mut self, block: Arc<Block>) {
        self.events += block.len();
        self.memory_bytes += block.memory_bytes();
        self.last_lsn = block.lsn();
        let group = self.groups.entry(block.group).or_insert_with(|| {
            self.memory_bytes += ENTRY_BYTES;
            GroupHead::default()
        });
        let stream = group.streams.entry(block.stream).or_insert_with(|| {
            self.memory_bytes += ENTRY_BYTES;
            Vec::new()
        });
        stream.push(block.clone());
        group.all.push(block);
    }

    /// The number of events.
    pub fn events(&self) -> usize {
        self.events
    }

    /// Whether there are no puts.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// The number of the last put; 0 when there is none.
    pub fn last_lsn(&self) -> u64 {
        self.last_lsn
    }

    /// The puts of a group, or of some of its streams; those of one stream in the order of arrival.
    pub fn blocks<'a>(
        &'a self,
        group: GroupId,
        streams: Option<&'a [StreamId]>,
    ) -> impl Iterator<Item = &'a Arc<Block>> {
        let group = self.groups.get(&group);
        let all = group.filter(|_| streams.is_none()).into_iter().flat_map(|group| &group.all);
        let some = group.into_iter().flat_map(move |group| {
            let streams = streams.into_iter().flatten();
            streams.filter_map(|stream| group.streams.get(stream)).flatten()
        });
        all.chain(some)
    }

    /// The puts of a group from the number `lsn` on, in the order of arrival.
    pub fn since(&self, group: GroupId, lsn: u64) -> &[Arc<Block>] {
        let all = self.groups.get(&group).map_or(&[][..], |group| &group.all);
        &all[all.partition_point(|block| block.lsn() < lsn)..]
    }

    /// All puts, those of one stream in the order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.groups.values().flat_map(|group| &group.all)
    }

    /// Bytes of a group's messages, plus 26 an event, of events at or after `from`.
    pub fn stored_bytes(&self, group: GroupId, from: Timestamp, wanted: &impl Fn(StreamId) -> bool) -> u64 {
        let of = |block: &Arc<Block>| match block.times() {
            Some((first, _)) if first >= from => block.text_bytes() + EVENT_BYTES * block.len() as u64,
            _ => {
                let kept = block.in_window(from, Timestamp::MAX);
                kept.map(|at| u64::from(block.span(at).1) + EVENT_BYTES).sum()
            }
        };
        self.blocks(group, None).filter(|block| wanted(block.stream)).map(of).sum()
    }
}
