//! Reading one Parquet file of the table.

use std::io::{self, Read};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::reader::{ChunkReader, Length};

use super::index::{Index, METADATA_KEY};
use super::schema::{Column, READ_BACK, Row, SCHEMA, from_batch};
use super::token::Token;
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;

/// Rows read at a time when a file is read from end to end.
const SCAN_ROWS: usize = 1024;

/// A file with its footer, page offsets and index header in memory.
pub(super) struct OpenFile {
    path: PathBuf,
    blob: BlobReader,
    metadata: ArrowReaderMetadata,
    index: Index,
    memory_bytes: usize,
}

impl OpenFile {
    /// Reads the footer and what it points to.
    pub fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let blob = BlobReader { blob, len: entry.bytes };
        let options = ArrowReaderOptions::new()
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let metadata =
            guarded(&path, || ArrowReaderMetadata::load(&blob, options).map_err(|error| read_failed(&path, error)))?;
        let footer = metadata.metadata().file_metadata();
        if footer.num_rows().cast_unsigned() != entry.rows || metadata.schema().fields() != SCHEMA.fields() {
            return Err(StoreError::damaged(&path, "its footer does not describe what was written"));
        }
        let place = footer.key_value_metadata().into_iter().flatten().find(|pair| pair.key == METADATA_KEY);
        let place = place.and_then(|pair| pair.value.as_deref());
        let place = place.ok_or_else(|| StoreError::damaged(&path, "its footer does not name an index"))?;
        let index = Index::load(&*blob.blob, &path, place)?;
        let memory_bytes = metadata.metadata().memory_size() + index.memory_bytes();
        Ok(Self { path, blob, metadata, index, memory_bytes })
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which blocks may hold the token, one bit a block.
    pub fn candidates(&self, token: Token) -> Result<Vec<u8>, StoreError> {
        self.index.candidates(&*self.blob.blob, &self.path, token)
    }

    /// Reads some columns of the rows in the ranges, which ascend and do not touch.
    pub fn read(&self, columns: &[Column], ranges: &[Range<usize>]) -> Result<Vec<RecordBatch>, StoreError> {
        let rows = ranges.iter().map(ExactSizeIterator::len).sum();
        guarded(&self.path, || {
            let reader = self.reader(columns, ranges, rows)?;
            reader.map(|batch| batch.map_err(|error| arrow_failed(&self.path, error))).collect()
        })
    }

