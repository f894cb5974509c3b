//! Reading one Parquet file of the table.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use base::Timestamp;
use lang::needle::Needle;
use parquet::file::metadata::ParquetMetaDataReader;

use super::cache::PageCache;
use super::directory::{Directory, METADATA_KEY, PagePlace};
use super::index::Segment;
use super::page::{MessagePage, PageSet};
use super::schema::{COLUMNS, Column};
use super::summary::{StreamRows, Summary};
use super::{LogEvent, Position, StreamId, column, index};
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{BlobReader, guarded, read_failed};
use crate::table_files::TableFile;

/// A file with its directory in memory.
pub(crate) struct OpenFile {
    path: PathBuf,
    blob: Arc<dyn Blob>,
    directory: Directory,
    summary: OnceLock<Summary>,
    cache: PageCache,
}

impl TableFile for OpenFile {
    /// Reads the footer, and the directory that it names.
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let reader = BlobReader { blob: blob.clone(), len: entry.bytes };
        let footer = guarded(&path, || {
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&reader);
            Ok(metadata.map_err(|error| read_failed(&path, error))?.file_metadata().clone())
        })?;
        let place = footer.key_value_metadata().into_iter().flatten().find(|pair| pair.key == METADATA_KEY);
        let place = place.and_then(|pair| pair.value.as_deref());
        let place = place.ok_or_else(|| StoreError::damaged(&path, "its footer does not name a directory"))?;
        let directory = Directory::load(&*blob, entry.bytes, &path, place)?;
        if directory.rows() as u64 != entry.rows || footer.num_rows().cast_unsigned() != entry.rows {
            return Err(StoreError::damaged(&path, "it does not have as many rows as were written"));
        }
        Ok(Self { path, blob, directory, summary: OnceLock::new(), cache: PageCache::new() })
    }

    /// Bytes in memory, about: also of the summary, which may come later.
    fn memory_bytes(&self) -> usize {
        self.directory.memory_bytes() + self.directory.streams * size_of::<StreamRows>()
    }
}

impl OpenFile {
    /// What the file holds of each group and stream; read when it is first asked for.
    pub fn summary(&self) -> Result<&Summary, StoreError> {
        if let Some(summary) = self.summary.get() {
            return Ok(summary);
        }
        let bytes = self.directory.summary.read(&*self.blob, &self.path)?;
        let summary = Summary::decode(&bytes, self.directory.streams).map_err(|detail| self.damaged(detail))?;
        Ok(self.summary.get_or_init(|| summary))
    }

    /// The number of pages: every column has the same rows in its page of a number.
    pub fn pages(&self) -> usize {
        self.directory.pages.len()
    }

    /// The rows of a page.
    pub fn page_rows(&self, page: usize) -> Range<usize> {
        let page = &self.directory.pages[page];
        page.first_row..page.first_row + page.rows
    }

    /// The pages that hold rows, which are not none.
    pub fn pages_of(&self, rows: &Range<usize>) -> Range<usize> {
        let start = self.directory.pages.partition_point(|page| page.first_row <= rows.start).saturating_sub(1);
        let end = self.directory.pages.partition_point(|page| page.first_row < rows.end);
        start..end
    }

    /// Bytes of a page's messages.
    pub fn page_message_bytes(&self, page: usize) -> usize {
        self.directory.pages[page].message_bytes as usize
    }

    /// The earliest and the latest time in a page; in memory.
    pub fn page_times(&self, page: usize) -> (Timestamp, Timestamp) {
        let page = &self.directory.pages[page];
        (Timestamp::from_millis(page.time_min), Timestamp::from_millis(page.time_max))
    }

    /// Which pages may hold messages for which the needle holds.
    pub fn candidates(&self, needle: &Needle) -> Result<PageSet, StoreError> {
        let pages = index::needle_pages(&self.directory.segments, &*self.blob, &self.path, needle);
        pages.map(PageSet::new)
    }

    /// The times of rows.
    pub fn times(&self, rows: Range<usize>) -> Result<Vec<Timestamp>, StoreError> {
        let times = self.numbers(Column::Time, rows)?;
        Ok(times.into_iter().map(Timestamp::from_millis).collect())
    }

    /// The positions of rows.
    pub fn positions(&self, rows: Range<usize>) -> Result<Vec<Position>, StoreError> {
        let positions = self.numbers(Column::Position, rows)?;
        Ok(positions.into_iter().map(|position| Position(position.cast_unsigned())).collect())
    }

    /// Those of one stream's rows whose time is at or after `from` and before `to`. Decodes the pages at the ends.
    pub fn window(&self, rows: Range<usize>, from: Timestamp, to: Timestamp) -> Result<Range<usize>, StoreError> {
        let start = self.first_at_or_after(&rows, from)?;
        let end = self.first_at_or_after(&(start..rows.end), to)?;
        Ok(start..end)
    }

