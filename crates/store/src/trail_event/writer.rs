//! Writing one Parquet file of the table.

use base::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::index::{BLOCK_ROWS, IndexBuilder, METADATA_KEY};
use super::schema::{Column, Row, SCHEMA, to_batch};
use crate::blobs::{BlobWriter, Blobs};
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{write_failed, write_io_failed};

/// Rows that are turned into columns at a time: a whole number of blocks.
const BATCH_ROWS: usize = 8 * BLOCK_ROWS;
/// Rows of a row group: a whole number of blocks. The reader steps over the pages before
/// the one it wants, within a row group, so that fewer are better for look-ups. Tests have
/// several row groups in small files.
const ROW_GROUP_ROWS: usize = if cfg!(test) { 2 } else { 64 } * BLOCK_ROWS;
const ZSTD_LEVEL: i32 = 3;
// Pages end by rows, except those of records: a look-up that wants one record unpacks all
// of its page.
const PAGE_BYTES_MAX: usize = 64 << 20;
const RECORD_PAGE_BYTES_MAX: usize = 16 << 10;
// How often the length of a page is looked at: a divisor of a block.
const PAGE_CHECK_ROWS: usize = BLOCK_ROWS / 8;

/// Writes rows, sorted by account, region, time and position (both descending), to a file.
pub(super) struct FileWriter {
    entry: FileEntry,
    path: std::path::PathBuf,
    parquet: ArrowWriter<Box<dyn BlobWriter>>,
    index: IndexBuilder,
    batch: Vec<Row>,
}

impl FileWriter {
    /// Starts the file `id` of a day of a table.
    pub fn create(
        blobs: &dyn Blobs,
        table: &str,
        id: u64,
        day: i64,
        level: u32,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let date = Timestamp::from_millis(day.saturating_mul(base::time::DAY_MS)).date();
        let name = format!("day={date}/{id:012}.parquet");
        let path = blobs.locate(&name);
        let blob = blobs.create(&name).map_err(|error| write_io_failed(&path, error))?;
        let parquet = ArrowWriter::try_new(blob, SCHEMA.clone(), Some(properties()));
        let parquet = parquet.map_err(|error| write_failed(&path, error))?;
        let entry = FileEntry {
            id,
            table: table.to_owned(),
            day,
            name,
            level,
            rows: 0,
            bytes: 0,
            crc: 0,
            time_min: 0,
            time_max: 0,
            created: now.millis(),
        };
        Ok(Self { entry, path, parquet, index: IndexBuilder::default(), batch: Vec::with_capacity(BATCH_ROWS) })
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.entry.rows
    }

    /// Adds the next row.
    pub fn push(&mut self, row: Row) -> Result<(), StoreError> {
        self.index.add(&row);
        self.entry.rows += 1;
        self.batch.push(row);
        if self.batch.len() == BATCH_ROWS { self.write_batch() } else { Ok(()) }
    }

    /// Ends the file; it is durable and has its name when this returns.
    pub fn finish(mut self) -> Result<FileEntry, StoreError> {
        self.write_batch()?;
        let path = self.path;
        self.parquet.flush().map_err(|error| write_failed(&path, error))?;
        (self.entry.time_min, self.entry.time_max) = self.index.times();
        let (index, place) = self.index.finish(self.parquet.bytes_written() as u64);
        self.parquet.write_all(&index).map_err(|error| write_io_failed(&path, error))?;
        let place = serde_json::to_string(&place).expect("plain numbers serialize to JSON");
        self.parquet.append_key_value_metadata(KeyValue::new(METADATA_KEY.to_owned(), place));
        let blob = self.parquet.into_inner().map_err(|error| write_failed(&path, error))?;
        let finished = blob.finish().map_err(|error| write_io_failed(&path, error))?;
        (self.entry.bytes, self.entry.crc) = (finished.bytes, finished.crc);
        Ok(self.entry)
    }

    fn write_batch(&mut self) -> Result<(), StoreError> {
        let batch = to_batch(&self.batch);
        self.batch.clear();
        self.parquet.write(&batch).map_err(|error| write_failed(&self.path, error))
    }
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).expect("the level is one of zstd's");
    let column = |column: Column| ColumnPath::from(SCHEMA.field(column as usize).name().as_str());
    let mut properties = WriterProperties::builder()
        // Look-ups read single pages of many columns, and each zstd reader has a large state
        // to set up first: only where the bytes are is it worth it.
        .set_compression(Compression::LZ4_RAW)
        .set_column_compression(column(Column::Record), Compression::ZSTD(level))
        .set_column_compression(column(Column::EventId), Compression::UNCOMPRESSED)
        .set_column_compression(column(Column::Check), Compression::UNCOMPRESSED)
        .set_column_encoding(column(Column::Time), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding(column(Column::Lsn), Encoding::DELTA_BINARY_PACKED)
        // Look-ups read single pages; a dictionary would be one page more for each.
        .set_dictionary_enabled(false)
        .set_data_page_row_count_limit(BLOCK_ROWS)
        .set_write_batch_size(PAGE_CHECK_ROWS)
        .set_data_page_size_limit(PAGE_BYTES_MAX)
        .set_column_data_page_size_limit(column(Column::Record), RECORD_PAGE_BYTES_MAX)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(column(Column::Time), EnabledStatistics::Page)
        .set_column_statistics_enabled(column(Column::Record), EnabledStatistics::None)
        .set_column_statistics_enabled(column(Column::Check), EnabledStatistics::None)
        .set_sorting_columns(Some(sorting()));
    // Few values, and never read by look-ups.
    for few in [Column::Account, Column::Region] {
        properties = properties.set_column_dictionary_enabled(column(few), true);
    }
    properties.build()
}

fn sorting() -> Vec<SortingColumn> {
    let sorted = |column: Column, descending| SortingColumn {
        // The columns before the list of resources have one leaf each.
        column_idx: column as i32,
        descending,
        nulls_first: false,
    };
    vec![
        sorted(Column::Account, false),
        sorted(Column::Region, false),
        sorted(Column::Time, true),
        sorted(Column::Lsn, true),
    ]
}
