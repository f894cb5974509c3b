//! Writing one Parquet file of the table.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base::Timestamp;
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnWriter, ArrowRowGroupWriterFactory, InMemoryPageStore, PageKey, PageStore, PageStoreArgs,
    PageStoreFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::TABLE;
use super::directory::{Directory, METADATA_KEY, PagePlace};
use super::gram::GRAM_BYTES_MAX;
use super::index::IndexWriter;
use super::piece::Piece;
use super::schema::{COLUMNS, Column, FILE_SCHEMA, PageBuffer, Row};
use super::summary::Summary;
use crate::blobs::{BlobWriter, Blobs};
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{write_failed, write_io_failed};

/// A page ends when its messages have so many bytes. Tests have several pages in small files.
const PAGE_BYTES: usize = if cfg!(test) { 4 << 10 } else { 1 << 20 };
/// Or so many rows: a read of one row decodes as many numbers.
const PAGE_ROWS: usize = if cfg!(test) { 64 } else { 16 << 10 };
/// Pages of a row group, which is in memory, packed, until it is written. Segments of the index have a whole number
/// of row groups.
const ROW_GROUP_PAGES: usize = 64;
const ZSTD_LEVEL: i32 = 1;

/// Writes rows, sorted by group, stream, time and position, to a file. In memory are the packed pages of a row
/// group and the signatures of a segment of the index: about 20 MiB.
pub(crate) struct FileWriter {
    entry: FileEntry,
    message_bytes: u64,
    path: PathBuf,
    parquet: SerializedFileWriter<Box<dyn BlobWriter>>,
    factory: ArrowRowGroupWriterFactory,
    written: Arc<Written>,
    columns: Vec<ArrowColumnWriter>,
    page: PageBuffer,
    // Pages of the row group at hand; their places are not known yet.
    pages: Vec<PagePlace>,
    index: IndexWriter,
    directory: Directory,
    summary: Summary,
}

impl FileWriter {
    /// Starts the file `id` of a partition, in the folder that has its files: `partition=17`, say.
    pub fn create(
        blobs: &dyn Blobs,
        id: u64,
        partition: i64,
        folder: &str,
        level: u32,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let name = format!("{folder}/{id:012}.parquet");
        let path = blobs.locate(&name);
        let blob = blobs.create(&name).map_err(|error| write_io_failed(&path, error))?;
        let schema = ArrowSchemaConverter::new().convert(&FILE_SCHEMA).expect("the schema is one of Parquet's");
        let parquet = SerializedFileWriter::new(blob, schema.root_schema_ptr(), Arc::new(properties()));
        let parquet = parquet.map_err(|error| write_failed(&path, error))?;
        let written = Arc::new(Written::default());
        let factory = ArrowRowGroupWriterFactory::new(&parquet, FILE_SCHEMA.clone())
            .with_page_store_factory(Arc::new(WrittenByAll(written.clone())));
        let entry = FileEntry {
            id,
            table: TABLE.to_owned(),
            day: partition,
            name,
            level,
            rows: 0,
            bytes: 0,
            crc: 0,
            time_min: 0,
            time_max: 0,
            created: now.millis(),
        };
        Ok(Self {
            entry,
            message_bytes: 0,
            path,
            parquet,
            factory,
            written,
            columns: Vec::new(),
            page: PageBuffer::default(),
            pages: Vec::new(),
            index: IndexWriter::default(),
            directory: Directory::default(),
            summary: Summary::default(),
        })
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.entry.rows
    }

    /// Bytes of their messages.
    pub fn message_bytes(&self) -> u64 {
        self.message_bytes
    }

    /// Adds the next row.
    pub fn push(&mut self, row: Row<'_>) -> Result<(), StoreError> {
        self.entry.rows += 1;
        self.message_bytes += row.message.len() as u64;
        self.summary.add(row);
        self.page.push(row);
        if self.page.text.len() >= PAGE_BYTES || self.page.ends.len() >= PAGE_ROWS { self.end_page() } else { Ok(()) }
    }

    /// Ends the file; it is durable and has its name when this returns.
    pub fn finish(mut self) -> Result<FileEntry, StoreError> {
        self.end_page()?;
        self.end_row_group()?;
        self.end_segment()?;
        if let Some((first, last)) = self.summary.times() {
            (self.entry.time_min, self.entry.time_max) = (first.millis(), last.millis());
        }
        let (frame, piece) = Piece::pack(&self.summary.encode(), self.parquet.bytes_written() as u64);
        self.write(&frame)?;
        (self.directory.summary, self.directory.streams) = (piece, self.summary.streams().len());
        let (frame, place) = self.directory.pack(self.parquet.bytes_written() as u64);
        self.write(&frame)?;
        self.parquet.append_key_value_metadata(KeyValue::new(METADATA_KEY.to_owned(), place));
        let path = self.path;
        let blob = self.parquet.into_inner().map_err(|error| write_failed(&path, error))?;
        let finished = blob.finish().map_err(|error| write_io_failed(&path, error))?;
        (self.entry.bytes, self.entry.crc) = (finished.bytes, finished.crc);
        Ok(self.entry)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.parquet.write_all(bytes).map_err(|error| write_io_failed(&self.path, error))
    }

    fn end_page(&mut self) -> Result<(), StoreError> {
        let rows = self.page.ends.len();
        if rows == 0 {
            return Ok(());
        }
        let mut text = self.page.text.to_ascii_lowercase();
        let message_bytes = text.len() as u32;
        text.resize(text.len() + GRAM_BYTES_MAX, 0);
        self.index.add(&text, &self.page.offsets());
        let first_row = self.pages.last().map_or(self.directory.rows(), |page| page.first_row + page.rows);
        let times = || self.page.times.iter().copied();
        let (time_min, time_max) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        let columns = [Piece::default(); COLUMNS];
        self.pages.push(PagePlace { first_row, rows, message_bytes, time_min, time_max, columns });
        let arrays = self.page.take();
        let written = self.write_columns(&arrays);
        written.map_err(|error| write_failed(&self.path, error))?;
        if self.pages.len() == ROW_GROUP_PAGES { self.end_row_group() } else { Ok(()) }
    }

