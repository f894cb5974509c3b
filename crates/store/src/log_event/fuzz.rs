//! What fuzzing needs of the table's forms in the log and in files.

use super::block::Block;
use super::directory::Directory;
use super::summary::Summary;

/// Reads a row of the log; the number of events, if it is one.
pub fn read(row: &[u8]) -> Option<usize> {
    let block = Block::read(1, row).ok()?;
    let events: Vec<_> = block.by_arrival().map(|at| block.event(at)).collect();
    assert_eq!(events.iter().map(|event| event.message.len() as u64).sum::<u64>(), block.text_bytes());
    Some(events.len())
}

/// Reads a file's directory as it is when unpacked; its bytes when written anew, if it is one.
pub fn rewrite_directory(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Directory::decode(&mut &*bytes).ok()?.encode())
}

/// Reads a file's summary as it is when unpacked; the number of rows, if it is one.
pub fn read_summary(bytes: &[u8], streams: u16) -> Option<usize> {
    let summary = Summary::decode(bytes, streams.into()).ok()?;
    Some(summary.streams().last().map_or(0, |stream| stream.rows.end))
}
