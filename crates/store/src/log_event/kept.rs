//! Which events are still wanted, as the work that drops them asks.

use std::sync::Arc;

use base::Timestamp;

use super::summary::Summary;
use super::{GroupId, Keep, StreamId};

/// The question put at one moment; until someone says what is wanted, everything is.
#[derive(Clone)]
pub(super) struct Kept {
    keep: Option<Arc<dyn Keep>>,
    now: Timestamp,
}

/// What is to happen with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing in it is wanted.
    Drop,
    /// So much of it is not wanted that it is written anew.
    Rewrite,
    /// It stays.
    Stay,
}

/// How long rows that are not wanted stay in a file of which most is: they are gone within 72 hours (logs.md RT-3),
/// as a stream's rows in a file are of one day, and are not wanted one day after the first is not.
const REWRITE_AFTER_MS: i64 = 24 * 3_600_000;

impl Kept {
    pub fn new(keep: Option<Arc<dyn Keep>>, now: Timestamp) -> Self {
        Self { keep, now }
    }

    /// Whether someone says what is wanted.
    pub fn is_known(&self) -> bool {
        self.keep.is_some()
    }

    /// The time from which on a stream's events are wanted; `None` when none are.
    pub fn from(&self, group: GroupId, stream: StreamId) -> Option<Timestamp> {
        match &self.keep {
            None => Some(Timestamp::MIN),
            Some(keep) => keep.group(group, self.now).filter(|_| keep.stream(group, stream)),
        }
    }

    /// What is to happen with a file that was written at `created`.
    pub fn fate(&self, summary: &Summary, created: Timestamp) -> Fate {
        let (mut wanted, mut unwanted) = (0, 0);
        for stream in summary.streams() {
            let stays = self.from(stream.group, stream.stream).is_some_and(|from| stream.stats.last >= from);
            *if stays { &mut wanted } else { &mut unwanted } += stream.rows.len();
        }
        let long = self.now.millis().saturating_sub(created.millis()) >= REWRITE_AFTER_MS;
        match (wanted, unwanted) {
            (0, _) => Fate::Drop,
            (_, 0) => Fate::Stay,
            _ if long || unwanted > wanted => Fate::Rewrite,
            _ => Fate::Stay,
        }
    }
}
