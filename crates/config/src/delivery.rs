//! Delivery into the channel's bucket: snapshots, histories, and what both share (config.md §3.7, §4.3).

mod history;
mod snapshot;

use std::io::Write as _;

use base::{Scope, Timestamp};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::channel::ChannelRecord;

pub use history::DeliverHistory;
pub(crate) use history::next_history;
pub use snapshot::DeliverSnapshots;
pub(crate) use snapshot::{SnapshotRecord, next_snapshot, recent_snapshot};

/// Bytes as an object has them.
pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

/// The folder of a day's files of a kind: month and day without leading zeroes (H-13).
pub(crate) fn day_folder(channel: &ChannelRecord, scope: &Scope, time: Timestamp, kind: &str) -> String {
    let date = time.date();
    let parts: Vec<_> = date.split('-').map(|part| part.trim_start_matches('0')).collect();
    format!("{}/{}/{}/{kind}", channel.folder(scope), scope.region, parts.join("/"))
}

#[cfg(test)]
mod tests;
