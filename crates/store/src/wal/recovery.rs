//! Reading the log at start: every row past the flushed mark, and every damage.

use std::path::PathBuf;
use std::sync::Arc;

use super::WalOptions;
use super::frame::{HEADER_BYTES, Step, Tail, encode_header, inspect_tail, read_frame, read_header};
use super::segment::{Current, Segments, number, path};
use crate::disk::{DiskFile, read_exact_at};
use crate::error::StoreError;

/// The log as found.
pub(super) struct Recovered {
    pub segments: Segments,
    pub current: Current,
    pub next_lsn: u64,
}

type Replay<'a> = &'a mut dyn FnMut(u64, u8, &[u8]) -> Result<(), String>;

/// Reads all segments in order and makes the last one ready for writing.
pub(super) fn recover(options: &WalOptions, replay: Replay<'_>) -> Result<Recovered, StoreError> {
    let WalOptions { disk, folder, segment_bytes, flushed_lsn } = options;
    disk.create_dir(folder).map_err(|error| StoreError::io("making", folder, error))?;
    let segments = Segments::new(disk.clone(), folder.clone(), *segment_bytes);
    let mut found = Vec::new();
    for number in found_numbers(options)? {
        found.push(Segment::open(options, number)?);
    }
    remove_unfinished(options, &mut found)?;
    let Some((last, before)) = found.split_last() else {
        if *flushed_lsn > 0 {
            return Err(StoreError::damaged(folder, "the log's segments are missing"));
        }
        let current = segments.create(1, 1, 0).map_err(|error| StoreError::io("making", &path(folder, 1), error))?;
        return Ok(Recovered { segments, current, next_lsn: 1 });
    };
    let mut expected = None;
    let mut end = None;
    for segment in before {
        let first_lsn = segment.header()?.ok_or_else(|| segment.damaged(0, "the header is damaged"))?;
        check_start(segment, first_lsn, expected, end, *flushed_lsn)?;
        segments.note(segment.number, first_lsn);
        let (lsn, at) = segment.read(first_lsn, *flushed_lsn, replay)?;
        (expected, end) = (Some(lsn), Some((segment, at)));
    }
    let first_lsn = match last.header()? {
        Some(first_lsn) => first_lsn,
        None => last.rewrite_header(expected.unwrap_or(1))?,
    };
    check_start(last, first_lsn, expected, end, *flushed_lsn)?;
    segments.note(last.number, first_lsn);
    let (next_lsn, at) = last.read(first_lsn, *flushed_lsn, replay)?;
    if next_lsn <= *flushed_lsn {
        let detail = format!("the log ends before row {next_lsn}, but rows up to {flushed_lsn} were in it");
        return Err(last.damaged(at.offset, detail));
    }
    let len = last.clear_tail(at, next_lsn, *segment_bytes)?;
    last.harden(at)?;
    // The name of the last segment may not be durable either.
    disk.sync_dir(folder).map_err(|error| StoreError::io("syncing", folder, error))?;
    let (number, file, path) = (last.number, last.file.clone(), last.path.clone());
    let current = Current { number, file, path, offset: at.offset, len, zeroed: at.offset };
    Ok(Recovered { segments, current, next_lsn })
}

/// Removes the last segments as long as they were never written to: they were reserved for
/// later, or refused on a full disk and came back. Then the segment before is the last, and
/// what is torn in it is told from what is damaged.
fn remove_unfinished(options: &WalOptions, found: &mut Vec<Segment>) -> Result<(), StoreError> {
    while let [.., before, last] = &found[..] {
        let after = before.header()?.map(|first_lsn| before.end_lsn(first_lsn)).transpose()?;
        let unused = match (last.header()?, after) {
            (None, _) => true,
            (Some(first_lsn), Some(after)) => first_lsn < after,
            (Some(_), None) => false,
        };
        if !unused || last.holds_frames()? {
            break;
        }
        let removed = options.disk.remove(&last.path).and_then(|()| options.disk.sync_dir(&options.folder));
        removed.map_err(|error| StoreError::io("removing", &last.path, error))?;
        found.pop();
    }
    match &found[..] {
        // Nothing says what was in the segments before.
        [only] if only.number > 1 && only.header()?.is_none() && !only.holds_frames()? => {
            Err(StoreError::damaged(&path(&options.folder, only.number - 1), "the segment is missing"))
        }
        _ => Ok(()),
    }
}

/// The numbers of the segments, oldest first; an error if one in the middle is missing.
fn found_numbers(options: &WalOptions) -> Result<Vec<u64>, StoreError> {
    let folder = &options.folder;
    let names = options.disk.list(folder).map_err(|error| StoreError::io("listing", folder, error))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
    numbers.sort_unstable();
    match numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        Some(pair) => Err(StoreError::damaged(&path(folder, pair[0] + 1), "the segment is missing")),
        None => Ok(numbers),
    }
}

/// Checks that a segment continues where the one before ended.
fn check_start(
    segment: &Segment,
    first_lsn: u64,
    expected: Option<u64>,
    end: Option<(&Segment, End)>,
    flushed_lsn: u64,
) -> Result<(), StoreError> {
    match (expected, end) {
        (Some(expected), Some((before, at))) if first_lsn > expected => {
            let detail = at.bad.unwrap_or("the frames end too early");
            Err(before.damaged(at.offset, format!("{detail}; rows {expected} to {} are missing", first_lsn - 1)))
        }
        (Some(expected), _) if first_lsn < expected => {
            Err(segment.damaged(0, format!("the segment starts at row {first_lsn} instead of {expected}")))
        }
        (None, _) if first_lsn > flushed_lsn + 1 => {
            let before = path(segment.path.parent().unwrap_or(&segment.path), segment.number.saturating_sub(1));
            Err(StoreError::damaged(&before, "the segment is missing"))
        }
        _ => Ok(()),
    }
}