    /// The rows at these places, which ascend, whole and checked.
    pub fn rows(&self, places: &[usize]) -> Result<Vec<Row>, StoreError> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for place in places {
            match ranges.last_mut() {
                Some(last) if last.end == *place => last.end += 1,
                _ => ranges.push(*place..*place + 1),
            }
        }
        let mut rows = Vec::with_capacity(places.len());
        let mut scopes = places.iter().map(|place| self.index.scope_of(*place));
        for batch in self.read(&READ_BACK, &ranges)? {
            let read = from_batch(&batch, &mut scopes);
            rows.extend(read.map_err(|detail| StoreError::damaged(&self.path, detail))?);
        }
        if rows.len() != places.len() {
            return Err(StoreError::damaged(&self.path, "it holds fewer rows than its footer says"));
        }
        Ok(rows)
    }

    /// All rows, in order.
    pub fn scan(self: Arc<Self>) -> Result<impl Iterator<Item = Result<Row, StoreError>>, StoreError> {
        let all = 0..self.metadata.metadata().file_metadata().num_rows() as usize;
        let mut reader = self.reader(&READ_BACK, std::slice::from_ref(&all), SCAN_ROWS)?;
        let mut at = 0;
        let batches = std::iter::from_fn(move || {
            let batch = guarded(&self.path, || {
                let batch = reader.next().transpose().map_err(|error| arrow_failed(&self.path, error))?;
                let scopes = (at..).map(|row| self.index.scope_of(row));
                let rows = batch.map(|batch| from_batch(&batch, scopes)).transpose();
                rows.map_err(|detail| StoreError::damaged(&self.path, detail))
            });
            at += batch.as_ref().map_or(0, |rows| rows.as_ref().map_or(0, Vec::len));
            batch.transpose()
        });
        Ok(batches.flat_map(|rows| match rows {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }))
    }

    fn reader(
        &self,
        columns: &[Column],
        ranges: &[Range<usize>],
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, StoreError> {
        let (groups, ranges, rows) = self.row_groups(ranges);
        let columns = columns.iter().map(|column| *column as usize);
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns);
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.blob.clone(), self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(groups)
            .with_row_selection(RowSelection::from_consecutive_ranges(ranges.into_iter(), rows))
            .with_batch_size(batch_rows.max(1))
            .build()
            .map_err(|error| read_failed(&self.path, error))
    }

    /// The row groups that the ranges lie in, the ranges counted within these alone, and
    /// the number of rows in these. The reader would step over every page of the others.
    fn row_groups(&self, ranges: &[Range<usize>]) -> (Vec<usize>, Vec<Range<usize>>, usize) {
        let (mut groups, mut within, mut rows) = (Vec::new(), Vec::new(), 0);
        let mut start = 0;
        let mut ranges = ranges.iter().cloned().peekable();
        for (number, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let end = start + group.num_rows() as usize;
            let before = within.len();
            while let Some(range) = ranges.peek_mut().filter(|range| range.start < end) {
                let inside = range.start..range.end.min(end);
                within.push(inside.start - start + rows..inside.end - start + rows);
                range.start = inside.end;
                if range.start >= range.end {
                    ranges.next();
                }
            }
            if within.len() > before {
                groups.push(number);
                rows += end - start;
            }
            start = end;
        }
        (groups, within, rows)
    }
}

/// Decodes parts of a file. The Parquet reader panics on some damage instead of saying so.
fn guarded<T>(path: &Path, decode: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let panicked = |_| Err(StoreError::damaged(path, "its pages cannot be decoded"));
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(panicked)
}

// What the file held when it was listed it no longer gives: whatever the reader says of
// its bytes, the file is damaged. Only the disk's own errors are told apart.
fn read_failed(path: &Path, error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(io) if io.kind() != io::ErrorKind::UnexpectedEof => StoreError::io("reading", path, *io),
            Ok(io) => StoreError::damaged(path, io.to_string()),
            Err(cause) => StoreError::damaged(path, cause.to_string()),
        },
        other => StoreError::damaged(path, other.to_string()),
    }
}

fn arrow_failed(path: &Path, error: arrow_schema::ArrowError) -> StoreError {
    match error {
        arrow_schema::ArrowError::ExternalError(cause) => match cause.downcast::<ParquetError>() {
            Ok(parquet) => read_failed(path, *parquet),
            Err(cause) => StoreError::damaged(path, cause.to_string()),
        },
        other => StoreError::damaged(path, other.to_string()),
    }
}

/// A file for the Parquet reader, which may read from many places at once.
#[derive(Clone)]
struct BlobReader {
    blob: Arc<dyn Blob>,
    len: u64,
}

impl Length for BlobReader {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for BlobReader {
    type T = io::BufReader<BlobCursor>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(io::BufReader::new(BlobCursor { reader: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if start.saturating_add(length as u64) > self.len {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} lie past the end")));
        }
        let mut bytes = vec![0; length];
        self.blob.read_exact_at(start, &mut bytes).map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(bytes.into())
    }
}

/// Reads a file from a place on.
struct BlobCursor {
    reader: BlobReader,
    at: u64,
}

impl Read for BlobCursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.reader.len.saturating_sub(self.at);
        let read = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.reader.blob.read_exact_at(self.at, &mut buffer[..read])?;
        self.at += read as u64;
        Ok(read)
    }
}