    /// The first of one stream's rows at or after a time, or else the end of these.
    fn first_at_or_after(&self, rows: &Range<usize>, time: Timestamp) -> Result<usize, StoreError> {
        if rows.is_empty() {
            return Ok(rows.end);
        }
        let pages = self.pages_of(rows);
        // Only the first and the last page may have rows of others, and what these say of time is of all their rows.
        let last = pages.end - 1;
        let inner = (pages.start + 1).min(last);
        let before = |page: &PagePlace| page.time_max < time.millis();
        let inner = inner + self.directory.pages[inner..last].partition_point(before);
        let mut ends = vec![pages.start, inner, last];
        ends.dedup();
        for page in ends {
            let place = &self.directory.pages[page];
            let within = rows.start.max(place.first_row)..rows.end.min(place.first_row + place.rows);
            if before(place) || within.is_empty() {
                continue;
            }
            let times = self.numbers(Column::Time, within.clone())?;
            let at = within.start + times.partition_point(|at| *at < time.millis());
            if at < within.end {
                return Ok(at);
            }
        }
        Ok(rows.end)
    }

    /// The messages of a page; kept for a while.
    pub fn messages(&self, page: usize) -> Result<Arc<MessagePage>, StoreError> {
        if let Some(page) = self.cache.get(page) {
            return Ok(page);
        }
        let messages = Arc::new(self.read_messages(page)?);
        self.cache.put(page, messages.clone());
        Ok(messages)
    }

    /// The messages of a page, which are not kept: for what reads all pages, and would push out all others.
    pub fn messages_once(&self, page: usize) -> Result<Arc<MessagePage>, StoreError> {
        match self.cache.get(page) {
            Some(page) => Ok(page),
            None => self.read_messages(page).map(Arc::new),
        }
    }

    fn read_messages(&self, page: usize) -> Result<MessagePage, StoreError> {
        let place = &self.directory.pages[page];
        let raw = place.columns[Column::Message as usize].read(&*self.blob, &self.path)?;
        let messages = self.decode(|| column::messages(raw, place.rows))?;
        if messages.value_data().len() != place.message_bytes as usize {
            return Err(self.damaged("a page does not have as many bytes as were written"));
        }
        Ok(MessagePage::new(place.first_row, messages))
    }

    /// The events at these rows, which ascend.
    pub fn events(&self, rows: &[usize]) -> Result<Vec<LogEvent>, StoreError> {
        let mut events = Vec::with_capacity(rows.len());
        let mut rest = rows;
        while let (Some(first), Some(last)) = (rest.first(), rest.last()) {
            let page = self.pages_of(&(*first..*last + 1)).start;
            let end = self.page_rows(page).end;
            let (here, after) = rest.split_at(rest.partition_point(|row| *row < end));
            self.events_of_page(page, here, &mut events)?;
            rest = after;
        }
        Ok(events)
    }

    fn events_of_page(&self, page: usize, rows: &[usize], events: &mut Vec<LogEvent>) -> Result<(), StoreError> {
        let numbers = |column| self.page_numbers(page, column);
        let (streams, times) = (numbers(Column::Stream)?, numbers(Column::Time)?);
        let (ingested, positions) = (numbers(Column::Ingested)?, numbers(Column::Position)?);
        let messages = self.messages(page)?;
        let first = messages.rows().start;
        events.extend(rows.iter().map(|row| LogEvent {
            stream: StreamId(streams[row - first].cast_unsigned()),
            time: Timestamp::from_millis(times[row - first]),
            ingested: Timestamp::from_millis(ingested[row - first]),
            position: Position(positions[row - first].cast_unsigned()),
            message: messages.message(*row).into(),
        }));
        Ok(())
    }

    fn numbers(&self, column: Column, rows: Range<usize>) -> Result<Vec<i64>, StoreError> {
        let mut numbers = Vec::with_capacity(rows.len());
        for page in self.pages_of(&rows) {
            let within = self.page_rows(page);
            let (start, end) = (rows.start.max(within.start), rows.end.min(within.end));
            if start < end {
                let of_page = self.page_numbers(page, column)?;
                numbers.extend_from_slice(&of_page[start - within.start..end - within.start]);
            }
        }
        Ok(numbers)
    }

    /// The numbers that a column has in a page.
    pub(super) fn page_numbers(&self, page: usize, column: Column) -> Result<Vec<i64>, StoreError> {
        let place = &self.directory.pages[page];
        let raw = place.columns[column as usize].read(&*self.blob, &self.path)?;
        self.decode(|| column::numbers(raw, place.rows))
    }

    /// Bytes of the index, and of each column; for measuring.
    pub(super) fn parts(&self) -> (u64, Vec<u64>) {
        let column =
            |column: usize| self.directory.pages.iter().map(|page| u64::from(page.columns[column].bytes)).sum();
        (self.directory.segments.iter().map(Segment::bytes).sum(), (0..COLUMNS).map(column).collect())
    }

    /// The frame of a page of messages, and its length when unpacked; for measuring.
    pub(super) fn message_frame(&self, page: usize) -> Result<(Vec<u8>, usize), StoreError> {
        let piece = self.directory.pages[page].columns[Column::Message as usize];
        let mut frame = vec![0; piece.bytes as usize];
        let read = self.blob.read_exact_at(piece.offset, &mut frame);
        read.map_err(|error| StoreError::io("reading", &self.path, error))?;
        Ok((frame, piece.raw_bytes as usize))
    }

    fn decode<T>(&self, decode: impl FnOnce() -> Result<T, String>) -> Result<T, StoreError> {
        guarded(&self.path, || decode().map_err(|detail| self.damaged(detail)))
    }

    fn damaged(&self, detail: impl Into<String>) -> StoreError {
        StoreError::damaged(&self.path, detail)
    }
}
