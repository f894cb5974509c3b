//! The index inside a file: which blocks of rows may hold an attribute's value, and where
//! the rows of each account and region lie.
//!
//! Every block of 256 rows has a Bloom signature of m bits over its tokens, k bits each.
//! Signatures are stored bit-sliced: line i holds bit i of every block, so a look-up reads
//! k short lines and has the candidate blocks by AND.
//!
//! The index lies before the Parquet footer, which names it under `trailwatch.index`:
//! format, offset, the length of the header, m, k, the number of blocks, and the CRC-32C of
//! the header followed by all of these.
//! Header: for each block the time of its first row (8); the number of runs (4); for each
//! run account, region (each with its length (4)), first row (8), rows (8), rows of global
//! services (8), latest and earliest time (8, 8). Lines follow, each with its CRC-32C (4).

use std::path::Path;

use base::Scope;
use serde::{Deserialize, Serialize};

use super::schema::Row;
use super::token::Token;
use crate::blobs::Blob;
use crate::error::StoreError;

/// Rows of a block; data pages have as many.
pub(super) const BLOCK_ROWS: usize = 256;
/// The key of the footer's metadata that names the index.
pub(super) const METADATA_KEY: &str = "trailwatch.index";

const FORMAT: u32 = 2;
// Sixteen bits a token and eleven lines: one block in 2,000 is a false candidate, so that
// a look-up through hundreds of blocks in each of 90 files reads next to none for nothing.
const BITS_PER_TOKEN: usize = 16;
const LINES_PER_TOKEN: u32 = 11;
const CRC_BYTES: usize = 4;

/// What the footer says of the index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct IndexPlace {
    format: u32,
    offset: u64,
    header_bytes: u64,
    header_crc: u32,
    m: u32,
    k: u32,
    blocks: u32,
}

/// The rows of one account and region within a file: contiguous, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub scope: Scope,
    pub start: usize,
    pub rows: usize,
    pub global_rows: usize,
    pub time_max: i64,
    pub time_min: i64,
}

/// Builds an index while rows are written in order.
#[derive(Default)]
pub(super) struct IndexBuilder {
    rows: usize,
    runs: Vec<Run>,
    block_times: Vec<i64>,
    // The distinct tokens of each block.
    tokens: Vec<Vec<Token>>,
}

impl IndexBuilder {
    /// Adds the next row of the file.
    pub fn add(&mut self, row: &Row) {
        let event = &row.event;
        let time = event.time.millis();
        if self.rows.is_multiple_of(BLOCK_ROWS) {
            self.close_block();
            self.block_times.push(time);
            self.tokens.push(Vec::new());
        }
        let same = |run: &Run| run.scope.account == event.account && run.scope.region == event.region;
        if !self.runs.last().is_some_and(same) {
            let scope = Scope { account: event.account.clone(), region: event.region.clone() };
            let run = Run { scope, start: self.rows, rows: 0, global_rows: 0, time_max: time, time_min: time };
            self.runs.push(run);
        }
        let run = self.runs.last_mut().expect("a run was just made sure of");
        run.rows += 1;
        run.global_rows += usize::from(event.global);
        run.time_min = time;
        let tokens = self.tokens.last_mut().expect("a block was just made sure of");
        Token::each_of(event, |token| tokens.push(token));
        self.rows += 1;
    }

    fn close_block(&mut self) {
        if let Some(tokens) = self.tokens.last_mut() {
            tokens.sort_unstable();
            tokens.dedup();
            tokens.shrink_to_fit();
        }
    }

    /// The earliest and latest time of a row.
    pub fn times(&self) -> (i64, i64) {
        let min = self.runs.iter().map(|run| run.time_min).min().unwrap_or_default();
        let max = self.runs.iter().map(|run| run.time_max).max().unwrap_or_default();
        (min, max)
    }

    /// The index's bytes, which will lie at `offset`, and what the footer says of them.
    pub fn finish(mut self, offset: u64) -> (Vec<u8>, IndexPlace) {
        self.close_block();
        let blocks = self.tokens.len();
        let most_tokens = self.tokens.iter().map(Vec::len).max().unwrap_or(1);
        let m = (most_tokens * BITS_PER_TOKEN).next_multiple_of(64).max(64);
        let mut bytes = self.header();
        let mut place = IndexPlace {
            format: FORMAT,
            offset,
            header_bytes: bytes.len() as u64,
            header_crc: 0,
            m: m as u32,
            k: LINES_PER_TOKEN,
            blocks: blocks as u32,
        };
        place.header_crc = place.crc(&bytes);
        let line_bytes = place.line_bytes();
        let mut bits = vec![0u8; m * line_bytes];
        for (block, tokens) in self.tokens.iter().enumerate() {
            for line in tokens.iter().flat_map(|token| place.lines(*token)) {
                bits[line as usize * line_bytes + block / 8] |= 1 << (block % 8);
            }
        }
        for line in bits.chunks_exact(line_bytes) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(&crc32c::crc32c(line).to_le_bytes());
        }
        (bytes, place)
    }

    fn header(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.block_times.iter().flat_map(|time| time.to_le_bytes()).collect();
        bytes.extend_from_slice(&(self.runs.len() as u32).to_le_bytes());
        for run in &self.runs {
            for text in [run.scope.account.as_str(), run.scope.region.as_str()] {
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
            for number in [run.start, run.rows, run.global_rows] {
                bytes.extend_from_slice(&(number as u64).to_le_bytes());
            }
            bytes.extend_from_slice(&run.time_max.to_le_bytes());
            bytes.extend_from_slice(&run.time_min.to_le_bytes());
        }
        bytes
    }
}

