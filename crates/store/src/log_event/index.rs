//! The index inside a file: which pages may hold messages that contain a literal.
//!
//! Every page has a signature of 2^k bits over the [grams](super::gram) of its messages, one bit each. Signatures
//! are stored bit-sliced: line i holds bit i of every page, so that a literal of n grams reads n short lines and
//! has the candidate pages by AND. A segment has the signatures of up to 256 pages, with a k that leaves the
//! fullest of them about a third full; a page of so many different numbers that no k would do has a sample of these only.
//!
//! A segment lies between two row groups, or after the last. Lines lie in blocks of about 8 KiB, each with its
//! CRC-32C (4), packed with zstd where that is shorter.

use std::io;
use std::path::Path;

use lang::needle::Needle;

use super::gram::{Gram, SAMPLE_LEVEL_MAX, SLOT_BITS_MIN, SampleLevel, each_gram, grams_of};
use super::piece::{take_u32, unpack};
use crate::blobs::Blob;
use crate::error::StoreError;
use crate::metric::codec::{put_varint, take, take_varint};

/// Pages of a segment: all but the last of a file have as many.
pub(super) const SEGMENT_PAGES: usize = 256;
const WORDS: usize = SEGMENT_PAGES / 64;
const BITS_MAX: u32 = 18;
/// A page whose signature of 2^[`BITS_MAX`] bits has more of them set takes a thinner sample.
const SET_MAX: u32 = (1 << BITS_MAX) * 3 / 10;
/// A page whose signature has fewer set lets the next one try a fuller sample.
const SET_LOW: u32 = SET_MAX / 3;
/// Bits of a signature for each of its page's grams: about three in ten are set then.
const BITS_PER_GRAM: f64 = 2.8;
const BLOCK_BYTES: usize = 8 << 10;
const CRC_BYTES: usize = 4;
/// Lines that are read for a literal at most: that many leave no page by chance.
const LINES_MAX: usize = 48;

/// Pages of a segment, one bit each.
type Pages = [u64; WORDS];

struct Signature {
    bits: Vec<u64>,
    level: SampleLevel,
    set: u32,
}

impl Signature {
    fn of(text: &[u8], offsets: &[i32], level: SampleLevel) -> Self {
        let mut bits = vec![0u64; (1 << BITS_MAX) / 64];
        for message in offsets.windows(2) {
            each_gram(text, message[0] as usize, message[1] as usize, |gram| {
                if gram.is_in_sample(level) {
                    let slot = gram.slot(BITS_MAX);
                    bits[slot / 64] |= 1 << (slot % 64);
                }
            });
        }
        let set = bits.iter().map(|word| word.count_ones()).sum();
        Self { bits, level, set }
    }

    /// About how many different grams set so many bits.
    fn grams(&self) -> f64 {
        let bits = f64::from(1 << BITS_MAX);
        -(1.0 - f64::from(self.set.min((1 << BITS_MAX) - 1)) / bits).ln() * bits
    }

    /// The signature that 2^`bits` bits would have made.
    fn fold(&mut self, bits: u32) {
        for _ in bits..BITS_MAX {
            self.bits = self.bits.chunks_exact(2).map(|pair| halve(pair[0]) | (halve(pair[1]) << 32)).collect();
        }
    }
}

/// Each two neighbours of the 64 bits as one, in the low half.
fn halve(word: u64) -> u64 {
    let mut word = (word | (word >> 1)) & 0x5555_5555_5555_5555;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        word = (word | (word >> shift)) & mask;
    }
    word
}

/// How long signatures must be for the fullest quarter of the pages; the others' lines are nearly empty then, and
/// pack well.
fn bits_for(pages: &[Signature]) -> u32 {
    let mut set: Vec<_> = pages.iter().collect();
    set.sort_unstable_by_key(|page| std::cmp::Reverse(page.set));
    set.truncate(pages.len().div_ceil(4));
    let grams = set.iter().map(|page| page.grams()).sum::<f64>() / set.len() as f64;
    ((grams * BITS_PER_GRAM).max(1.0).log2().ceil() as u32).clamp(SLOT_BITS_MIN, BITS_MAX)
}

/// Builds the index while pages are written in order.
#[derive(Default)]
pub(super) struct IndexWriter {
    pages: Vec<Signature>,
    level: SampleLevel,
}

