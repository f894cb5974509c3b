//! Grams: the short pieces of messages that the index knows.
//!
//! A gram starts at every byte of a message and goes on until it says enough to tell pages apart: four letters
//! do; digits and separators say less, so that a gram of digits has six of them and one of an address's is as
//! long. (All grams of four digits occur in every page of numbers.) Where a gram ends depends on its own bytes
//! alone, so that the grams of a literal are also grams of every message that contains it. ASCII letters are
//! folded to lower case; grams never cross from one message to the next.

/// What a gram must weigh.
const WEIGHT_MIN: u16 = 16;
const LETTER: u16 = 4;
const DIGIT: u16 = 3 | RICH;
// A byte of a character that is not ASCII.
const FOREIGN: u16 = 3 | RICH;
const SEPARATOR: u16 = 2;
// Enough for `\u00` to be a gram: whoever looks for a value in JSON looks for that as well, as the value may be spelled
// with escapes. As that is one gram only, it shares its slot with no other: else every third page would seem to have it.
const ESCAPE: u16 = 6;
const ESCAPE_KEY: u64 = u64::from_le_bytes(*b"\0\0\0\0\\u00");
// A second count beside the weight, in the same number: of bytes that make a gram rich.
const RICH: u16 = 0x100;
const WEIGHT_MASK: u16 = 0xff;

/// Signatures have at least 2^this bits.
pub(super) const SLOT_BITS_MIN: u32 = 10;
/// Bytes of the longest gram: all separators.
pub(super) const GRAM_BYTES_MAX: usize = (WEIGHT_MIN / SEPARATOR) as usize;

static WEIGHTS: [u16; 256] = weights();

const fn weights() -> [u16; 256] {
    let mut weights = [SEPARATOR; 256];
    let mut byte = 0;
    while byte < 256 {
        weights[byte] = match byte as u8 {
            b'a'..=b'z' => LETTER,
            b'0'..=b'9' => DIGIT,
            0x80.. => FOREIGN,
            b'\\' => ESCAPE,
            _ => SEPARATOR,
        };
        byte += 1;
    }
    weights
}

/// A gram, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gram {
    hash: u64,
    /// Whether it has digits or characters that are not ASCII: of such there can be so many
    /// in a page that the index takes a sample of them.
    rich: bool,
}

/// How thin the sample of a page's rich grams is: at level n, one in 2^n is in the index.
pub(super) type SampleLevel = u8;
/// The thinnest sample.
pub(super) const SAMPLE_LEVEL_MAX: SampleLevel = 4;

impl Gram {
    // The key has all bytes of the gram, so that only the hash can confuse two.
    fn new(key: u64, rich: bool) -> Self {
        if key == ESCAPE_KEY {
            return Self { hash: 0, rich: false };
        }
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        // The first of the fewest slots that there can be is the escape's alone.
        let moved = if hash >> (u64::BITS - SLOT_BITS_MIN) == 0 { 1 << (u64::BITS - 1) } else { 0 };
        Self { hash: hash | moved, rich }
    }

    /// Its place among 2^`bits`.
    pub fn slot(self, bits: u32) -> usize {
        (self.hash >> (u64::BITS - bits)) as usize
    }

    /// Whether a sample of this level has it.
    pub fn is_in_sample(self, level: SampleLevel) -> bool {
        // The slot is of the hash's high bits, so these are others.
        let low = self.hash ^ (self.hash >> 17);
        !self.rich || low.trailing_zeros() >= u32::from(level)
    }
}

/// Calls `each` with the grams of one message, which is `text[from..to]` in lower case.
/// `text` goes on for at least [`GRAM_BYTES_MAX`] bytes after it.
pub(super) fn each_gram(text: &[u8], from: usize, to: usize, mut each: impl FnMut(Gram)) {
    let (mut end, mut weight) = (from, 0);
    for start in from..to {
        while weight & WEIGHT_MASK < WEIGHT_MIN {
            if end == to {
                return;
            }
            weight += WEIGHTS[text[end] as usize];
            end += 1;
        }
        let bytes = text[start..].first_chunk().expect("the text goes on after the message");
        let unused = u64::BITS - 8 * (end - start) as u32;
        each(Gram::new(u64::from_le_bytes(*bytes) << unused, weight >= RICH));
        weight -= WEIGHTS[text[start] as usize];
    }
}

/// The different grams of a literal.
pub(super) fn grams_of(literal: &str) -> Vec<Gram> {
    let mut text = literal.to_ascii_lowercase().into_bytes();
    text.resize(literal.len() + GRAM_BYTES_MAX, 0);
    let mut grams = Vec::new();
    each_gram(&text, 0, literal.len(), |gram| grams.push(gram));
    grams.sort_unstable();
    grams.dedup();
    grams
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_gram_is_as_long_as_its_bytes_need() {
        for (literal, count) in [
            ("err", 0),
            ("erro", 1),
            ("Error", 2),
            ("12345", 0),
            ("123456", 1),
            ("10.0.0.1", 2),
            ("\u{fc}\u{fc}\u{fc}", 1),
            ("--------", 1),
            ("\\u00", 1),
        ] {
            assert_eq!(grams_of(literal).len(), count, "{literal}");
        }
    }

    proptest! {
        #[test]
        fn a_message_has_all_grams_of_what_it_contains(before in ".{0,12}", literal in "[a-f0-9 .:A-Z\u{e9}-\u{ea}]{0,24}", after in ".{0,12}") {
            let all = grams_of(&format!("{before}{literal}{after}"));
            for gram in grams_of(&literal.to_ascii_uppercase()) {
                prop_assert!(all.contains(&gram));
            }
        }
    }
}
