//! What log searches are held against: the same lines in compressed blocks, unpacked and looked through on one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::corpus::Corpus;

const BLOCK_BYTES: usize = 1 << 20;
const RUNS: usize = 3;

/// Lines in blocks of a mebibyte, each compressed as pages of messages are.
pub struct Packed {
    /// Each with its size when unpacked.
    blocks: Vec<(Vec<u8>, usize)>,
}

impl Packed {
    /// The lines of the corpus up to this many bytes, over the seconds of a day.
    pub fn of_corpus(lines: &Path, bytes_aim: usize) -> Result<Self, Failure> {
        let mut corpus = Corpus::open(lines)?;
        let mut total = 0;
        Self::of_lines(std::iter::from_fn(|| {
            let text = corpus.next((total as f64 / bytes_aim as f64 * 86_399.0) as i64).text;
            total += text.len();
            (total < bytes_aim + text.len()).then(|| text.to_owned())
        }))
    }

    /// These lines.
    pub fn of_lines(lines: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let (mut blocks, mut block) = (Vec::new(), Vec::new());
        for line in lines {
            block.extend_from_slice(line.as_bytes());
            block.push(b'\n');
            if block.len() >= BLOCK_BYTES {
                blocks.push((zstd::bulk::compress(&block, 1)?, block.len()));
                block.clear();
            }
        }
        blocks.push((zstd::bulk::compress(&block, 1)?, block.len()));
        Ok(Self { blocks })
    }

    /// How long it takes to look through all blocks, or until `look` says that it has seen enough: the best of a few
    /// times, and what was seen.
    pub fn look_through<T>(
        &self,
        fresh: impl Fn() -> T,
        mut look: impl FnMut(&mut T, &[u8]) -> Enough,
    ) -> Result<(Duration, T), Failure> {
        let mut best = None;
        for _ in 0..RUNS {
            let (started, mut seen, mut unpacked) = (Instant::now(), fresh(), Vec::new());
            let mut context = zstd::bulk::Decompressor::new()?;
            for (packed, bytes) in &self.blocks {
                unpacked.clear();
                unpacked.reserve(*bytes);
                context.decompress_to_buffer(packed, &mut unpacked)?;
                if matches!(look(&mut seen, &unpacked), Enough::Yes) {
                    break;
                }
            }
            let took = started.elapsed();
            if best.as_ref().is_none_or(|(least, _)| took < *least) {
                best = Some((took, seen));
            }
        }
        best.ok_or_else(|| "nothing was looked through".into())
    }
}

/// Whether to go on.
pub enum Enough {
    Yes,
    No,
}

/// The lines of a block.
pub fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}
