//! Writing one Parquet file of the table.

use std::path::PathBuf;
use std::sync::Arc;

use base::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::TABLE;
use super::directory::{DirectoryBuilder, METADATA_KEY};
use super::partition::folder;
use super::scan::ItemColumn;
use super::schema::{CHECK, LSN, Row, SCHEMA, to_batch};
use crate::blobs::{BlobWriter, Blobs};
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{write_failed, write_io_failed};

/// Rows that are turned into columns at a time.
const BATCH_ROWS: usize = 1024;
/// Rows of a row group: what one part of a scan reads, and what is looked through for a resource. Tests have several in
/// small files.
const ROW_GROUP_ROWS: usize = if cfg!(test) { 64 } else { 16 << 10 };
/// Rows of a page: what a look-up that wants one resource steps over.
const PAGE_ROWS: usize = if cfg!(test) { 16 } else { 512 };
const ZSTD_LEVEL: i32 = 3;
// Pages end by rows, except those of items: who wants one item unpacks all of its page.
const PAGE_BYTES_MAX: usize = 64 << 20;
const ITEM_PAGE_BYTES_MAX: usize = 64 << 10;
// How often the length of a page is looked at.
const PAGE_CHECK_ROWS: usize = 16;

/// Writes rows, in order, to a file.
pub(super) struct FileWriter {
    entry: FileEntry,
    path: PathBuf,
    parquet: ArrowWriter<Box<dyn BlobWriter>>,
    directory: DirectoryBuilder,
    batch: Vec<Arc<Row>>,
}

impl FileWriter {
    /// Starts the file `id` of a partition.
    pub fn create(blobs: &dyn Blobs, id: u64, partition: i64, level: u32, now: Timestamp) -> Result<Self, StoreError> {
        let name = format!("{}/{id:012}.parquet", folder(partition));
        let path = blobs.locate(&name);
        let blob = blobs.create(&name).map_err(|error| write_io_failed(&path, error))?;
        let parquet = ArrowWriter::try_new(blob, SCHEMA.clone(), Some(properties()));
        let parquet = parquet.map_err(|error| write_failed(&path, error))?;
        let entry = FileEntry {
            id,
            table: TABLE.to_owned(),
            day: partition,
            name,
            level,
            rows: 0,
            bytes: 0,
            crc: 0,
            time_min: i64::MAX,
            time_max: i64::MIN,
            created: now.millis(),
        };
        let directory = DirectoryBuilder::default();
        Ok(Self { entry, path, parquet, directory, batch: Vec::with_capacity(BATCH_ROWS) })
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.entry.rows
    }

    /// Adds the next row.
    pub fn push(&mut self, row: Arc<Row>) -> Result<(), StoreError> {
        self.entry.rows += 1;
        self.entry.time_min = self.entry.time_min.min(row.ended.millis());
        self.entry.time_max = self.entry.time_max.max(row.ended.millis());
        self.directory.add(&row.resource);
        self.batch.push(row);
        if self.batch.len() == BATCH_ROWS { self.write_batch() } else { Ok(()) }
    }

    /// Ends the file; it is durable and has its name when this returns.
    pub fn finish(mut self) -> Result<FileEntry, StoreError> {
        self.write_batch()?;
        self.parquet.flush().map_err(|error| write_failed(&self.path, error))?;
        let (directory, place) = self.directory.finish(self.parquet.bytes_written() as u64);
        self.parquet.write_all(&directory).map_err(|error| write_io_failed(&self.path, error))?;
        let place = serde_json::to_string(&place).expect("plain numbers serialize to JSON");
        self.parquet.append_key_value_metadata(KeyValue::new(METADATA_KEY.to_owned(), place));
        let blob = self.parquet.into_inner().map_err(|error| write_failed(&self.path, error))?;
        let finished = blob.finish().map_err(|error| write_io_failed(&self.path, error))?;
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
    let path = |column: usize| ColumnPath::from(SCHEMA.field(column).name().as_str());
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_CHECK_ROWS)
        .set_data_page_size_limit(PAGE_BYTES_MAX)
        .set_column_data_page_size_limit(path(ItemColumn::Item as usize), ITEM_PAGE_BYTES_MAX)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(path(ItemColumn::Item as usize), EnabledStatistics::None)
        .set_column_statistics_enabled(path(CHECK), EnabledStatistics::None)
        .set_column_compression(path(CHECK), Compression::UNCOMPRESSED)
        .set_sorting_columns(Some(ItemColumn::SORTED.into_iter().map(|column| sorted(column as usize)).collect()));
    for numbers in [ItemColumn::Taken as usize, ItemColumn::Ended as usize, LSN] {
        properties = properties.set_column_encoding(path(numbers), Encoding::DELTA_BINARY_PACKED);
    }
    // Almost every value is another one.
    for column in [ItemColumn::Taken as usize, ItemColumn::Ended as usize, ItemColumn::Item as usize, LSN, CHECK] {
        properties = properties.set_column_dictionary_enabled(path(column), false);
    }
    properties.build()
}

fn sorted(column: usize) -> SortingColumn {
    SortingColumn { column_idx: column as i32, descending: false, nulls_first: false }
}
