//! One file that is read as it grows, over its rotation.
//!
//! A file that is renamed or removed is read to its end, for it is held open. One that is
//! truncated, or written anew in its place, is read from its start again.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::Timestamp;

use super::batch::{self, BATCH_BYTES_MAX, EVENTS_MAX, Event};
use super::framing::Lines;
use super::grouping::{Grouped, Grouping};
use super::positions::{Found, Head, Identity, Position, resume};
use super::settings::Source;

/// Bytes that a file is known by.
const HEAD_BYTES_MAX: u64 = 1024;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// A file that is read.
#[derive(Debug)]
pub struct Tail {
    /// Which source it is of.
    pub source: usize,
    /// Which file it is.
    pub identity: Identity,
    /// What it was called when it was last found.
    pub path: PathBuf,
    /// Whether its path is another file's by now, or nobody's: it is read to its end.
    pub is_leaving: bool,
    file: File,
    /// Up to where it was acknowledged.
    acked: u64,
    /// Up to where it was read.
    read: u64,
    head: Head,
    lines: Lines,
    grouping: Grouping,
    ready: VecDeque<Event>,
    ready_bytes: usize,
    /// When it last grew.
    grew: Timestamp,
    /// When the first of what is ready became so.
    waits_since: Option<Timestamp>,
    /// The time of the event before, for those without one.
    last_ms: Option<i64>,
}

/// Which file this is.
///
/// # Errors
/// The disk's.
pub fn identity_of(file: &File) -> io::Result<Identity> {
    let metadata = file.metadata()?;
    Ok(Identity { device: metadata.dev(), inode: metadata.ino() })
}

/// How the first bytes of a file are, of up to so many.
///
/// # Errors
/// The disk's.
fn head_of(file: &File, bytes: u64) -> io::Result<Head> {
    let mut buffer = vec![0; usize::try_from(bytes.min(HEAD_BYTES_MAX)).unwrap_or(0)];
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    Ok(Head { bytes: filled as u64, crc32c: crc32c::crc32c(&buffer[..filled]) })
}