impl IndexPlace {
    /// The checksum of the header and of what the footer says.
    fn crc(&self, header: &[u8]) -> u32 {
        let mut crc = crc32c::crc32c(header);
        for number in [self.offset, self.header_bytes] {
            crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
        }
        for number in [self.format, self.m, self.k, self.blocks] {
            crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
        }
        crc
    }

    fn line_bytes(&self) -> usize {
        (self.blocks as usize).div_ceil(8)
    }

    /// The lines that hold a token's bits.
    fn lines(&self, token: Token) -> impl Iterator<Item = u32> + use<> {
        let m = u64::from(self.m);
        let step = (token.0 >> 32) | 1;
        (0..u64::from(self.k)).map(move |i| {
            let mixed = token.0.wrapping_add(i.wrapping_mul(step)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            // The high half scaled to m: no division, all bits count.
            (((mixed >> 32) * m) >> 32) as u32
        })
    }
}

/// The index of an open file.
#[derive(Debug)]
pub(super) struct Index {
    place: IndexPlace,
    pub block_times: Vec<i64>,
    runs: Vec<Run>,
}

impl Index {
    /// Reads and checks the header; `place` is what the footer says.
    pub fn load(blob: &dyn Blob, path: &Path, place: &str) -> Result<Self, StoreError> {
        let damaged = |detail: &str| StoreError::damaged(path, detail);
        let place: IndexPlace = serde_json::from_str(place).map_err(|_| damaged("its index is not described"))?;
        if place.format != FORMAT {
            return Err(damaged(&format!("its index has the unknown format {}", place.format)));
        }
        let len = blob.len().map_err(|error| StoreError::io("reading", path, error))?;
        if place.offset.saturating_add(place.header_bytes) > len {
            return Err(damaged("its index lies past the end"));
        }
        let mut header = vec![0; place.header_bytes as usize];
        let read = blob.read_exact_at(place.offset, &mut header);
        read.map_err(|error| StoreError::io("reading", path, error))?;
        if place.crc(&header) != place.header_crc {
            return Err(damaged("its index does not match its checksum"));
        }
        let (block_times, runs) = parse_header(&header, place.blocks).ok_or_else(|| damaged("its index is cut"))?;
        Ok(Self { place, block_times, runs })
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.block_times.len() * 8 + self.runs.len() * size_of::<Run>()
    }

    /// The rows of an account and region.
    pub fn run(&self, scope: &Scope) -> Option<&Run> {
        let at = self.runs.binary_search_by(|run| run.scope.cmp(scope)).ok()?;
        self.runs.get(at)
    }

    /// The runs of all accounts and regions, in order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The account and region of a row.
    pub fn scope_of(&self, row: usize) -> Option<&Scope> {
        let after = self.runs.partition_point(|run| run.start <= row);
        let run = self.runs.get(after.checked_sub(1)?)?;
        (row - run.start < run.rows).then_some(&run.scope)
    }

    /// Which blocks may hold the token, one bit a block.
    pub fn candidates(&self, blob: &dyn Blob, path: &Path, token: Token) -> Result<Vec<u8>, StoreError> {
        let line_bytes = self.place.line_bytes();
        let lines_at = self.place.offset + self.place.header_bytes;
        let mut candidates = vec![0xff; line_bytes];
        let mut line = vec![0; line_bytes + CRC_BYTES];
        for number in self.place.lines(token) {
            let at = lines_at + u64::from(number) * line.len() as u64;
            blob.read_exact_at(at, &mut line).map_err(|error| StoreError::io("reading", path, error))?;
            let (bits, crc) = line.split_at(line_bytes);
            if crc32c::crc32c(bits).to_le_bytes() != crc {
                return Err(StoreError::damaged(path, format!("line {number} of its index fails its checksum")));
            }
            let mut any = 0;
            for (candidate, bits) in candidates.iter_mut().zip(bits) {
                *candidate &= bits;
                any |= *candidate;
            }
            if any == 0 {
                break;
            }
        }
        Ok(candidates)
    }
}

fn parse_header(bytes: &[u8], blocks: u32) -> Option<(Vec<i64>, Vec<Run>)> {
    let (times, mut rest) = bytes.split_at_checked(blocks as usize * 8)?;
    let times = times.chunks_exact(8).map(|time| i64::from_le_bytes(time.try_into().expect("eight bytes"))).collect();
    let count = u32::from_le_bytes(take(&mut rest)?);
    let mut runs = Vec::new();
    for _ in 0..count {
        let account = take_text(&mut rest)?.parse().ok()?;
        let region = take_text(&mut rest)?.parse().ok()?;
        let mut number = || Some(u64::from_le_bytes(take(&mut rest)?));
        runs.push(Run {
            scope: Scope { account, region },
            start: usize::try_from(number()?).ok()?,
            rows: usize::try_from(number()?).ok()?,
            global_rows: usize::try_from(number()?).ok()?,
            time_max: number()?.cast_signed(),
            time_min: number()?.cast_signed(),
        });
    }
    Some((times, runs))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let len = u32::from_le_bytes(take(bytes)?) as usize;
    let (text, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}
