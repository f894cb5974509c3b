//! Reading one Parquet file of the table.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::statistics::Statistics;

use super::index::{Index, METADATA_KEY};
use super::schema::{Column, READ_BACK, Row, SCHEMA, from_batch};
use super::token::Token;
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{BlobReader, arrow_failed, guarded, open_metadata, read_failed};
use crate::table_files::TableFile;

/// Rows read at a time when a file is read from end to end.
const SCAN_ROWS: usize = 1024;

/// A file with its footer, page offsets and index header in memory.
pub(crate) struct OpenFile {
    path: PathBuf,
    blob: BlobReader,
    metadata: ArrowReaderMetadata,
    index: Index,
    memory_bytes: usize,
}

impl TableFile for OpenFile {
    /// Reads the footer and what it points to.
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let blob = BlobReader { blob, len: entry.bytes };
        let metadata = open_metadata(&blob, &path, entry, &SCHEMA)?;
        let place = metadata
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .into_iter()
            .flatten()
            .find(|pair| pair.key == METADATA_KEY);
        let place = place.and_then(|pair| pair.value.as_deref());
        let place = place.ok_or_else(|| StoreError::damaged(&path, "its footer does not name an index"))?;
        let index = Index::load(&*blob.blob, &path, place)?;
        let memory_bytes = metadata.metadata().memory_size() + index.memory_bytes();
        Ok(Self { path, blob, metadata, index, memory_bytes })
    }

    /// Bytes in memory, about.
    fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

impl OpenFile {
    /// The index.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Where the file lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Which blocks may hold the token, one bit a block.
    pub(super) fn candidates(&self, token: Token) -> Result<Vec<u8>, StoreError> {
        self.index.candidates(&*self.blob.blob, &self.path, token)
    }

    /// Reads some columns of the rows in the ranges, which ascend and do not touch.
    pub(super) fn read(&self, columns: &[Column], ranges: &[Range<usize>]) -> Result<Vec<RecordBatch>, StoreError> {
        let rows = ranges.iter().map(ExactSizeIterator::len).sum();
        guarded(&self.path, || {
            let reader = self.reader(columns, ranges, rows)?;
            reader.map(|batch| batch.map_err(|error| arrow_failed(&self.path, error))).collect()
        })
    }

    /// The rows at these places, which ascend, whole and checked.
    pub(super) fn rows(&self, places: &[usize]) -> Result<Vec<Row>, StoreError> {
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

    /// The rows of each row group that may have positions after the first and up to the second.
    pub(super) fn row_groups_with_positions(&self, after: u64, until: u64) -> Vec<Range<usize>> {
        let mut groups = Vec::new();
        let mut start = 0;
        for group in self.metadata.metadata().row_groups() {
            let rows = start..start + group.num_rows() as usize;
            start = rows.end;
            let bounds = match group.column(Column::Lsn as usize).statistics() {
                Some(Statistics::Int64(bounds)) => bounds.min_opt().zip(bounds.max_opt()),
                _ => None,
            };
            let may = bounds.is_none_or(|(min, max)| max.cast_unsigned() > after && min.cast_unsigned() <= until);
            if may {
                groups.push(rows);
            }
        }
        groups
    }

    /// All rows, in order.
    pub(super) fn scan(self: Arc<Self>) -> Result<impl Iterator<Item = Result<Row, StoreError>>, StoreError> {
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
