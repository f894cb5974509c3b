//! Writing one file.

use std::path::Path;

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::columns::{Batch, MILLIS};
use super::schema::{Column, SCHEMA};
use super::sums::{METADATA_KEY, SummedWriter};
use crate::blobs::BlobWriter;
use crate::error::StoreError;
use crate::metric::SeriesId;
use crate::metric::row::Row;
use crate::parquet_file::{write_failed, write_io_failed};

/// How the rows of a file are grouped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Rows of a page: what is decoded as a whole. A multiple of four.
    pub page_rows: usize,
    /// Rows that are turned into columns at a time: a whole number of pages.
    pub batch_rows: usize,
    /// Rows of a row group: a whole number of batches.
    pub row_group_rows: usize,
}

impl Layout {
    /// That of all files; tests have others.
    pub const TABLE: Self = Self { page_rows: 4096, batch_rows: 8192, row_group_rows: 1 << 20 };
}

// Pages end by rows alone, so that all columns have the same.
const PAGE_BYTES_MAX: usize = 1 << 30;
/// Memory of rows that wait to be written at once. Rows have distributions of any length.
const ROW_GROUP_BYTES_MAX: usize = 64 << 20;
const BATCH_BYTES_MAX: usize = 16 << 20;
const ZSTD_LEVEL: i32 = 3;
/// What an error calls the file, whose name only the caller knows.
const FILE: &str = "a file of metrics";

/// What a file came to, as its [`FileEntry`](crate::catalog::files::FileEntry) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Length of the file in bytes.
    pub bytes: u64,
    /// CRC-32C of the whole file.
    pub crc: u32,
    /// Rows in the file.
    pub rows: u64,
    /// Earliest time of a row, in milliseconds since the epoch; 0 without rows.
    pub time_min: i64,
    /// Latest time of a row, in milliseconds since the epoch; 0 without rows.
    pub time_max: i64,
}

/// Writes rows, sorted by series and time, to a file.
pub struct FileWriter {
    // An error once one has ended the file.
    parquet: Result<ArrowWriter<SummedWriter>, ParquetError>,
    layout: Layout,
    batch: Batch,
    rows: u64,
    times_millis: Option<(i64, i64)>,
    last: Option<(SeriesId, i64)>,
}

impl FileWriter {
    /// Starts a file.
    pub fn new(blob: Box<dyn BlobWriter>) -> Self {
        Self::with_layout(blob, Layout::TABLE)
    }

    /// Starts a file with another layout.
    pub(super) fn with_layout(blob: Box<dyn BlobWriter>, layout: Layout) -> Self {
        let options = ArrowWriterOptions::new().with_properties(properties(layout)).with_skip_arrow_metadata(true);
        let parquet = ArrowWriter::try_new_with_options(SummedWriter::new(blob), SCHEMA.clone(), options);
        Self { parquet, layout, batch: Batch::default(), rows: 0, times_millis: None, last: None }
    }

    /// Adds the next row, none before the last one. After an error the file cannot be finished.
    ///
    /// # Errors
    /// [`StoreError::Full`], or a failure: also of rows that are not in order, and of times
    /// that milliseconds cannot tell.
    pub fn push(&mut self, row: &Row) -> Result<(), StoreError> {
        let time_millis = row.time_secs.checked_mul(MILLIS);
        let in_order = self.last.is_none_or(|last| last <= (row.series, row.time_secs));
        let Some(time_millis) = time_millis.filter(|_| in_order) else {
            return Err(self.failed(ParquetError::General(format!("a row is out of order or of all time: {row:?}"))));
        };
        self.last = Some((row.series, row.time_secs));
        let (min, max) = self.times_millis.unwrap_or((time_millis, time_millis));
        self.times_millis = Some((min.min(time_millis), max.max(time_millis)));
        self.rows += 1;
        self.batch.push(row, time_millis);
        if self.batch.len() >= self.layout.batch_rows || self.batch.memory_bytes() >= BATCH_BYTES_MAX {
            return self.write_batch();
        }
        Ok(())
    }

    /// Ends the file; it is durable and has its name when this returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] or a failure; the file is not there then.
    pub fn finish(mut self) -> Result<Written, StoreError> {
        self.write_batch()?;
        let mut parquet = self.parquet.map_err(|error| write_failed(Path::new(FILE), error))?;
        let blob = sum_up(&mut parquet).and_then(|()| parquet.into_inner());
        let blob = blob.map_err(|error| write_failed(Path::new(FILE), error))?.into_inner();
        let finished = blob.finish().map_err(|error| write_io_failed(Path::new(FILE), error))?;
        let (time_min, time_max) = self.times_millis.unwrap_or_default();
        Ok(Written { bytes: finished.bytes, crc: finished.crc, rows: self.rows, time_min, time_max })
    }

    fn write_batch(&mut self) -> Result<(), StoreError> {
        let batch = self.batch.take();
        let written = match &mut self.parquet {
            Ok(parquet) => parquet
                .write(&batch)
                .and_then(|()| if parquet.memory_size() < ROW_GROUP_BYTES_MAX { Ok(()) } else { parquet.flush() }),
            Err(_) => Ok(()),
        };
        match written {
            Ok(()) if self.parquet.is_ok() => Ok(()),
            Ok(()) => Err(self.failed(ParquetError::General("it failed before".to_owned()))),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Ends the file with the first error there was.
    fn failed(&mut self, error: ParquetError) -> StoreError {
        let ended = Err(ParquetError::General("it failed before".to_owned()));
        let first = std::mem::replace(&mut self.parquet, ended).err();
        write_failed(Path::new(FILE), first.unwrap_or(error))
    }
}

/// Writes the table of checksums behind the data.
fn sum_up(parquet: &mut ArrowWriter<SummedWriter>) -> Result<(), ParquetError> {
    let external = |error| ParquetError::External(Box::new(error));
    parquet.flush()?;
    parquet.sync().map_err(external)?;
    let (table, place) = parquet.inner().table();
    parquet.write_all(&table).map_err(external)?;
    let place = serde_json::to_string(&place).expect("plain numbers serialize to JSON");
    parquet.append_key_value_metadata(KeyValue::new(METADATA_KEY.to_owned(), place));
    Ok(())
}

fn properties(layout: Layout) -> WriterProperties {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).expect("the level is one of zstd's");
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_dictionary_enabled(false)
        .set_data_page_row_count_limit(layout.page_rows)
        // How often a page's rows are counted.
        .set_write_batch_size(layout.page_rows / 4)
        .set_data_page_size_limit(PAGE_BYTES_MAX)
        .set_max_row_group_row_count(Some(layout.row_group_rows))
        // Also says which pages have no values.
        .set_statistics_enabled(EnabledStatistics::Page)
        // Of distributions they are of no use, and not left out for the former's sake.
        .set_column_index_truncate_length(Some(1))
        .set_statistics_truncate_length(Some(1))
        .set_sorting_columns(Some(vec![sorted(Column::SeriesId), sorted(Column::Ts)]));
    for column in Column::ALL {
        properties = properties.set_column_encoding(ColumnPath::from(column.name()), encoding(column));
    }
    properties.build()
}

fn encoding(column: Column) -> Encoding {
    match column {
        Column::SumF64 | Column::MinF64 | Column::MaxF64 | Column::CountF64 => Encoding::BYTE_STREAM_SPLIT,
        Column::Dist => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        _ => Encoding::DELTA_BINARY_PACKED,
    }
}

fn sorted(column: Column) -> SortingColumn {
    SortingColumn { column_idx: column as i32, descending: false, nulls_first: false }
}