impl Tail {
    /// Opens a file that is read from where it was acknowledged, or from its start.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(
        path: &Path,
        file: File,
        (index, source): (usize, &Source),
        known: Option<&Position>,
        now: Timestamp,
    ) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let offset = match known {
            Some(position) => match resume(position, length, head_of(&file, position.head.bytes)?) {
                Found::From(offset) => offset,
                Found::Anew => 0,
            },
            None => 0,
        };
        Ok(Self {
            source: index,
            identity: identity_of(&file)?,
            path: path.to_owned(),
            is_leaving: false,
            head: head_of(&file, offset)?,
            file,
            acked: offset,
            read: offset,
            lines: Lines::new(source.encoding, offset),
            grouping: Grouping::default(),
            ready: VecDeque::new(),
            ready_bytes: 0,
            grew: now,
            waits_since: None,
            last_ms: None,
        })
    }

    /// Reads on until there is enough for a request or the file ends.
    ///
    /// # Errors
    /// The disk's.
    pub fn fill(&mut self, source: &Source, flush: Duration, now: Timestamp) -> io::Result<()> {
        self.look_for_truncation(source, now)?;
        let mut chunk = vec![0; CHUNK_BYTES];
        while !self.is_full() {
            self.file.seek(SeekFrom::Start(self.read))?;
            let bytes = self.file.read(&mut chunk)?;
            if bytes == 0 {
                self.at_end(source, flush, now);
                break;
            }
            self.read += bytes as u64;
            self.grew = now;
            self.lines.push(&chunk[..bytes]);
            self.take_lines(source, now);
        }
        if self.head.bytes < HEAD_BYTES_MAX.min(self.read) {
            self.head = head_of(&self.file, self.read)?;
        }
        Ok(())
    }

    /// Whether a request can be made: there is enough for one, or something waited long enough.
    pub fn is_ready(&self, flush: Duration, now: Timestamp) -> bool {
        self.is_full() || self.waits_since.is_some_and(|since| self.is_leaving || now.since(since) >= flush)
    }

    /// Bytes of the events that wait.
    pub fn held_bytes(&self) -> usize {
        self.ready_bytes
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The events that go into the next request.
    pub fn next_events(&self) -> impl Iterator<Item = &Event> {
        self.ready.iter().take(batch::cut(self.ready.iter()))
    }

    /// So many events were acknowledged, or are not to be sent.
    pub fn acknowledged(&mut self, count: usize, now: Timestamp) {
        for event in self.ready.drain(..count.min(self.ready.len())) {
            self.ready_bytes -= event.bytes();
            self.acked = event.end;
        }
        self.waits_since = (!self.ready.is_empty()).then_some(now);
    }

    /// Whether nothing will come of it any more.
    pub fn is_done(&self) -> bool {
        self.is_leaving && self.ready.is_empty() && !self.lines.has_rest() && !self.grouping.is_open()
    }

    /// Where it stands.
    pub fn position(&self, source: &Source) -> Position {
        // Events that are left out move the position as well, once nothing before them waits.
        let idle = self.ready.is_empty() && !self.lines.has_rest() && !self.grouping.is_open();
        let head = if self.acked == 0 && !idle { Head::default() } else { self.head };
        Position {
            to: (source.group.clone(), source.stream.clone()),
            path: self.path.clone(),
            identity: self.identity,
            head,
            offset: if idle { self.read } else { self.acked },
        }
    }

    fn is_full(&self) -> bool {
        self.ready_bytes >= BATCH_BYTES_MAX || self.ready.len() >= EVENTS_MAX
    }

    /// What was read of a file that begins anew is kept, and its rest is taken for an end.
    fn look_for_truncation(&mut self, source: &Source, now: Timestamp) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length >= self.read && (length == self.read || head_of(&self.file, self.head.bytes)? == self.head) {
            return Ok(());
        }
        tracing::info!(path = %self.path.display(), "a log file was truncated: it is read from its start");
        self.end_open(source, now);
        // What waits is nowhere else any more; it says nothing of the new content.
        self.ready.iter_mut().for_each(|event| event.end = 0);
        (self.acked, self.read, self.head) = (0, 0, Head::default());
        self.lines = Lines::new(source.encoding, 0);
        Ok(())
    }

    fn take_lines(&mut self, source: &Source, now: Timestamp) {
        while let Some(line) = self.lines.next_line() {
            if let Some(event) = self.grouping.add(line, &source.start) {
                self.add(event, source, now);
            }
        }
    }

    /// The file ends here, for now or, when it was rotated away, for good.
    fn at_end(&mut self, source: &Source, flush: Duration, now: Timestamp) {
        let has_rested = now.since(self.grew) >= flush;
        if self.is_leaving && has_rested {
            self.end_open(source, now);
        } else if has_rested && let Some(event) = self.grouping.flush() {
            self.add(event, source, now);
        }
    }

    /// Takes a line without an end, and an event that could get more lines, as they are.
    fn end_open(&mut self, source: &Source, now: Timestamp) {
        while let Some(line) = self.lines.rest() {
            if let Some(event) = self.grouping.add(line, &source.start) {
                self.add(event, source, now);
            }
        }
        if let Some(event) = self.grouping.flush() {
            self.add(event, source, now);
        }
    }

    fn add(&mut self, Grouped { text, end }: Grouped, source: &Source, now: Timestamp) {
        let found = source.timestamps.as_ref().and_then(|format| format.find(&text, now)).map(Timestamp::millis);
        // A line without a time belongs to the one before it.
        let before = source.timestamps.as_ref().and(self.last_ms);
        let at_ms = found.or(before).unwrap_or(now.millis()).max(0);
        self.last_ms = found.or(self.last_ms);
        if !source.filters.admit(&text) {
            return;
        }
        let pieces = batch::pieces(&text);
        let before = self.ready.back().map_or(self.acked, |event| event.end);
        for (index, message) in pieces.iter().enumerate() {
            // A line in pieces was acknowledged when its last one was.
            let end = if index + 1 == pieces.len() { end } else { before };
            let event = Event { at_ms, message: (*message).to_owned(), end };
            self.ready_bytes += event.bytes();
            self.ready.push_back(event);
            self.waits_since.get_or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests;