impl IndexWriter {
    /// Adds the next page: its messages end to end, in lower case, with
    /// [`GRAM_BYTES_MAX`](super::gram::GRAM_BYTES_MAX) bytes more; and where each begins, and the last ends.
    pub fn add(&mut self, text: &[u8], offsets: &[i32]) {
        let mut signature = Signature::of(text, offsets, self.level);
        while signature.set > SET_MAX && signature.level < SAMPLE_LEVEL_MAX {
            signature = Signature::of(text, offsets, signature.level + 1);
        }
        // Pages beside each other are of the same stream, mostly.
        self.level = signature.level.saturating_sub(u8::from(signature.set < SET_LOW));
        self.pages.push(signature);
    }

    /// Whether the pages so far make a segment.
    pub fn is_full(&self) -> bool {
        self.pages.len() == SEGMENT_PAGES
    }

    /// Whether there are pages of which no segment has been written.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Writes the pages so far as a segment, which will lie at `offset`.
    pub fn write(&mut self, offset: u64, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Segment> {
        let mut pages = std::mem::take(&mut self.pages);
        let bits = bits_for(&pages);
        pages.iter_mut().for_each(|page| page.fold(bits));
        let levels = pages.iter().map(|page| page.level).collect();
        let mut segment = Segment { bits, levels, offset, blocks: vec![0] };
        let (line_bytes, block_lines) = (segment.line_bytes(), segment.block_lines());
        let mut end = 0;
        for words in (0..(1 << bits) / 64).step_by(block_lines / 64) {
            let words = words..words + block_lines / 64;
            let mut raw = vec![0u8; block_lines * line_bytes];
            for (number, page) in pages.iter().enumerate() {
                for (word, bits) in page.bits[words.clone()].iter().enumerate() {
                    let mut bits = *bits;
                    while bits != 0 {
                        let line = word * 64 + bits.trailing_zeros() as usize;
                        raw[line * line_bytes + number / 8] |= 1 << (number % 8);
                        bits &= bits - 1;
                    }
                }
            }
            let packed = zstd::bulk::compress(&raw, 3)?;
            let block = if packed.len() < raw.len() { &packed } else { &raw };
            write(block)?;
            write(&crc32c::crc32c(block).to_le_bytes())?;
            end += (block.len() + CRC_BYTES) as u32;
            segment.blocks.push(end);
        }
        Ok(segment)
    }
}

/// The signatures of some pages, as they lie in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    bits: u32,
    /// How thin the sample of each page is.
    levels: Vec<SampleLevel>,
    offset: u64,
    /// Where each block begins, and the last ends, counted from `offset`.
    blocks: Vec<u32>,
}

impl Segment {
    /// The number of pages.
    pub fn pages(&self) -> usize {
        self.levels.len()
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.levels.len() + self.blocks.len() * 4
    }

    /// Bytes in the file.
    pub fn bytes(&self) -> u64 {
        u64::from(self.blocks.last().copied().unwrap_or_default())
    }

    fn line_bytes(&self) -> usize {
        self.levels.len().div_ceil(8)
    }

    fn block_lines(&self) -> usize {
        // Whole words of a signature: the largest line has 32 bytes.
        let lines = BLOCK_BYTES / self.line_bytes();
        (1 << lines.ilog2()).min(1 << self.bits)
    }

    pub fn put(&self, bytes: &mut Vec<u8>) {
        put_varint(u64::from(self.bits), bytes);
        put_varint(self.levels.len() as u64, bytes);
        bytes.extend_from_slice(&self.levels);
        put_varint(self.offset, bytes);
        self.blocks.windows(2).for_each(|block| put_varint(u64::from(block[1] - block[0]), bytes));
    }

    pub fn take(bytes: &mut &[u8]) -> Result<Self, String> {
        let bits = take_u32(bytes)?;
        let pages = take_u32(bytes)? as usize;
        if !(SLOT_BITS_MIN..=BITS_MAX).contains(&bits) || !(1..=SEGMENT_PAGES).contains(&pages) {
            return Err("its index has a segment of no possible size".to_owned());
        }
        let mut levels = Vec::with_capacity(pages);
        for _ in 0..pages {
            let [level] = take(bytes)?;
            levels.push(level);
        }
        let mut segment = Self { bits, levels, offset: take_varint(bytes)?, blocks: vec![0] };
        let mut end = 0u32;
        for _ in 0..(1 << bits) / segment.block_lines() {
            end = end.checked_add(take_u32(bytes)?).ok_or("its index has a segment of no possible size")?;
            segment.blocks.push(end);
        }
        Ok(segment)
    }

