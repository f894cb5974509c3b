//! What every table's Parquet files share: reading them from blobs, and what errors mean.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::Schema;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::reader::{ChunkReader, Length};

use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;

/// Decodes parts of a file. The Parquet reader panics on some damage instead of saying so.
pub(crate) fn guarded<T>(path: &Path, decode: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let panicked = |_| Err(StoreError::damaged(path, "its pages cannot be decoded"));
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(panicked)
}

// What the file held when it was listed it no longer gives: whatever the reader says of
// its bytes, the file is damaged. Only the disk's own errors are told apart.
pub(crate) fn read_failed(path: &Path, error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(io) if io.kind() != io::ErrorKind::UnexpectedEof => StoreError::io("reading", path, *io),
            Ok(io) => StoreError::damaged(path, io.to_string()),
            Err(cause) => StoreError::damaged(path, cause.to_string()),
        },
        other => StoreError::damaged(path, other.to_string()),
    }
}

pub(crate) fn arrow_failed(path: &Path, error: arrow_schema::ArrowError) -> StoreError {
    match error {
        arrow_schema::ArrowError::ExternalError(cause) => match cause.downcast::<ParquetError>() {
            Ok(parquet) => read_failed(path, *parquet),
            Err(cause) => StoreError::damaged(path, cause.to_string()),
        },
        other => StoreError::damaged(path, other.to_string()),
    }
}

/// The footer and the page offsets of a file that was written with these columns, and as many rows as the entry says.
///
/// # Errors
/// The file is damaged or cannot be read.
pub(crate) fn open_metadata(
    blob: &BlobReader,
    path: &Path,
    entry: &FileEntry,
    columns: &Schema,
) -> Result<ArrowReaderMetadata, StoreError> {
    let options = ArrowReaderOptions::new()
        .with_column_index_policy(PageIndexPolicy::Skip)
        .with_offset_index_policy(PageIndexPolicy::Required);
    let metadata =
        guarded(path, || ArrowReaderMetadata::load(blob, options).map_err(|error| read_failed(path, error)))?;
    let rows = metadata.metadata().file_metadata().num_rows().cast_unsigned();
    if rows != entry.rows || metadata.schema().fields() != columns.fields() {
        return Err(StoreError::damaged(path, "its footer does not describe what was written"));
    }
    Ok(metadata)
}

/// A file for the Parquet reader, which may read from many places at once.
#[derive(Clone)]
pub(crate) struct BlobReader {
    pub blob: Arc<dyn Blob>,
    pub len: u64,
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
pub(crate) struct BlobCursor {
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

/// A failed write, told apart by whether the disk is full.
pub(crate) fn write_io_failed(path: &Path, error: io::Error) -> StoreError {
    if crate::disk::is_full(&error) {
        return StoreError::Full;
    }
    StoreError::failed(format!("writing {}", path.display()), error)
}

/// A failed write, as the Parquet writer tells it.
pub(crate) fn write_failed(path: &Path, error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(io) => write_io_failed(path, *io),
            Err(cause) => StoreError::failed(format!("writing {}", path.display()), cause),
        },
        other => StoreError::failed(format!("writing {}", path.display()), other),
    }
}
