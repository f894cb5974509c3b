//! Reading one file.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::columns::{Columns, MILLIS};
use super::pages::{Pages, Selection};
use super::schema::SCHEMA;
use super::sums::{METADATA_KEY, Place, SummedReader};
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::metric::SeriesId;
use crate::metric::row::Row;
use crate::parquet_file::{BlobReader, arrow_failed, guarded, read_failed};
use crate::table_files::TableFile;

/// Rows decoded at a time when a file is read from end to end, and at most by any read.
const SCAN_ROWS: usize = 4096;
const READ_ROWS_MAX: usize = 64 << 10;

/// A file with its footer and what lies in its pages in memory.
pub struct OpenFile {
    path: PathBuf,
    blob: SummedReader,
    metadata: ArrowReaderMetadata,
    pages: Pages,
    group_rows: Vec<usize>,
}

impl OpenFile {
    /// Reads the footer and what it points to.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the file is not what `entry` says, and the disk's errors.
    pub fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        let damaged = |detail| StoreError::damaged(&path, detail);
        let metadata = guarded(&path, || {
            let blob = BlobReader { blob: blob.clone(), len: entry.bytes };
            ArrowReaderMetadata::load(&blob, options()).map_err(|error| read_failed(&path, error))
        })?;
        let place = place(metadata.metadata()).ok_or_else(|| damaged("its footer does not name checksums"))?;
        let blob = SummedReader::load(blob, &path, entry.bytes, entry.crc, place)?;
        if metadata.metadata().file_metadata().num_rows().cast_unsigned() != entry.rows
            || metadata.schema().fields() != SCHEMA.fields()
        {
            return Err(damaged("its footer does not describe what was written"));
        }
        let pages = guarded(&path, || {
            Pages::of(metadata.metadata()).ok_or_else(|| damaged("its page index is not that of the table"))
        })?;
        let group_rows = metadata.metadata().row_groups().iter().map(|group| group.num_rows() as usize).collect();
        // The pages know all that was of use in the column index.
        let slim = metadata.metadata().as_ref().clone().into_builder().set_column_index(None).build();
        let metadata = ArrowReaderMetadata::try_new(Arc::new(slim), options());
        let metadata = metadata.map_err(|error| read_failed(&path, error))?;
        Ok(Self { path, blob, metadata, pages, group_rows })
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.metadata.metadata().memory_size()
            + self.pages.memory_bytes()
            + self.group_rows.len() * size_of::<usize>()
            + self.blob.memory_bytes()
    }

    /// Hands over the rows of these series, which rise, from `start_secs` to before `end_secs`,
    /// in order: the place of the row's series among `series`, how many more rows of it follow
    /// at least, and the row. After an error some rows may have been handed over.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and the disk's errors.
    pub fn each(
        &self,
        series: &[SeriesId],
        start_secs: i64,
        end_secs: i64,
        mut each: impl FnMut(usize, usize, Row),
    ) -> Result<(), StoreError> {
        let times = start_secs.saturating_mul(MILLIS)..end_secs.saturating_mul(MILLIS);
        let selection = self.pages.select(series, times.start, times.end, &self.group_rows);
        if selection.rows == 0 || times.is_empty() {
            return Ok(());
        }
        guarded(&self.path, || {
            let mut wanted = series;
            for batch in self.reader(&selection, READ_ROWS_MAX)? {
                let batch = batch.map_err(|error| arrow_failed(&self.path, error))?;
                let handed = each_wanted(&Columns::of(&batch), &mut wanted, &times, |left, follow, row| {
                    each(series.len() - left, follow, row);
                });
                handed.map_err(|detail| StoreError::damaged(&self.path, detail))?;
            }
            Ok(())
        })
    }

    /// The rows that [`each`](Self::each) hands over.
    #[cfg(test)]
    pub fn read(&self, series: &[SeriesId], start_secs: i64, end_secs: i64) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.each(series, start_secs, end_secs, |place, _, row: Row| {
            assert_eq!(series[place], row.series);
            rows.push(row);
        })?;
        Ok(rows)
    }

    /// All rows, in order. Ends after an error.
    ///
    /// Errors are [`StoreError::Damaged`] and the disk's.
    pub fn scan(self: Arc<Self>) -> impl Iterator<Item = Result<Row, StoreError>> + Send + use<> {
        let mut reader = None;
        let mut ended = false;
        let batches = std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let rows = guarded(&self.path, || {
                let reader = match &mut reader {
                    Some(reader) => reader,
                    None => reader.insert(self.reader(&self.pages.all(&self.group_rows), SCAN_ROWS)?),
                };
                let batch = reader.next().transpose().map_err(|error| arrow_failed(&self.path, error))?;
                let rows = batch.map(|batch| {
                    let columns = Columns::of(&batch)?;
                    (0..batch.num_rows()).map(|row| columns.row(row)).collect::<Result<Vec<_>, _>>()
                });
                rows.transpose().map_err(|detail| StoreError::damaged(&self.path, detail))
            });
            ended = !matches!(rows, Ok(Some(_)));
            rows.transpose()
        });
        batches.flat_map(|rows| match rows {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }

    /// The places of the columns that have values.
    #[cfg(test)]
    pub(super) fn columns_with_values(&self) -> impl Iterator<Item = usize> + use<> {
        self.pages.all(&self.group_rows).columns.places()
    }

    /// The rows that a read decodes.
    #[cfg(test)]
    pub(super) fn selected_rows(&self, series: &[SeriesId], start_secs: i64, end_secs: i64) -> usize {
        self.pages.select(series, start_secs * MILLIS, end_secs * MILLIS, &self.group_rows).rows
    }

    fn reader(&self, selection: &Selection, batch_rows_max: usize) -> Result<ParquetRecordBatchReader, StoreError> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), selection.columns.places());
        let ranges = selection.ranges.iter().cloned();
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.blob.clone(), self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(selection.groups.clone())
            .with_row_selection(RowSelection::from_consecutive_ranges(ranges, selection.group_rows))
            .with_batch_size(selection.rows.clamp(1, batch_rows_max))
            .build()
            .map_err(|error| read_failed(&self.path, error))
    }
}