    /// Which pages may have all of the grams.
    fn candidates(&self, blob: &dyn Blob, path: &Path, grams: &[Gram]) -> Result<Pages, StoreError> {
        let mut candidates = self.mask(|_| true);
        // Those of a long literal overlap; some from all over it say as much.
        for gram in grams.iter().step_by(grams.len().div_ceil(LINES_MAX).max(1)) {
            let unknown = self.mask(|level| !gram.is_in_sample(level));
            if candidates.iter().zip(unknown).all(|(candidates, unknown)| candidates & !unknown == 0) {
                continue;
            }
            let line = self.line(blob, path, gram.slot(self.bits))?;
            for ((candidates, line), unknown) in candidates.iter_mut().zip(line).zip(unknown) {
                *candidates &= line | unknown;
            }
            if candidates == [0; WORDS] {
                break;
            }
        }
        Ok(candidates)
    }

    fn mask(&self, of: impl Fn(SampleLevel) -> bool) -> Pages {
        let mut pages = [0; WORDS];
        for (page, _) in self.levels.iter().enumerate().filter(|(_, level)| of(**level)) {
            pages[page / 64] |= 1 << (page % 64);
        }
        pages
    }

    fn line(&self, blob: &dyn Blob, path: &Path, number: usize) -> Result<Pages, StoreError> {
        let (line_bytes, block_lines) = (self.line_bytes(), self.block_lines());
        let block = number / block_lines;
        let (start, end) = (self.blocks[block], self.blocks[block + 1]);
        let damaged = || StoreError::damaged(path, format!("block {block} of its index fails its checksum"));
        let mut stored = vec![0; (end - start) as usize];
        let read = blob.read_exact_at(self.offset + u64::from(start), &mut stored);
        read.map_err(|error| StoreError::io("reading", path, error))?;
        let (lines, crc) = stored.split_last_chunk::<CRC_BYTES>().ok_or_else(damaged)?;
        if crc32c::crc32c(lines).to_le_bytes() != *crc {
            return Err(damaged());
        }
        let raw_bytes = block_lines * line_bytes;
        let at = number % block_lines * line_bytes;
        if lines.len() == raw_bytes {
            return Ok(pages_of(&lines[at..at + line_bytes]));
        }
        let lines = unpack(lines, raw_bytes).map_err(|detail| StoreError::damaged(path, detail))?;
        Ok(pages_of(&lines[at..at + line_bytes]))
    }
}

fn pages_of(line: &[u8]) -> Pages {
    let mut bytes = [0; SEGMENT_PAGES / 8];
    bytes[..line.len()].copy_from_slice(line);
    let mut words = bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes")));
    std::array::from_fn(|_| words.next().expect("there are as many words"))
}

/// Which pages of a file may hold messages for which a needle holds, a bit each.
pub(super) fn needle_pages(
    segments: &[Segment],
    blob: &dyn Blob,
    path: &Path,
    needle: &Needle,
) -> Result<Vec<u64>, StoreError> {
    let needle = Grams::of(needle);
    let pages: Result<Vec<Pages>, _> = segments.iter().map(|segment| needle.candidates(segment, blob, path)).collect();
    Ok(pages?.into_flattened())
}

/// A needle as the index sees it.
enum Grams {
    Literal(Vec<Gram>),
    All(Vec<Grams>),
    AnyOf(Vec<Grams>),
}

impl Grams {
    fn of(needle: &Needle) -> Self {
        match needle {
            Needle::Anything => Self::All(Vec::new()),
            Needle::Nothing => Self::AnyOf(Vec::new()),
            Needle::Contains { literal, .. } => Self::Literal(grams_of(literal)),
            Needle::All(needles) => Self::All(needles.iter().map(Self::of).collect()),
            Needle::AnyOf(needles) => Self::AnyOf(needles.iter().map(Self::of).collect()),
        }
    }

    fn candidates(&self, segment: &Segment, blob: &dyn Blob, path: &Path) -> Result<Pages, StoreError> {
        match self {
            Self::Literal(grams) => segment.candidates(blob, path, grams),
            Self::All(all) => {
                let mut pages = segment.mask(|_| true);
                for needle in all {
                    let of = needle.candidates(segment, blob, path)?;
                    pages.iter_mut().zip(of).for_each(|(pages, of)| *pages &= of);
                    if pages == [0; WORDS] {
                        break;
                    }
                }
                Ok(pages)
            }
            Self::AnyOf(any) => {
                let mut pages = [0; WORDS];
                for needle in any {
                    let of = needle.candidates(segment, blob, path)?;
                    pages.iter_mut().zip(of).for_each(|(pages, of)| *pages |= of);
                }
                Ok(pages)
            }
        }
    }
}
