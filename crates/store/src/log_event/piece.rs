//! Compressed pieces of a file: a page of a column, the directory, the summary.

use std::cell::RefCell;
use std::path::Path;

use crate::blobs::Blob;
use crate::error::StoreError;
use crate::metric::codec::{put_varint, take_varint};

/// A zstd frame in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub offset: u64,
    pub bytes: u32,
    /// Its length when unpacked.
    pub raw_bytes: u32,
    /// CRC-32C of the frame.
    pub crc: u32,
}

thread_local! {
    // Its state is large, and slow to make anew for each piece.
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Unpacks a zstd frame of which the unpacked length is known.
pub(super) fn unpack(frame: &[u8], raw_bytes: usize) -> Result<Vec<u8>, String> {
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let made = match decompressor {
            Some(made) => made,
            None => decompressor.insert(zstd::bulk::Decompressor::new().map_err(|error| error.to_string())?),
        };
        let raw = made.decompress(frame, raw_bytes).map_err(|error| error.to_string())?;
        if raw.len() == raw_bytes { Ok(raw) } else { Err("a piece is shorter than it should be".to_owned()) }
    })
}

impl Piece {
    /// Packs bytes that will lie at `offset`.
    pub fn pack(raw: &[u8], offset: u64) -> (Vec<u8>, Self) {
        let frame = zstd::bulk::compress(raw, 3).expect("memory suffices for what was made in memory");
        let crc = crc32c::crc32c(&frame);
        let piece = Self { offset, bytes: frame.len() as u32, raw_bytes: raw.len() as u32, crc };
        (frame, piece)
    }

    /// Reads, checks and unpacks the piece.
    pub fn read(&self, blob: &dyn Blob, path: &Path) -> Result<Vec<u8>, StoreError> {
        let mut frame = vec![0; self.bytes as usize];
        let read = blob.read_exact_at(self.offset, &mut frame);
        read.map_err(|error| StoreError::io("reading", path, error))?;
        if crc32c::crc32c(&frame) != self.crc {
            return Err(StoreError::damaged(path, format!("the piece at {} fails its checksum", self.offset)));
        }
        unpack(&frame, self.raw_bytes as usize).map_err(|detail| StoreError::damaged(path, detail))
    }

    pub fn put(&self, bytes: &mut Vec<u8>) {
        for number in [self.offset, u64::from(self.bytes), u64::from(self.raw_bytes), u64::from(self.crc)] {
            put_varint(number, bytes);
        }
    }

    pub fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        let offset = take_varint(bytes)?;
        Ok(Self { offset, bytes: take_u32(bytes)?, raw_bytes: take_u32(bytes)?, crc: take_u32(bytes)? })
    }
}

/// Takes a number of at most 32 bits.
pub(super) fn take_u32(bytes: &mut &[u8]) -> Result<u32, String> {
    u32::try_from(take_varint(bytes)?).map_err(|_| "a number has more than 32 bits".to_owned())
}
