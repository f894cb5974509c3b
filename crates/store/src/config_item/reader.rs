//! Reading one Parquet file of the table.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use base::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::Resource;
use super::scan::ItemColumn;
use super::schema::{Row, SCHEMA, from_batch};
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{BlobReader, arrow_failed, guarded, open_metadata, read_failed};
use crate::table_files::TableFile;

/// Rows read at a time when a file is read from end to end.
const ROWS_AT_A_TIME: usize = 1024;

/// What names a resource.
const NAMES: [ItemColumn; 4] =
    [ItemColumn::Account, ItemColumn::Region, ItemColumn::ResourceType, ItemColumn::ResourceId];

/// A file with its footer and page offsets in memory.
pub(crate) struct OpenFile {
    path: PathBuf,
    blob: BlobReader,
    metadata: ArrowReaderMetadata,
    memory_bytes: usize,
}

impl TableFile for OpenFile {
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let blob = BlobReader { blob, len: entry.bytes };
        let metadata = open_metadata(&blob, &path, entry, &SCHEMA)?;
        let memory_bytes = metadata.metadata().memory_size();
        Ok(Self { path, blob, metadata, memory_bytes })
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

    /// Whether a row group can have a row with this text in a column.
    pub(super) fn may_hold(&self, group: usize, column: ItemColumn, text: &str) -> bool {
        match self.group(group).column(column as usize).statistics() {
            // Bounds that were too long are cut so that they lie outside.
            Some(Statistics::ByteArray(bounds)) => match (bounds.min_opt(), bounds.max_opt()) {
                (Some(min), Some(max)) => min.data() <= text.as_bytes() && text.as_bytes() <= max.data(),
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether a row group can have a row with a time of a range in a column.
    pub(super) fn may_hold_time(&self, group: usize, column: ItemColumn, times: &Range<Timestamp>) -> bool {
        match self.group(group).column(column as usize).statistics() {
            Some(Statistics::Int64(bounds)) => match (bounds.min_opt(), bounds.max_opt()) {
                (Some(min), Some(max)) => *max >= times.start.millis() && *min < times.end.millis(),
                _ => true,
            },
            _ => true,
        }
    }

    /// The rows of a resource, whole and checked.
    pub(super) fn rows_of(&self, resource: &Resource) -> Result<Vec<Arc<Row>>, StoreError> {
        let mut rows = Vec::new();
        let names = names(resource);
        let may_hold = |group: &usize| (0..4).all(|at| self.may_hold(*group, NAMES[at], names[at]));
        for group in (0..self.groups()).filter(may_hold) {
            let wanted = resource.clone();
            let matching = move |batch: RecordBatch| {
                let names = self::names(&wanted);
                let columns: [_; 4] = std::array::from_fn(|at| batch.column(at).as_string::<i32>());
                // The id tells most apart.
                let is_it = |row: usize| (0..4).rev().all(|at| columns[at].value(row) == names[at]);
                Ok((0..batch.num_rows()).map(|row| Some(is_it(row))).collect::<BooleanArray>())
            };
            let mask = self.mask(NAMES.into_iter().map(|column| column as usize));
            let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, matching))]);
            let mut reader = self.read(group, 0..SCHEMA.fields().len(), filter, ROWS_AT_A_TIME)?;
            while let Some(batch) = self.next(&mut reader)? {
                rows.extend(self.checked(&batch)?);
            }
        }
        Ok(rows)
    }

    /// Reads some columns of the rows of a row group that the filter takes.
    pub(super) fn read(
        &self,
        group: usize,
        columns: impl IntoIterator<Item = usize>,
        filter: RowFilter,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, StoreError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.blob.clone(), self.metadata.clone())
            .with_projection(self.mask(columns))
            .with_row_groups(vec![group])
            .with_row_filter(filter)
            .with_batch_size(batch_rows.max(1));
        guarded(&self.path, || builder.build().map_err(|error| read_failed(&self.path, error)))
    }

    /// What stands for columns when a file is read.
    pub(super) fn mask(&self, columns: impl IntoIterator<Item = usize>) -> ProjectionMask {
        ProjectionMask::roots(self.metadata.parquet_schema(), columns)
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
            let rows = self.next(&mut reader).and_then(|batch| batch.map(|batch| self.checked(&batch)).transpose());
            rows.transpose()
        });
        Ok(batches.flat_map(|rows| match rows {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }))
    }

    fn checked(&self, batch: &RecordBatch) -> Result<Vec<Arc<Row>>, StoreError> {
        guarded(&self.path, || from_batch(batch).map_err(|detail| StoreError::damaged(&self.path, detail)))
    }

    fn group(&self, group: usize) -> &RowGroupMetaData {
        self.metadata.metadata().row_group(group)
    }
}

/// What names a resource, in the order of the columns.
fn names(resource: &Resource) -> [&str; 4] {
    let scope = &resource.scope;
    [scope.account.as_str(), scope.region.as_str(), &resource.resource_type, &resource.resource_id]
}
