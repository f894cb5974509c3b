//! Files that tell what series there are, and when each had data last.
//!
//! A file is a mark (8 bytes), the CRC-32C being in the catalog, and zstd of records that rise
//! by series. A record is one byte that says what follows, the series, and: for a *definition*
//! the time of the last data, unit, account, region and metric; for *data* the time alone; for
//! a series that is *gone* nothing. Records of one series from many files merge in any order,
//! as ids are never used again: the latest time counts, and what is gone stays gone.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{Scope, Timestamp};
use parquet::file::reader::ChunkReader;

use super::codec::{put_signed, put_varint, take, take_signed, take_varint};
use super::files::{LiveSeriesFile, MetricFiles};
use super::index::Index;
use super::log_row::{Texts, put_metric, put_scope, take_metric, take_scope, take_unit};
use super::merge::merge;
use super::series::Series;
use super::{Metric, SeriesId, Unit};
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;
use crate::parquet_file::{BlobReader, read_failed, write_io_failed};
use crate::table_files::TableFile;

/// The name of the table, of its folder and in the catalog.
pub(super) const TABLE_SERIES: &str = "metric_series";
/// The files' only partition.
const FOLDER: &str = "part=0";

const MAGIC: &[u8; 8] = b"TWSERIE\x01";
const ZSTD_LEVEL: i32 = 3;
/// Bytes of records that are packed or read at a time.
const CHUNK_BYTES: usize = 64 << 10;
/// More than any record has; guards against a length that lies.
const RECORD_BYTES_MAX: usize = 1 << 20;

const DEFINED: u8 = 1;
const DATA: u8 = 2;
const GONE: u8 = 3;

/// What one record tells of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub series: SeriesId,
    pub news: News,
}

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum News {
    /// What the series is, and when it had data last, in seconds.
    Defined { last_secs: i64, unit: Unit, scope: Arc<Scope>, metric: Arc<Metric> },
    /// When it had data last, in seconds.
    Data { last_secs: i64 },
    /// All of its data has expired.
    Gone,
}

impl News {
    /// What both tell together.
    pub fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Gone, _) | (_, Self::Gone) => Self::Gone,
            (Self::Data { last_secs: a }, Self::Data { last_secs: b }) => Self::Data { last_secs: a.max(b) },
            (Self::Defined { last_secs: a, unit, scope, metric }, Self::Data { last_secs: b })
            | (Self::Data { last_secs: a }, Self::Defined { last_secs: b, unit, scope, metric })
            | (Self::Defined { last_secs: a, unit, scope, metric }, Self::Defined { last_secs: b, .. }) => {
                Self::Defined { last_secs: a.max(b), unit, scope, metric }
            }
        }
    }
}

/// A file of series: it is read once at start, and when it is merged.
pub(crate) struct SeriesFile {
    path: PathBuf,
    blob: BlobReader,
}

impl TableFile for SeriesFile {
    fn check_ends(blob: &dyn Blob, len: u64) -> io::Result<Result<(), String>> {
        let mut start = [0; MAGIC.len()];
        if len >= MAGIC.len() as u64 {
            blob.read_exact_at(0, &mut start)?;
        }
        Ok(if start == *MAGIC { Ok(()) } else { Err("it does not start as a file of series does".to_owned()) })
    }

    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError> {
        Ok(Self { path, blob: BlobReader { blob, len: entry.bytes } })
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl SeriesFile {
    /// All records in order.
    pub fn scan(&self) -> Result<impl Iterator<Item = Result<Record, StoreError>> + use<>, StoreError> {
        let path = self.path.clone();
        let bytes = self.blob.get_read(MAGIC.len() as u64).map_err(|error| read_failed(&path, error))?;
        let bytes = zstd::Decoder::new(bytes).map_err(|error| damaged(&path, error))?;
        let mut bytes = BufReader::with_capacity(CHUNK_BYTES, bytes);
        let mut texts = Texts::default();
        let mut next = move || -> Result<Option<Record>, StoreError> {
            if bytes.fill_buf().map_err(|error| damaged(&path, error))?.is_empty() {
                return Ok(None);
            }
            let record = read_record(&mut bytes).map_err(|error| damaged(&path, error))?;
            decode(&mut &record[..], &mut texts).map(Some).map_err(|detail| StoreError::damaged(&path, detail))
        };
        Ok(std::iter::from_fn(move || next().transpose()))
    }
}

fn read_record(bytes: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut len = [0; 4];
    bytes.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len) as usize;
    if len > RECORD_BYTES_MAX {
        return Err(io::Error::other("a record is too long"));
    }
    let mut record = vec![0; len];
    bytes.read_exact(&mut record)?;
    Ok(record)
}

// What is wrong with the bytes, the unpacker says as an error of no kind.
fn damaged(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::Other => StoreError::damaged(path, error.to_string()),
        _ => StoreError::io("reading", path, error),
    }
}

