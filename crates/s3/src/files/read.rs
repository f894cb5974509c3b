//! Bytes of an object on their way out, a piece of a file at a time.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use store::blobs::Blob;

use super::sealed::{FRAME_BYTES, FileKey, sealed_bytes};
use super::{Files, Pin, path};
use crate::ports::Unseal;
use crate::record::Piece;

/// Bytes that are read at once, in whole frames.
const READ_BYTES: u64 = 256 << 10;

impl Files {
    /// The bytes of these files in a range of them all. The pin keeps the files meanwhile.
    ///
    /// # Errors
    /// `InvalidData` where the key of a file cannot be opened.
    pub(crate) fn read(
        self: &Arc<Self>,
        pieces: &[Piece],
        range: Range<u64>,
        pin: Pin,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + Sync + use<>> {
        let left = parts_of(pieces, &range).into_iter().map(|(piece, range)| self.part(piece, range));
        let left = left.collect::<io::Result<_>>()?;
        let reading = Reading { files: self.clone(), left, open: None, _pin: pin, failed: false };
        Ok(stream::unfold(reading, |mut reading| async move {
            if reading.failed {
                return None;
            }
            match reading.next().await {
                Ok(bytes) => bytes.map(|bytes| (Ok(bytes), reading)),
                Err(error) => {
                    tracing::error!(%error, "a file of an object could not be read");
                    reading.failed = true;
                    Some((Err(error), reading))
                }
            }
        }))
    }

    fn part(&self, piece: &Piece, range: Range<u64>) -> io::Result<Part> {
        let open = |sealed: &String| FileKey::open(&piece.id, sealed, &*self.seal);
        let key = piece.sealed_key.as_ref().map(open).transpose()?.map(Arc::new);
        Ok(Part { id: piece.id.clone(), file_bytes: piece.bytes, key, range })
    }
}

/// What of which file is left to read.
struct Reading {
    files: Arc<Files>,
    left: VecDeque<Part>,
    open: Option<Arc<dyn Blob>>,
    _pin: Pin,
    failed: bool,
}

/// A range of a file.
struct Part {
    id: String,
    /// All that there is, before it is encrypted.
    file_bytes: u64,
    /// `None` for a file from before files were encrypted.
    key: Option<Arc<FileKey>>,
    range: Range<u64>,
}

impl Reading {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(part) = self.left.front_mut() else { return Ok(None) };
        let start = part.range.start;
        // Whole frames, but for the first and the last.
        let end = part.range.end.min((start / READ_BYTES + 1) * READ_BYTES);
        part.range.start = end;
        let is_last = part.range.is_empty();
        let (files, open) = (self.files.clone(), self.open.take());
        let (id, key, file_bytes) = (part.id.clone(), part.key.clone(), part.file_bytes);
        let read = tokio::task::spawn_blocking(move || {
            let blob = match open {
                Some(blob) => blob,
                None => files.blobs.open(&path(&id))?,
            };
            let bytes = match key {
                None => read_exactly(&*blob, start..end)?.into(),
                Some(key) => read_sealed(&*blob, &key, start..end, file_bytes)?,
            };
            Ok::<_, io::Error>((blob, bytes))
        });
        let (blob, bytes) = read.await.map_err(io::Error::other)??;
        match is_last {
            true => drop(self.left.pop_front()),
            false => self.open = Some(blob),
        }
        Ok(Some(bytes))
    }
}

fn read_exactly(blob: &dyn Blob, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; usize::try_from(range.end - range.start).expect("a read is small")];
    blob.read_exact_at(range.start, &mut buffer)?;
    Ok(buffer)
}

/// A range of a file that is not empty, by the frames that it touches.
fn read_sealed(blob: &dyn Blob, key: &FileKey, range: Range<u64>, file_bytes: u64) -> io::Result<Bytes> {
    let first = range.start / FRAME_BYTES;
    let frames_end = file_bytes.min(range.end.div_ceil(FRAME_BYTES) * FRAME_BYTES);
    let frames_start = first * FRAME_BYTES;
    let mut bytes = read_exactly(blob, sealed_bytes(frames_start)..sealed_bytes(frames_end))?;
    key.open_frames(first, &mut bytes)?;
    let within = |at: u64| usize::try_from(at - frames_start).expect("a read is small");
    Ok(Bytes::from(bytes).slice(within(range.start)..within(range.end)))
}

/// A file of a server that is not running, whole. What is shorter or longer than it was, or not what was written, is
/// given as it is: whoever verifies it shall find the damage.
///
/// # Errors
/// The disk's; `InvalidData` where the key of the file cannot be opened.
pub(crate) fn at_rest(blob: &dyn Blob, piece: &Piece, unseal: &dyn Unseal) -> io::Result<Vec<u8>> {
    let bytes = read_exactly(blob, 0..blob.len()?)?;
    let Some(sealed) = &piece.sealed_key else { return Ok(bytes) };
    let key = FileKey::open(&piece.id, sealed, unseal)?;
    let mut opened = bytes.clone();
    Ok(key.open_frames(0, &mut opened).map_or(bytes, |()| opened))
}

/// Which range of each file a range of them all is.
fn parts_of<'a>(pieces: &'a [Piece], range: &Range<u64>) -> Vec<(&'a Piece, Range<u64>)> {
    let mut start = 0;
    let mut parts = Vec::new();
    for piece in pieces {
        let end = start + piece.bytes;
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            parts.push((piece, from - start..to - start));
        }
        start = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_range_of_each_file_that_it_touches() {
        let pieces: Vec<Piece> = [("a", 10), ("b", 0), ("c", 5)]
            .map(|(id, bytes)| Piece { id: id.to_owned(), bytes, sealed_key: None })
            .into();
        type Row = (Range<u64>, &'static [(&'static str, Range<u64>)]);
        let table: [Row; 5] = [
            (0..15, &[("a", 0..10), ("c", 0..5)]),
            (3..12, &[("a", 3..10), ("c", 0..2)]),
            (10..11, &[("c", 0..1)]),
            (9..10, &[("a", 9..10)]),
            (0..0, &[]),
        ];
        for (range, expected) in table {
            let found: Vec<_> =
                parts_of(&pieces, &range).into_iter().map(|(piece, range)| (piece.id.as_str(), range)).collect();
            assert_eq!(found, expected, "{range:?}");
        }
    }
}
