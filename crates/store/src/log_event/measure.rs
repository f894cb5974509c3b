//! One file by itself, for those who measure the format.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::Timestamp;
use lang::needle::Needle;
use memchr::memmem::Finder;

use super::reader::OpenFile;
use super::schema::Row;
use super::writer::FileWriter;
use super::{GroupId, Position, StreamId};
use crate::blobs::{Blobs, LocalBlobs};
use crate::disk::RealDisk;
use crate::error::StoreError;
use crate::table_files::TableFile;

/// A row to write: its stream, its time in milliseconds, and its message.
pub type Line = (u64, i64, String);

/// A file of log events.
pub struct LogFile {
    file: Arc<OpenFile>,
    /// Bytes of messages.
    pub message_bytes: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl LogFile {
    /// Writes a file to a folder and opens it. Lines come sorted by stream and time.
    ///
    /// # Errors
    /// The file cannot be written or read.
    pub fn write(folder: &Path, lines: impl Iterator<Item = Line>) -> Result<Self, StoreError> {
        let blobs = LocalBlobs::open(Arc::new(RealDisk), PathBuf::from(folder));
        let blobs = blobs.map_err(|error| StoreError::io("opening", folder, error))?;
        let mut writer = FileWriter::create(&blobs, 1, 0, "partition=0", 0, Timestamp::from_millis(0))?;
        for (number, (stream, time, message)) in lines.enumerate() {
            // A put of a hundred events is taken a little after its last.
            let ingested = Timestamp::from_millis(time - time % 1000 + 1100);
            let put = ((number as u64 / 100) * 16) << Position::INDEX_BITS;
            writer.push(Row {
                group: GroupId(1),
                stream: StreamId(stream),
                time: Timestamp::from_millis(time),
                ingested,
                position: Position(put + number as u64 % 100),
                message: &message,
            })?;
        }
        let message_bytes = writer.message_bytes();
        let entry = writer.finish()?;
        let path = blobs.locate(&entry.name);
        let blob = blobs.open(&entry.name).map_err(|error| StoreError::io("opening", &path, error))?;
        let file = Arc::new(OpenFile::load(blob, path, &entry)?);
        Ok(Self { file, message_bytes, bytes: entry.bytes })
    }

    /// The number of pages.
    pub fn pages(&self) -> usize {
        self.file.pages()
    }

    /// Bytes in memory while it is open.
    pub fn memory_bytes(&self) -> usize {
        self.file.memory_bytes()
    }

    /// Bytes of the index, and of each column.
    pub fn parts(&self) -> (u64, Vec<u64>) {
        self.file.parts()
    }

    /// Finds a literal by the index: the number of pages that were read, and of messages that contain it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&self, literal: &str) -> Result<(usize, usize), StoreError> {
        let candidates = self.file.candidates(&Needle::contains(literal))?;
        let pages = (0..self.pages()).filter(|page| candidates.contains(*page));
        Ok((candidates.len(), self.count(pages, literal)?))
    }

    /// Finds a literal without the index: the number of messages that contain it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find_everywhere(&self, literal: &str) -> Result<usize, StoreError> {
        self.count(0..self.pages(), literal)
    }

    fn count(&self, pages: impl Iterator<Item = usize>, literal: &str) -> Result<usize, StoreError> {
        let finder = Finder::new(literal);
        let mut found = 0;
        for page in pages {
            let messages = self.file.messages_once(page)?;
            messages.rows_with(messages.rows(), &finder, |_| found += 1);
        }
        Ok(found)
    }

    /// Reads the frames of all messages, unpacks them, and counts a literal in what they hold: what no search that
    /// looks at all messages can be faster than.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn unpack_and_count(&self, literal: &str) -> Result<usize, StoreError> {
        let finder = Finder::new(literal);
        let mut unpacker = zstd::bulk::Decompressor::new().map_err(|error| StoreError::failed("measuring", error))?;
        let mut count = 0;
        for page in 0..self.pages() {
            let (frame, raw_bytes) = self.file.message_frame(page)?;
            let raw = unpacker.decompress(&frame, raw_bytes);
            let raw = raw.map_err(|error| StoreError::failed("measuring", error))?;
            count += finder.find_iter(&raw).count();
        }
        Ok(count)
    }
}
