//! Reading one Parquet file of the table.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{BooleanArray, RecordBatch};
use base::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
    RowSelection, RowSelector,
};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::Resource;
use super::directory::{Directory, METADATA_KEY};
use super::history::{HistoryOrder, HistoryRange};
use super::scan::ItemColumn;
use super::schema::{READ_BACK, Row, SCHEMA, from_batch, rows_of_batch};
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{BlobReader, arrow_failed, guarded, open_metadata, read_failed};
use crate::table_files::TableFile;

/// Rows read at a time when a file is read from end to end.
const ROWS_AT_A_TIME: usize = 1024;
/// So many rows of a resource are read whichever are wanted: a page of items, which is unpacked as one, has about as many.
const UNNARROWED_ROWS: usize = if cfg!(test) { 16 } else { 64 };

/// What names a resource.
const NAMES: [ItemColumn; 4] =
    [ItemColumn::Account, ItemColumn::Region, ItemColumn::ResourceType, ItemColumn::ResourceId];

/// A file with its footer, page offsets and where its directory has what in memory.
pub(crate) struct OpenFile {
    path: PathBuf,
    blob: BlobReader,
    metadata: ArrowReaderMetadata,
    /// Files that were written before there were directories have none.
    directory: Option<Directory>,
    memory_bytes: usize,
}

impl TableFile for OpenFile {
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let blob = BlobReader { blob, len: entry.bytes };
        let metadata = open_metadata(&blob, &path, entry, &SCHEMA)?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata().into_iter().flatten();
        let mut place = pairs.filter(|pair| pair.key == METADATA_KEY).filter_map(|pair| pair.value.as_deref());
        let directory = place.next().map(|place| Directory::load(&*blob.blob, blob.len, &path, place)).transpose()?;
        let memory_bytes = metadata.metadata().memory_size() + directory.as_ref().map_or(0, Directory::memory_bytes);
        Ok(Self { path, blob, metadata, directory, memory_bytes })
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

    /// The rows of a resource, whole and checked: those that a range asks for, and perhaps others.
    pub(super) fn rows_of(&self, resource: &Arc<Resource>, range: &HistoryRange) -> Result<Vec<Arc<Row>>, StoreError> {
        let Some(directory) = &self.directory else { return self.rows_by_names(resource) };
        let mut rows = Vec::new();
        for run in directory.find(&*self.blob.blob, &self.path, resource)? {
            let wanted = self.narrowed(run.clone(), range)?;
            match self.rows_at(resource, wanted.clone())? {
                Some(found) if is_narrowed_rightly(&found, &run, &wanted, range) => rows.extend(found),
                // They are of another resource that has the same mark, or are damaged: their names tell.
                _ => return self.rows_by_names(resource),
            }
        }
        Ok(rows)
    }

    /// Of rows of one resource, those that a range asks for, with one before and one after by which that can be told.
    fn narrowed(&self, run: Range<usize>, range: &HistoryRange) -> Result<Range<usize>, StoreError> {
        if run.len() <= UNNARROWED_ROWS {
            return Ok(run);
        }
        let mut taken = Vec::with_capacity(run.len());
        for batch in self.read_rows(run.clone(), [ItemColumn::Taken as usize])? {
            let times = batch.column(0).as_primitive::<TimestampMillisecondType>();
            taken.extend(times.values().iter().copied().map(Timestamp::from_millis));
        }
        let wanted = narrow(&taken, range);
        Ok(run.start + wanted.start.saturating_sub(1)..(run.start + wanted.end + 1).min(run.end))
    }

    /// The rows at places, if they all are of the resource and whole.
    fn rows_at(&self, resource: &Arc<Resource>, places: Range<usize>) -> Result<Option<Vec<Arc<Row>>>, StoreError> {
        let mut rows = Vec::with_capacity(places.len());
        for batch in self.read_rows(places.clone(), READ_BACK)? {
            let read = guarded(&self.path, || Ok(rows_of_batch(&batch, resource)))?;
            let Some(read) = read else { return Ok(None) };
            rows.extend(read);
        }
        Ok((rows.len() == places.len()).then_some(rows))
    }

    /// Reads some columns of rows at places.
    fn read_rows(
        &self,
        places: Range<usize>,
        columns: impl IntoIterator<Item = usize>,
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let (mut groups, mut before, mut start) = (Vec::new(), 0, 0);
        for (at, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let end = start + group.num_rows() as usize;
            if start < places.end && places.start < end {
                if groups.is_empty() {
                    before = start;
                }
                groups.push(at);
            }
            start = end;
        }
        if places.end > start {
            return Err(StoreError::damaged(&self.path, "its directory of resources is not of these rows"));
        }
        // What comes after the selected rows is passed over.
        let skipped = places.start - before;
        let selection = RowSelection::from(vec![RowSelector::skip(skipped), RowSelector::select(places.len())]);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.blob.clone(), self.metadata.clone())
            .with_projection(self.mask(columns))
            .with_row_groups(groups)
            .with_row_selection(selection)
            .with_batch_size(places.len().clamp(1, ROWS_AT_A_TIME));
        guarded(&self.path, || {
            let reader = builder.build().map_err(|error| read_failed(&self.path, error))?;
            reader.map(|batch| batch.map_err(|error| arrow_failed(&self.path, error))).collect()
        })
    }

    /// The rows of a resource, whole and checked, by a look at the names of all rows that may be.
    fn rows_by_names(&self, resource: &Resource) -> Result<Vec<Arc<Row>>, StoreError> {
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

/// Of times at which one resource's rows were taken, in order, those that a range asks for.
fn narrow(taken: &[Timestamp], range: &HistoryRange) -> Range<usize> {
    let start = taken.partition_point(|taken| *taken < range.taken.start);
    let end = taken.partition_point(|taken| *taken < range.taken.end).max(start);
    // A state may be there more than once.
    let states = taken[start..end].chunk_by(|one, other| one == other).map(<[_]>::len);
    match range.order {
        HistoryOrder::NewestFirst => end - states.rev().take(range.limit).sum::<usize>()..end,
        HistoryOrder::OldestFirst => start..start + states.take(range.limit).sum::<usize>(),
    }
}

/// Whether rows that were read and checked, of all those of a resource, are what a range asks for. Times are not checked
/// by themselves; those of the rows at both ends tell whether they led to the right ones.
fn is_narrowed_rightly(rows: &[Arc<Row>], run: &Range<usize>, read: &Range<usize>, range: &HistoryRange) -> bool {
    if run == read {
        return true;
    }
    let taken: Vec<_> = rows.iter().map(|row| row.taken).collect();
    let wanted = narrow(&taken, range);
    (run.start == read.start || wanted.start >= 1) && (run.end == read.end || wanted.end < taken.len())
}