impl TableFile for OpenFile {
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        Self::load(blob, path, entry)
    }

    fn memory_bytes(&self) -> usize {
        self.memory_bytes()
    }
}

fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new()
        .with_column_index_policy(PageIndexPolicy::Optional)
        .with_offset_index_policy(PageIndexPolicy::Optional)
}

fn place(metadata: &ParquetMetaData) -> Option<Place> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    let place = pairs.iter().find(|pair| pair.key == METADATA_KEY)?.value.as_deref()?;
    serde_json::from_str(place).ok()
}

/// Hands over the rows of the wanted series within the times, with the number of wanted
/// series from the row's on and that of the rows of it that follow. `wanted` is cut to the
/// series that later batches may have.
fn each_wanted(
    columns: &Result<Columns<'_>, String>,
    wanted: &mut &[SeriesId],
    times: &Range<i64>,
    mut each: impl FnMut(usize, usize, Row),
) -> Result<(), String> {
    let columns = columns.as_ref().map_err(Clone::clone)?;
    let (ids, at_millis) = (columns.series, columns.times_millis);
    let mut at = 0;
    while let (Some(next), Some(id)) = (wanted.first(), ids.get(at)) {
        if next.0 < *id {
            *wanted = &wanted[wanted.partition_point(|series| series.0 < *id)..];
            continue;
        }
        let start = at + ids[at..].partition_point(|id| *id < next.0);
        let end = start + ids[start..].partition_point(|id| *id == next.0);
        let first = start + at_millis[start..end].partition_point(|time| *time < times.start);
        let last = first + at_millis[first..end].partition_point(|time| *time < times.end);
        for row in first..last {
            each(wanted.len(), last - row - 1, columns.row(row)?);
        }
        at = end;
    }
    Ok(())
}
