//! Bytes of an object on their way out, a piece of a file at a time.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use store::blobs::Blob;

use super::{Files, Pin, path};
use crate::record::Piece;

/// Bytes that are read at once.
const READ_BYTES: u64 = 256 << 10;

impl Files {
    /// The bytes of these files in a range of them all. The pin keeps the files meanwhile.
    pub(crate) fn read(
        self: &Arc<Self>,
        pieces: &[Piece],
        range: Range<u64>,
        pin: Pin,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync + use<> {
        let reading =
            Reading { files: self.clone(), left: parts_of(pieces, &range), open: None, _pin: pin, failed: false };
        stream::unfold(reading, |mut reading| async move {
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
        })
    }
}

/// What of which file is left to read.
struct Reading {
    files: Arc<Files>,
    left: VecDeque<(String, Range<u64>)>,
    open: Option<Arc<dyn Blob>>,
    _pin: Pin,
    failed: bool,
}

impl Reading {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some((id, range)) = self.left.front_mut() else { return Ok(None) };
        let (start, length) = (range.start, READ_BYTES.min(range.end - range.start));
        range.start += length;
        let is_last = range.is_empty();
        let (files, id, open) = (self.files.clone(), id.clone(), self.open.take());
        let read = tokio::task::spawn_blocking(move || {
            let blob = match open {
                Some(blob) => blob,
                None => files.blobs.open(&path(&id))?,
            };
            let mut buffer = vec![0; usize::try_from(length).expect("a read is small")];
            blob.read_exact_at(start, &mut buffer)?;
            Ok::<_, io::Error>((blob, Bytes::from(buffer)))
        });
        let (blob, bytes) = read.await.map_err(io::Error::other)??;
        match is_last {
            true => drop(self.left.pop_front()),
            false => self.open = Some(blob),
        }
        Ok(Some(bytes))
    }
}

/// Which range of each file a range of them all is.
fn parts_of(pieces: &[Piece], range: &Range<u64>) -> VecDeque<(String, Range<u64>)> {
    let mut start = 0;
    let mut parts = VecDeque::new();
    for piece in pieces {
        let end = start + piece.bytes;
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            parts.push_back((piece.id.clone(), from - start..to - start));
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
        let pieces: Vec<Piece> =
            [("a", 10), ("b", 0), ("c", 5)].map(|(id, bytes)| Piece { id: id.to_owned(), bytes }).into();
        let table: [(Range<u64>, &[(&str, Range<u64>)]); 5] = [
            (0..15, &[("a", 0..10), ("c", 0..5)]),
            (3..12, &[("a", 3..10), ("c", 0..2)]),
            (10..11, &[("c", 0..1)]),
            (9..10, &[("a", 9..10)]),
            (0..0, &[]),
        ];
        for (range, expected) in table {
            let expected: VecDeque<_> = expected.iter().map(|(id, range)| ((*id).to_owned(), range.clone())).collect();
            assert_eq!(parts_of(&pieces, &range), expected, "{range:?}");
        }
    }
}
