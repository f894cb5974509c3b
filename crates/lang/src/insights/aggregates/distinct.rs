//! How many different values there are: exactly while they are few, then by HyperLogLog.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use crate::insights::Value;
use crate::insights::key;

/// Different values of a group that are counted exactly.
pub const EXACT_MAX: usize = 16_384;

/// The registers are 2^14: the standard error is 0.8 %.
const BITS: u32 = 14;

/// Different values, by their hashes of 64 bits.
#[derive(Debug)]
pub(in crate::insights) enum Distinct {
    Exact(HashSet<u64>),
    /// The longest run of leading zeros seen, plus one, of the hashes of each register.
    Sketch(Box<[u8]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Exact(HashSet::new())
    }
}

impl Distinct {
    /// Adds a value; gives by how many bytes this has grown.
    pub(super) fn push(&mut self, value: &Value) -> usize {
        let mut bytes = Vec::with_capacity(64);
        key::encode(value, &mut bytes);
        // Its keys are fixed, so that all workers agree.
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        self.push_hash(hasher.finish())
    }

    fn push_hash(&mut self, hash: u64) -> usize {
        match self {
            Self::Exact(hashes) => {
                if !hashes.insert(hash) {
                    return 0;
                }
                if hashes.len() > EXACT_MAX {
                    self.approximate();
                }
                2 * size_of::<u64>()
            }
            Self::Sketch(registers) => {
                note(registers, hash);
                0
            }
        }
    }

    /// Takes in another; gives by how many bytes this has grown.
    pub(super) fn merge(&mut self, other: Self) -> usize {
        match other {
            Self::Exact(hashes) => hashes.into_iter().map(|hash| self.push_hash(hash)).sum(),
            Self::Sketch(theirs) => {
                if let Self::Sketch(registers) = self.approximate() {
                    registers.iter_mut().zip(&theirs).for_each(|(register, other)| *register = (*register).max(*other));
                }
                0
            }
        }
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Exact(hashes) => hashes.len() as u64,
            Self::Sketch(registers) => estimate(registers),
        }
    }

    fn approximate(&mut self) -> &mut Self {
        if let Self::Exact(hashes) = self {
            let mut registers = vec![0; 1 << BITS].into_boxed_slice();
            hashes.iter().for_each(|hash| note(&mut registers, *hash));
            *self = Self::Sketch(registers);
        }
        self
    }
}

fn note(registers: &mut [u8], hash: u64) {
    let register = (hash >> (64 - BITS)) as usize;
    // A bit behind the hash's own ends the run.
    let run = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() + 1;
    registers[register] = registers[register].max(run as u8);
}

/// The estimate of Ertl (2017), which needs no correction for few or many values.
fn estimate(registers: &[u8]) -> u64 {
    const LONGEST: usize = 64 - BITS as usize + 1;
    let mut counts = [0.0f64; LONGEST + 1];
    registers.iter().for_each(|register| counts[usize::from(*register).min(LONGEST)] += 1.0);
    let all = registers.len() as f64;
    let longest = all * tau(1.0 - counts[LONGEST] / all);
    let middle = counts[1..LONGEST].iter().rev().fold(longest, |sum, count| 0.5 * (sum + count));
    let sum = middle + all * sigma(counts[0] / all);
    (all * all / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

/// What registers that saw nothing say: the sum of x^(2^k) 2^(k-1), plus x.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut sum, mut weight) = (x, 1.0);
    loop {
        x *= x;
        let before = sum;
        sum += x * weight;
        weight *= 2.0;
        if sum == before {
            return sum;
        }
    }
}

/// What registers that can see no more say.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut sum, mut weight) = (1.0 - x, 1.0);
    loop {
        x = x.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - x).powi(2) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: std::ops::Range<i64>) -> Distinct {
        let mut distinct = Distinct::default();
        numbers.for_each(|number| {
            distinct.push(&Value::Int(number));
        });
        distinct
    }

    #[test]
    fn few_are_counted_exactly() {
        let mut distinct = of(0..16_384);
        distinct.push(&Value::from("7"));
        assert_eq!(distinct.count(), 16_384);
    }

    #[test]
    fn many_are_counted_within_three_percent() {
        for count in [16_385i64, 40_000, 60_000, 200_000] {
            let estimate = of(0..count).count() as f64;
            assert!((estimate / count as f64 - 1.0).abs() < 0.03, "{count}: {estimate}");
        }
    }

    #[test]
    fn parts_merge_to_what_the_whole_is() {
        for (count, cut) in [(100, 50), (20_000, 10_000), (20_000, 100), (50_000, 20_000)] {
            let mut merged = of(0..cut);
            merged.merge(of(cut / 2..count));
            assert_eq!(merged.count(), of(0..count).count(), "{count} {cut}");
        }
    }
}
