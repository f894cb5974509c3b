//! Reading one Parquet file of the table.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use base::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter, RowSelection,
};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::LakeColumn;
use super::partition::number_of;
use super::schema::{Row, SCHEMA, from_batch};
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{BlobReader, arrow_failed, guarded, open_metadata, read_failed};
use crate::table_files::TableFile;

/// Rows read at a time when a file is read from end to end.
const ROWS_AT_A_TIME: usize = 1024;

/// A file with its footer and page offsets in memory.
pub(crate) struct OpenFile {
    path: PathBuf,
    number: u32,
    blob: BlobReader,
    metadata: ArrowReaderMetadata,
    memory_bytes: usize,
}

impl TableFile for OpenFile {
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let blob = BlobReader { blob, len: entry.bytes };
        let metadata = open_metadata(&blob, &path, entry, &SCHEMA)?;
        let memory_bytes = metadata.metadata().memory_size();
        Ok(Self { path, number: number_of(entry.day), blob, metadata, memory_bytes })
    }

    fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

impl OpenFile {
    /// Where the file lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of row groups.
    pub(super) fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// The rows of a row group, counted within it, that lie in the times.
    pub(super) fn rows_in_time(
        &self,
        group: usize,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Range<usize>, StoreError> {
        let (from, to) = (from.millis(), to.millis());
        let all = 0..self.group(group).num_rows() as usize;
        match self.group(group).column(LakeColumn::EventTime as usize).statistics() {
            Some(Statistics::Int64(bounds)) => match (bounds.min_opt(), bounds.max_opt()) {
                (Some(min), Some(max)) if *min >= from && *max < to => return Ok(all),
                (Some(min), Some(max)) if *min >= to || *max < from => return Ok(0..0),
                _ => {}
            },
            _ => return Err(StoreError::damaged(&self.path, "the times of its rows are not described")),
        }
        // Rows are sorted by time.
        let (mut start, mut end) = (0, 0);
        let reader = self.read(group, &all, &[LakeColumn::EventTime], None, ROWS_AT_A_TIME)?;
        self.decoded(reader, |batch| {
            let times = batch.column(0).as_primitive_opt::<TimestampMillisecondType>();
            let times = times.ok_or_else(|| StoreError::damaged(&self.path, "a column has the wrong type"))?;
            start += times.values().partition_point(|time| *time < from);
            end += times.values().partition_point(|time| *time < to);
            Ok(())
        })?;
        Ok(start..end.max(start))
    }

    /// Bytes of the pages of columns in a row group, as they are on disk.
    pub(super) fn column_bytes(&self, group: usize, columns: impl Iterator<Item = LakeColumn>) -> u64 {
        let group = self.group(group);
        columns.map(|column| group.column(column as usize).compressed_size().cast_unsigned()).sum()
    }

    /// Reads some columns of rows of a row group; those that the filter does not take are left out.
    pub(super) fn read(
        &self,
        group: usize,
        rows: &Range<usize>,
        columns: &[LakeColumn],
        filter: Option<RowFilter>,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, StoreError> {
        let all = self.group(group).num_rows() as usize;
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.blob.clone(), self.metadata.clone())
            .with_projection(self.mask(columns))
            .with_row_groups(vec![group])
            .with_row_selection(RowSelection::from_consecutive_ranges(std::iter::once(rows.clone()), all))
            .with_batch_size(batch_rows.max(1));
        if let Some(filter) = filter {
            builder = builder.with_row_filter(filter);
        }
        guarded(&self.path, || builder.build().map_err(|error| read_failed(&self.path, error)))
    }

    /// What stands for columns when a file is read.
    pub(super) fn mask(&self, columns: &[LakeColumn]) -> ProjectionMask {
        ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().map(|column| *column as usize))
    }

    /// The next batch of a reader of this file.
    pub(super) fn next(&self, reader: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, StoreError> {
        guarded(&self.path, || reader.next().transpose().map_err(|error| arrow_failed(&self.path, error)))
    }

    /// All rows, in order, whole and checked.
    pub(super) fn rows(self: Arc<Self>) -> Result<impl Iterator<Item = Result<Arc<Row>, StoreError>>, StoreError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.blob.clone(), self.metadata.clone());
        let mut reader = guarded(&self.path, || {
            builder.with_batch_size(ROWS_AT_A_TIME).build().map_err(|error| read_failed(&self.path, error))
        })?;
        let batches = std::iter::from_fn(move || {
            let rows = self.next(&mut reader).and_then(|batch| {
                let rows = batch.map(|batch| from_batch(self.number, &batch)).transpose();
                rows.map_err(|detail| StoreError::damaged(&self.path, detail))
            });
            rows.transpose()
        });
        Ok(batches.flat_map(|rows| match rows {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }))
    }

    fn decoded(
        &self,
        mut reader: ParquetRecordBatchReader,
        mut with: impl FnMut(&RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        while let Some(batch) = self.next(&mut reader)? {
            with(&batch)?;
        }
        Ok(())
    }

    fn group(&self, group: usize) -> &RowGroupMetaData {
        self.metadata.metadata().row_group(group)
    }
}
