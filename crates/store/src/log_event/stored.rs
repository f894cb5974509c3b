//! How much a group holds.

use std::ops::Range;
use std::sync::Arc;

use base::Timestamp;

use super::block::EVENT_BYTES;
use super::files::LiveFile;
use super::reader::OpenFile;
use super::table::Inner;
use super::{GroupId, Position, StreamId};
use crate::error::StoreError;
use crate::table_work::blocking;

impl Inner {
    /// See [`LogEvents::stored_bytes`](super::LogEvents::stored_bytes).
    pub async fn stored_bytes(&self, group: GroupId, from: Timestamp) -> Result<u64, StoreError> {
        let keep = self.keep.read().expect("no writer panics").clone();
        // What went with its stream counts no more, though it may lie there for a while.
        let wanted = move |stream: StreamId| keep.as_ref().is_none_or(|keep| keep.stream(group, stream));
        let (in_memory, files) = {
            let state = self.state();
            let times = (from.millis(), i64::MAX);
            let files = self.contents.files_with(&state.files, &[group], times, Position(0));
            (state.heads().map(|head| head.stored_bytes(group, from, &wanted)).sum::<u64>(), files)
        };
        if files.is_empty() {
            return Ok(in_memory);
        }
        let in_files = blocking("measuring log events", move || {
            files.iter().map(|file| of_file(file, group, from, &wanted)).sum::<Result<u64, StoreError>>()
        });
        Ok(in_memory + in_files.await?)
    }
}

/// Most is known from what the file says of its streams; only where a stream's rows are partly too old are their
/// times and lengths read.
fn of_file(
    file: &LiveFile,
    group: GroupId,
    from: Timestamp,
    wanted: &impl Fn(StreamId) -> bool,
) -> Result<u64, StoreError> {
    let file = file.open()?;
    let mut bytes = 0;
    for stream in file.summary()?.group(group).iter().filter(|rows| wanted(rows.stream)) {
        if stream.stats.first >= from {
            bytes += stream.bytes + EVENT_BYTES * stream.rows.len() as u64;
        } else if stream.stats.last >= from {
            let rows = file.window(stream.rows.clone(), from, Timestamp::MAX)?;
            bytes += message_bytes(&file, &rows)? + EVENT_BYTES * rows.len() as u64;
        }
    }
    Ok(bytes)
}

/// Bytes of the messages of rows.
fn message_bytes(file: &Arc<OpenFile>, rows: &Range<usize>) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for page in if rows.is_empty() { 0..0 } else { file.pages_of(rows) } {
        let of_page = file.page_rows(page);
        let within = rows.start.max(of_page.start)..rows.end.min(of_page.end);
        bytes += if within == of_page { file.page_message_bytes(page) } else { file.messages(page)?.bytes(within) };
    }
    Ok(bytes as u64)
}
