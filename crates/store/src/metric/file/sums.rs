//! Checksums of a file's data: the CRC-32C of every 4 KiB, in a table after the data.
//!
//! The Parquet pages of a metric are too small for checksums of their own. The table is found
//! through the footer's `trailwatch.sums`, which has the length of the data before it and the
//! checksum of all of that. With this and the file's checksum in the catalog, the table and
//! the footer are checked when the file is opened, and the data as far as it is read.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use serde::{Deserialize, Serialize};

use crate::blobs::{Blob, BlobWriter};
use crate::error::StoreError;

/// The key of the place in the footer's metadata.
pub(super) const METADATA_KEY: &str = "trailwatch.sums";

const BLOCK_BYTES: usize = 4096;
const SUM_BYTES: usize = size_of::<u32>();
/// Bytes that are read at a time to check the end of a file.
const READ_BYTES: usize = 64 << 10;

/// Where the table lies.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    /// Length of the data, at the end of which the table begins.
    pub data_bytes: u64,
    /// CRC-32C of the data.
    pub data_crc: u32,
}

impl Place {
    fn blocks(self) -> u64 {
        self.data_bytes.div_ceil(BLOCK_BYTES as u64)
    }
}

/// A file in the making, whose bytes are summed up as they come.
pub(super) struct SummedWriter {
    blob: Box<dyn BlobWriter>,
    bytes: u64,
    crc: u32,
    block_crc: u32,
    sums: Vec<u8>,
}

impl SummedWriter {
    pub fn new(blob: Box<dyn BlobWriter>) -> Self {
        Self { blob, bytes: 0, crc: 0, block_crc: 0, sums: Vec::new() }
    }

    /// The table for what was written so far, to be written next.
    pub fn table(&self) -> (Vec<u8>, Place) {
        let mut table = self.sums.clone();
        if !self.bytes.is_multiple_of(BLOCK_BYTES as u64) {
            table.extend_from_slice(&self.block_crc.to_le_bytes());
        }
        (table, Place { data_bytes: self.bytes, data_crc: self.crc })
    }

    /// The file.
    pub fn into_inner(self) -> Box<dyn BlobWriter> {
        self.blob
    }
}

impl Write for SummedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = BLOCK_BYTES - (self.bytes % BLOCK_BYTES as u64) as usize;
        let written = self.blob.write(&bytes[..bytes.len().min(left)])?;
        let bytes = &bytes[..written];
        self.crc = crc32c::crc32c_append(self.crc, bytes);
        self.block_crc = crc32c::crc32c_append(self.block_crc, bytes);
        self.bytes += written as u64;
        if written == left {
            self.sums.extend_from_slice(&self.block_crc.to_le_bytes());
            self.block_crc = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.blob.flush()
    }
}

/// A file for the Parquet reader, whose data is checked as it is read.
#[derive(Clone)]
pub(super) struct SummedReader {
    blob: Arc<dyn Blob>,
    bytes: u64,
    data_bytes: u64,
    sums: Arc<[u8]>,
}

impl SummedReader {
    /// Reads the table and checks it and all that follows it against the file's checksum.
    pub fn load(blob: Arc<dyn Blob>, path: &Path, bytes: u64, crc: u32, place: Place) -> Result<Self, StoreError> {
        let damaged = |detail| StoreError::damaged(path, detail);
        let table_bytes = place.blocks().saturating_mul(SUM_BYTES as u64);
        let end_bytes = bytes.checked_sub(place.data_bytes).filter(|end_bytes| table_bytes <= *end_bytes);
        let end_bytes = end_bytes.ok_or_else(|| damaged("its footer names checksums outside of it"))?;
        let io_failed = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged("it is cut short"),
            _ => StoreError::io("reading", path, error),
        };
        let mut sums = vec![0; table_bytes as usize];
        blob.read_exact_at(place.data_bytes, &mut sums).map_err(io_failed)?;
        let (mut end_crc, mut at) = (crc32c::crc32c(&sums), table_bytes);
        let mut part = vec![0; READ_BYTES];
        while at < end_bytes {
            let part = &mut part[..usize::try_from(end_bytes - at).map_or(READ_BYTES, |left| left.min(READ_BYTES))];
            blob.read_exact_at(place.data_bytes + at, part).map_err(io_failed)?;
            end_crc = crc32c::crc32c_append(end_crc, part);
            at += part.len() as u64;
        }
        if crc32c::crc32c_combine(place.data_crc, end_crc, end_bytes as usize) != crc {
            return Err(damaged("the checksum of its footer does not match"));
        }
        Ok(Self { blob, bytes, data_bytes: place.data_bytes, sums: sums.into() })
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.sums.len()
    }

    fn check(&self, block: usize, bytes: &[u8]) -> Result<(), ParquetError> {
        let sum = self.sums.chunks_exact(SUM_BYTES).nth(block);
        if sum.is_some_and(|sum| *sum == crc32c::crc32c(bytes).to_le_bytes()) {
            return Ok(());
        }
        let at = block * BLOCK_BYTES;
        Err(ParquetError::General(format!("the checksum of its bytes from {at} on does not match")))
    }

    /// Reads bytes of the data, and the rest of the blocks that they are in.
    fn read(&self, start: u64, len: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(len as u64).filter(|end| *end <= self.data_bytes);
        let end =
            end.ok_or_else(|| ParquetError::EOF(format!("{len} bytes at {start} lie past the end of the data")))?;
        let block = BLOCK_BYTES as u64;
        let from = start - start % block;
        let to = end.next_multiple_of(block).min(self.data_bytes);
        let mut bytes = vec![0; (to - from) as usize];
        let read = self.blob.read_exact_at(from, &mut bytes);
        read.map_err(|error| ParquetError::External(Box::new(error)))?;
        for (number, bytes) in ((from / block) as usize..).zip(bytes.chunks(BLOCK_BYTES)) {
            self.check(number, bytes)?;
        }
        let start = (start - from) as usize;
        Ok(Bytes::from(bytes).slice(start..start + len))
    }
}

impl Length for SummedReader {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for SummedReader {
    type T = io::BufReader<SummedCursor>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(io::BufReader::with_capacity(BLOCK_BYTES, SummedCursor { reader: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.read(start, length)
    }
}

/// Reads a file's data from a place on.
pub(super) struct SummedCursor {
    reader: SummedReader,
    at: u64,
}

impl Read for SummedCursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.reader.data_bytes.saturating_sub(self.at);
        let len = buffer.len().min(BLOCK_BYTES).min(usize::try_from(left).unwrap_or(usize::MAX));
        let bytes =
            self.reader.read(self.at, len).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        buffer[..len].copy_from_slice(&bytes);
        self.at += len as u64;
        Ok(len)
    }
}
