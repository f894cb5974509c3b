//! What is known of each stream's events, in memory.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::block::Block;
use super::{GroupId, StreamId, StreamStats};

/// What is known of all streams.
#[derive(Default)]
pub(super) struct Stats {
    streams: RwLock<HashMap<StreamId, (GroupId, StreamStats)>>,
}

impl Stats {
    /// Notes a put.
    pub fn note(&self, block: &Block) {
        if let Some((first, last)) = block.times() {
            let stats = StreamStats { first, last, last_ingested: block.ingested };
            self.note_all([(block.group, block.stream, stats)]);
        }
    }

    /// Notes what is known of some events of streams.
    pub fn note_all(&self, known: impl IntoIterator<Item = (GroupId, StreamId, StreamStats)>) {
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        for (group, stream, new) in known {
            let (_, stats) = streams.entry(stream).or_insert((group, new));
            stats.first = stats.first.min(new.first);
            stats.last = stats.last.max(new.last);
            stats.last_ingested = stats.last_ingested.max(new.last_ingested);
        }
    }

    /// What is known of a stream.
    pub fn get(&self, stream: StreamId) -> Option<StreamStats> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        streams.get(&stream).map(|(_, stats)| *stats)
    }

    /// Forgets the streams that are not wanted any more.
    pub fn retain(&self, wanted: impl Fn(GroupId, StreamId) -> bool) {
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|stream, (group, _)| wanted(*group, *stream));
    }
}
