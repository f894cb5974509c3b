//! The directory of a file: where its pages, its index and its summary lie.
//!
//! It is a zstd frame before the Parquet footer, which names it under `trailwatch.log_event`: format, offset,
//! lengths, and the CRC-32C of the frame followed by all of these. Everything that is read is reached through
//! the directory and has its own checksum there, so that of the footer only this name is trusted.
//!
//! Content, all varints: the number of pages; for each its rows, bytes of messages, first and last time, and
//! the place of each column's page; the number of segments of the index and these; the place of the summary;
//! the number of streams.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::index::{SEGMENT_PAGES, Segment};
use super::piece::{Piece, take_u32};
use super::schema::COLUMNS;
use crate::blobs::Blob;
use crate::error::StoreError;
use crate::metric::codec::{put_signed, put_varint, take_signed, take_varint};

/// The key of the footer's metadata that names the directory.
pub(super) const METADATA_KEY: &str = "trailwatch.log_event";
const FORMAT: u32 = 1;

/// What the footer says of the directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    format: u32,
    offset: u64,
    bytes: u32,
    raw_bytes: u32,
    crc: u32,
}

impl Place {
    fn crc(&self, frame_crc: u32) -> u32 {
        let crc = crc32c::crc32c_append(frame_crc, &self.offset.to_le_bytes());
        let numbers = [self.format, self.bytes, self.raw_bytes];
        numbers.iter().fold(crc, |crc, number| crc32c::crc32c_append(crc, &number.to_le_bytes()))
    }
}

/// A page: rows whose values lie together in every column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PagePlace {
    pub first_row: usize,
    pub rows: usize,
    pub message_bytes: u32,
    pub time_min: i64,
    pub time_max: i64,
    pub columns: [Piece; COLUMNS],
}

/// The directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directory {
    pub pages: Vec<PagePlace>,
    pub segments: Vec<Segment>,
    pub summary: Piece,
    pub streams: usize,
}

impl Directory {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.pages.last().map_or(0, |page| page.first_row + page.rows)
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.pages.len() * size_of::<PagePlace>() + self.segments.iter().map(Segment::memory_bytes).sum::<usize>()
    }

    /// The directory's bytes, which will lie at `offset`, and what the footer says of them.
    pub fn pack(&self, offset: u64) -> (Vec<u8>, String) {
        let (frame, piece) = Piece::pack(&self.encode(), offset);
        let mut place =
            Place { format: FORMAT, offset, bytes: piece.bytes, raw_bytes: piece.raw_bytes, crc: piece.crc };
        place.crc = place.crc(piece.crc);
        (frame, serde_json::to_string(&place).expect("plain numbers serialize to JSON"))
    }

    /// Reads the directory; `place` is what the footer says.
    pub fn load(blob: &dyn Blob, len: u64, path: &Path, place: &str) -> Result<Self, StoreError> {
        let damaged = |detail: &str| StoreError::damaged(path, detail);
        let place: Place = serde_json::from_str(place).map_err(|_| damaged("its directory is not described"))?;
        if place.format != FORMAT {
            return Err(damaged(&format!("its directory has the unknown format {}", place.format)));
        }
        if place.offset.saturating_add(u64::from(place.bytes)) > len {
            return Err(damaged("its directory lies past the end"));
        }
        let mut frame = vec![0; place.bytes as usize];
        let read = blob.read_exact_at(place.offset, &mut frame);
        read.map_err(|error| StoreError::io("reading", path, error))?;
        if place.crc(crc32c::crc32c(&frame)) != place.crc {
            return Err(damaged("its directory does not match its checksum"));
        }
        let bytes = super::piece::unpack(&frame, place.raw_bytes as usize).map_err(|detail| damaged(&detail))?;
        Self::decode(&mut &bytes[..]).map_err(|detail| damaged(&detail))
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_varint(self.pages.len() as u64, &mut bytes);
        for page in &self.pages {
            put_varint(page.rows as u64, &mut bytes);
            put_varint(u64::from(page.message_bytes), &mut bytes);
            put_signed(page.time_min, &mut bytes);
            put_signed(page.time_max, &mut bytes);
            page.columns.iter().for_each(|piece| piece.put(&mut bytes));
        }
        put_varint(self.segments.len() as u64, &mut bytes);
        self.segments.iter().for_each(|segment| segment.put(&mut bytes));
        self.summary.put(&mut bytes);
        put_varint(self.streams as u64, &mut bytes);
        bytes
    }

    pub fn decode(bytes: &mut &[u8]) -> Result<Self, String> {
        let mut directory = Self::default();
        for _ in 0..take_varint(bytes)? {
            let first_row = directory.rows();
            let rows = take_u32(bytes)? as usize;
            let message_bytes = take_u32(bytes)?;
            let (time_min, time_max) = (take_signed(bytes)?, take_signed(bytes)?);
            let mut columns = [Piece::default(); COLUMNS];
            for column in &mut columns {
                *column = Piece::take(bytes)?;
            }
            directory.pages.push(PagePlace { first_row, rows, message_bytes, time_min, time_max, columns });
        }
        for _ in 0..take_varint(bytes)? {
            directory.segments.push(Segment::take(bytes)?);
        }
        directory.summary = Piece::take(bytes)?;
        directory.streams = take_u32(bytes)? as usize;
        if directory.segments.iter().map(Segment::pages).sum::<usize>() != directory.pages.len() {
            return Err("its index is not of as many pages as it has".to_owned());
        }
        let others = directory.segments.iter().rev().skip(1);
        if others.map(Segment::pages).any(|pages| pages != SEGMENT_PAGES)
            || directory.pages.iter().any(|page| page.rows == 0)
        {
            return Err("its pages or its index are not cut as they should be".to_owned());
        }
        Ok(directory)
    }
}