    fn write_columns(&mut self, arrays: &[arrow_array::ArrayRef; COLUMNS]) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.columns = self.factory.create_column_writers(self.parquet.flushed_row_groups().len())?;
        }
        for ((column, array), field) in self.columns.iter_mut().zip(arrays).zip(FILE_SCHEMA.fields()) {
            for leaf in compute_leaves(field, array)? {
                column.write(&leaf)?;
            }
        }
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<(), StoreError> {
        if self.pages.is_empty() {
            return Ok(());
        }
        let ended = self.write_row_group();
        ended.map_err(|error| write_failed(&self.path, error))?;
        self.directory.pages.append(&mut self.pages);
        if self.index.is_full() { self.end_segment() } else { Ok(()) }
    }

    fn write_row_group(&mut self) -> Result<(), ParquetError> {
        let chunks: Result<Vec<_>, _> = self.columns.drain(..).map(ArrowColumnWriter::close).collect();
        let mut group = self.parquet.next_row_group()?;
        for chunk in chunks? {
            chunk.append_to_row_group(&mut group)?;
        }
        let group = group.close()?;
        let written = self.written.take();
        for ((number, frames), column) in written.into_iter().enumerate().zip(group.columns()) {
            let (mut at, _) = column.byte_range();
            if frames.len() != self.pages.len() {
                return Err(ParquetError::General("the pages are not those that were asked for".to_owned()));
            }
            for (page, frame) in self.pages.iter_mut().zip(frames) {
                page.columns[number] = Piece { offset: at + frame.header_bytes, ..frame.piece };
                at += frame.header_bytes + u64::from(frame.piece.bytes);
            }
        }
        Ok(())
    }

    fn end_segment(&mut self) -> Result<(), StoreError> {
        if self.index.is_empty() {
            return Ok(());
        }
        let offset = self.parquet.bytes_written() as u64;
        let segment = self.index.write(offset, |bytes| self.parquet.write_all(bytes));
        self.directory.segments.push(segment.map_err(|error| write_io_failed(&self.path, error))?);
        Ok(())
    }
}

/// A page as it was packed; where it lies is known once its row group is written.
#[derive(Clone, Copy, Debug)]
struct Frame {
    header_bytes: u64,
    piece: Piece,
}

/// What the columns of a row group were packed to.
#[derive(Debug, Default)]
struct Written {
    frames: Mutex<[Vec<Frame>; COLUMNS]>,
}

impl Written {
    fn take(&self) -> [Vec<Frame>; COLUMNS] {
        std::mem::take(&mut *self.frames.lock().expect("no holder of this lock can panic"))
    }
}

#[derive(Debug)]
struct WrittenByAll(Arc<Written>);

impl PageStoreFactory for WrittenByAll {
    fn create(&self, args: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>, ParquetError> {
        Ok(Box::new(Recorder {
            pages: InMemoryPageStore::default(),
            column: args.column_index(),
            header_bytes: None,
            written: self.0.clone(),
        }))
    }
}

/// Keeps the pages of a column in memory and notes what they are.
struct Recorder {
    pages: InMemoryPageStore,
    column: usize,
    // A page comes as its header and then its frame.
    header_bytes: Option<u64>,
    written: Arc<Written>,
}

impl PageStore for Recorder {
    fn put(&mut self, value: Bytes) -> Result<PageKey, ParquetError> {
        match self.header_bytes.take() {
            None => self.header_bytes = Some(value.len() as u64),
            Some(header_bytes) => {
                let raw_bytes = zstd::zstd_safe::get_frame_content_size(&value).ok().flatten();
                let raw_bytes = raw_bytes.and_then(|bytes| u32::try_from(bytes).ok());
                let raw_bytes = raw_bytes.ok_or_else(|| ParquetError::General("a page is no frame".to_owned()))?;
                let piece = Piece { offset: 0, bytes: value.len() as u32, raw_bytes, crc: crc32c::crc32c(&value) };
                let mut frames = self.written.frames.lock().expect("no holder of this lock can panic");
                frames[self.column].push(Frame { header_bytes, piece });
            }
        }
        self.pages.put(value)
    }

    fn take(&mut self, key: PageKey) -> Result<Bytes, ParquetError> {
        self.pages.take(key)
    }

    fn memory_size(&self) -> usize {
        self.pages.memory_size()
    }
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).expect("the level is one of zstd's");
    let column = |column: Column| ColumnPath::from(FILE_SCHEMA.field(column as usize).name().as_str());
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        // A dictionary would be a page more to read for each.
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        // All lengths first, then all messages end to end: they are searched as they lie.
        .set_column_encoding(column(Column::Message), Encoding::DELTA_LENGTH_BYTE_ARRAY)
        // A page is what is written at a time: after that there is always at least a row.
        .set_data_page_row_count_limit(1)
        .set_data_page_size_limit(usize::MAX)
        .set_write_batch_size(PAGE_ROWS)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_column_statistics_enabled(column(Column::Message), EnabledStatistics::None)
        .set_sorting_columns(Some(sorting()))
        .build()
}

fn sorting() -> Vec<SortingColumn> {
    let columns = [Column::Group, Column::Stream, Column::Time, Column::Position];
    columns.map(|column| SortingColumn { column_idx: column as i32, descending: false, nulls_first: false }).to_vec()
}