/// Writes records, which rise by series, to a new file.
pub(super) fn write_series(
    files: &MetricFiles,
    level: u32,
    now: Timestamp,
    records: impl Iterator<Item = Result<Record, StoreError>>,
) -> Result<Arc<LiveSeriesFile>, StoreError> {
    let files = &files.series;
    let id = files.next_id();
    let name = format!("{FOLDER}/{id:012}.series");
    let path = files.blobs().locate(&name);
    let failed = |error| write_io_failed(&path, error);
    let mut blob = files.blobs().create(&name).map_err(failed)?;
    blob.write_all(MAGIC).map_err(failed)?;
    let mut packed = zstd::Encoder::new(blob, ZSTD_LEVEL).map_err(failed)?;
    let (mut rows, mut bytes) = (0, Vec::with_capacity(2 * CHUNK_BYTES));
    for record in records {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        encode(&record?, &mut bytes);
        let len = (bytes.len() - start - 4) as u32;
        bytes[start..start + 4].copy_from_slice(&len.to_le_bytes());
        rows += 1;
        if bytes.len() >= CHUNK_BYTES {
            packed.write_all(&bytes).map_err(failed)?;
            bytes.clear();
        }
    }
    packed.write_all(&bytes).map_err(failed)?;
    let finished = packed.finish().and_then(|blob| blob.finish()).map_err(failed)?;
    Ok(files.written(FileEntry {
        id,
        table: TABLE_SERIES.to_owned(),
        day: 0,
        name,
        level,
        rows,
        bytes: finished.bytes,
        crc: finished.crc,
        time_min: 0,
        time_max: 0,
        created: now.millis(),
    }))
}

fn encode(record: &Record, to: &mut Vec<u8>) {
    let start = |form: u8, to: &mut Vec<u8>| {
        to.push(form);
        put_varint(record.series.0, to);
    };
    match &record.news {
        News::Defined { last_secs, unit, scope, metric } => {
            start(DEFINED, to);
            put_signed(*last_secs, to);
            to.push(unit.code());
            put_scope(scope, to);
            put_metric(metric, to);
        }
        News::Data { last_secs } => {
            start(DATA, to);
            put_signed(*last_secs, to);
        }
        News::Gone => start(GONE, to),
    }
}

fn decode(from: &mut &[u8], texts: &mut Texts) -> Result<Record, String> {
    let [form] = take(from)?;
    let series = SeriesId(take_varint(from)?);
    let news = match form {
        DEFINED => News::Defined {
            last_secs: take_signed(from)?,
            unit: take_unit(from)?,
            scope: Arc::new(take_scope(from)?),
            metric: Arc::new(take_metric(from, texts)?),
        },
        DATA => News::Data { last_secs: take_signed(from)? },
        GONE => News::Gone,
        other => return Err(format!("a record of a series has the unknown form {other}")),
    };
    if from.is_empty() { Ok(Record { series, news }) } else { Err("a record of a series is too long".to_owned()) }
}

/// The records of files, each series once.
pub(super) fn merged_records(
    files: &[Arc<LiveSeriesFile>],
) -> Result<impl Iterator<Item = Result<Record, StoreError>> + use<>, StoreError> {
    let sources = files.iter().map(|file| file.open()?.scan()).collect::<Result<Vec<_>, _>>()?;
    let mut records = merge(sources, |record| record.series)?.peekable();
    Ok(std::iter::from_fn(move || {
        let mut record = match records.next()? {
            Ok(record) => record,
            failed => return Some(failed),
        };
        while let Some(Ok(next)) = records.next_if(|next| next.as_ref().is_ok_and(|next| next.series == record.series))
        {
            record.news = record.news.merge(next.news);
        }
        Some(Ok(record))
    }))
}

/// Reads the files of series into an index; gives all series. Blocks.
pub(super) fn load_index(files: &[Arc<LiveSeriesFile>], index: &Index) -> Result<Vec<Arc<Series>>, StoreError> {
    let mut known = Vec::new();
    for record in merged_records(files)? {
        let Record { series: id, news } = record?;
        match news {
            News::Defined { last_secs, unit, scope, metric } => {
                let series = index.define(id, &scope, &metric, unit);
                let path = || files.first().map_or_else(PathBuf::new, |file| file.path());
                let series = series.map_err(|detail| StoreError::damaged(&path(), detail))?;
                series.set_saved(last_secs);
                known.push(series);
            }
            News::Data { .. } => {
                let path = files.first().map_or_else(PathBuf::new, |file| file.path());
                return Err(StoreError::damaged(&path, format!("nothing tells what series {} is", id.0)));
            }
            News::Gone => {}
        }
    }
    Ok(known)
}