struct Segment {
    number: u64,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    len: u64,
}

/// Where the frames of a segment end, and what stands there if it is not zeros.
#[derive(Clone, Copy)]
struct End {
    offset: u64,
    bad: Option<&'static str>,
    // Where the last frame starts; the header, if there is none.
    last: u64,
}

impl Segment {
    fn open(options: &WalOptions, number: u64) -> Result<Self, StoreError> {
        let path = path(&options.folder, number);
        let opened = options.disk.open(&path).and_then(|file| Ok((file.len()?, file)));
        let (len, file) = opened.map_err(|error| StoreError::io("opening", &path, error))?;
        Ok(Self { number, path, file, len })
    }

    fn damaged(&self, offset: u64, detail: impl std::fmt::Display) -> StoreError {
        StoreError::damaged(&self.path, format!("at offset {offset}: {detail}"))
    }

    fn io(&self, error: std::io::Error) -> StoreError {
        StoreError::io("reading", &self.path, error)
    }

    fn header(&self) -> Result<Option<u64>, StoreError> {
        read_header(&*self.file, self.number).map_err(|error| self.io(error))
    }

    /// The last segment may have been in the making when the power went. If it holds no
    /// frame, nothing was ever acknowledged out of it.
    fn rewrite_header(&self, first_lsn: u64) -> Result<u64, StoreError> {
        if self.holds_frames()? {
            return Err(self.damaged(0, "the header is damaged"));
        }
        let written = self.file.set_len(0).and_then(|()| {
            self.file.write_all_at(0, &encode_header(self.number, first_lsn))?;
            self.file.sync_data()
        });
        written.map_err(|error| StoreError::io("writing", &self.path, error))?;
        Ok(first_lsn)
    }

    /// Whether a whole frame stands anywhere after the header.
    fn holds_frames(&self) -> Result<bool, StoreError> {
        let tail = inspect_tail(&*self.file, self.number, HEADER_BYTES, self.len, 1).map_err(|error| self.io(error))?;
        Ok(matches!(tail, Tail::Frame(_)))
    }

    /// The number that the row after the last one would have.
    fn end_lsn(&self, first_lsn: u64) -> Result<u64, StoreError> {
        Ok(self.read(first_lsn, u64::MAX, &mut |_, _, _| Ok(()))?.0)
    }

    /// Writes the last frame once more and syncs it. It may be there only as far as this
    /// machine remembers, if the server ended before the sync or because the sync failed;
    /// after a failed sync, only what is written anew reaches the disk.
    fn harden(&self, end: End) -> Result<(), StoreError> {
        let mut bytes = vec![0; (end.offset - end.last) as usize];
        read_exact_at(&*self.file, end.last, &mut bytes).map_err(|error| self.io(error))?;
        let written = self.file.write_all_at(end.last, &bytes).and_then(|()| self.file.sync_data());
        written.map_err(|error| StoreError::io("writing", &self.path, error))
    }

    /// Replays the frames; gives the number that the next row must have.
    fn read(&self, first_lsn: u64, flushed_lsn: u64, replay: Replay<'_>) -> Result<(u64, End), StoreError> {
        let (mut lsn, mut offset, mut last) = (first_lsn, HEADER_BYTES, 0);
        loop {
            let step = read_frame(&*self.file, self.number, offset, self.len).map_err(|error| self.io(error))?;
            let (found, entries, next) = match step {
                Step::Frame { lsn, entries, next } => (lsn, entries, next),
                Step::End => return Ok((lsn, End { offset, bad: None, last })),
                Step::Bad(detail) => return Ok((lsn, End { offset, bad: Some(detail), last })),
            };
            if found != lsn {
                return Err(self.damaged(offset, format!("row {found} stands where row {lsn} belongs")));
            }
            for entry in entries {
                if lsn > flushed_lsn {
                    replay(lsn, entry.table, &entry.row).map_err(|detail| self.damaged(offset, detail))?;
                }
                lsn += 1;
            }
            (last, offset) = (offset, next);
        }
    }

    /// Cuts off a torn frame and reserves the segment anew. Gives the bytes reserved.
    fn clear_tail(&self, end: End, next_lsn: u64, segment_bytes: u64) -> Result<u64, StoreError> {
        let len = self.file.len().map_err(|error| self.io(error))?;
        let tail = inspect_tail(&*self.file, self.number, end.offset, len, next_lsn).map_err(|error| self.io(error))?;
        match tail {
            Tail::Frame(later) => {
                let detail = end.bad.unwrap_or("a frame has no length");
                return Err(self.damaged(end.offset, format!("{detail}, though a whole frame follows at {later}")));
            }
            Tail::Zeros if len >= segment_bytes && end.bad.is_none() => return Ok(len),
            Tail::Zeros | Tail::Torn => {}
        }
        let io = |error| StoreError::io("writing", &self.path, error);
        self.file.set_len(end.offset).map_err(io)?;
        // On a full disk the segment stays short, and the next frame opens a new one.
        let reserved = match self.file.allocate(segment_bytes.max(end.offset)) {
            Ok(()) => segment_bytes.max(end.offset),
            Err(error) if crate::disk::is_full(&error) => {
                self.file.set_len(end.offset).map_err(io)?;
                end.offset
            }
            Err(error) => return Err(io(error)),
        };
        self.file.sync_data().map_err(io)?;
        Ok(reserved)
    }
}
