//! Samples of one series gathered into weighted values that lose neither sum nor extremes.
//!
//! Up to [`EXACT_MAX`] distinct values are kept as they are. More than that, and values that
//! differ by less than 2 % share a bin, which still knows its exact count, sum, minimum and
//! maximum: the StatisticValues sent are exact in either case, only the distribution is rounded.

use std::collections::BTreeMap;

/// Distinct values kept apart before bins take over.
pub const EXACT_MAX: usize = 150;

/// Growth from one bin to the next: a bin's middle is within 1 % of all of its values.
const GROWTH: f64 = 1.02;

/// Several samples that are sent as one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// How many samples; a sampled StatsD timer counts for more than one, and not always whole ones.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Bin {
    fn one(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, min: value, max: value }
    }

    /// The value that stands for all in the bin: their mean, exact when all are equal.
    pub fn value(&self) -> f64 {
        if self.min == self.max { self.min } else { (self.sum / self.count).clamp(self.min, self.max) }
    }

    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// The samples of one series in one window.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    bins: BTreeMap<Key, Bin>,
    binned: bool,
}

/// Orders values: exact ones by the number itself, bins by sign and power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(i64);

impl Key {
    /// A number's bits, so that the order of keys is that of numbers; −0 is 0.
    fn exact(value: f64) -> Self {
        let bits = (value + 0.0).to_bits() as i64;
        Self(if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits })
    }

    fn bin(value: f64) -> Self {
        if value == 0.0 {
            return Self(0);
        }
        // Within ±2^360 and the least positive number the power is within ±40,000.
        let power = (value.abs().ln() / GROWTH.ln()).ceil() as i64 + 100_000;
        Self(if value > 0.0 { power } else { -power })
    }
}

impl Distribution {
    /// Adds a sample that counts `count` times. The caller keeps out what is not finite.
    pub fn add(&mut self, value: f64, count: f64) {
        self.put(Bin::one(value, count));
        if !self.binned && self.bins.len() > EXACT_MAX {
            self.binned = true;
            std::mem::take(&mut self.bins).into_values().for_each(|bin| self.put(bin));
        }
    }

    fn put(&mut self, bin: Bin) {
        let key = if self.binned { Key::bin(bin.min) } else { Key::exact(bin.min) };
        self.bins.entry(key).and_modify(|at| at.merge(&bin)).or_insert(bin);
    }

    /// The bins, least value first.
    pub fn into_bins(self) -> Vec<Bin> {
        self.bins.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gathered(values: &[f64]) -> Vec<Bin> {
        let mut distribution = Distribution::default();
        values.iter().for_each(|value| distribution.add(*value, 1.0));
        distribution.into_bins()
    }

    #[test]
    fn equal_values_share_a_bin_and_stay_exact() {
        let bins = gathered(&[0.1, 0.1, -2.0, 0.1, 0.0, -0.0]);
        let pairs: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.value(), bin.count)).collect();
        assert_eq!(pairs, [(-2.0, 1.0), (0.0, 2.0), (0.1, 3.0)]);
    }

    #[test]
    fn many_values_are_binned_within_one_percent() {
        let values: Vec<f64> = (1..=10_000).map(f64::from).collect();
        let bins = gathered(&values);
        assert!(bins.len() < 500, "{}", bins.len());
        for bin in &bins {
            assert!(bin.max / bin.min <= GROWTH + 1e-9, "{bin:?}");
        }
        let median = bins
            .iter()
            .scan(0.0, |count, bin| {
                *count += bin.count;
                Some((*count, bin.value()))
            })
            .find(|(count, _)| *count >= 5000.0)
            .map(|(_, value)| value)
            .unwrap();
        assert!((median / 5000.0 - 1.0).abs() < 0.02, "{median}");
    }

    proptest! {
        #[test]
        fn count_sum_and_extremes_survive(values in prop::collection::vec(-1e12f64..1e12, 1..400)) {
            let bins = gathered(&values);
            let mut all = bins[0];
            bins[1..].iter().for_each(|bin| all.merge(bin));
            let sum: f64 = values.iter().sum();
            let size: f64 = values.iter().map(|value| value.abs()).sum();
            prop_assert_eq!(all.count, values.len() as f64);
            prop_assert!((all.sum - sum).abs() <= size * 1e-12);
            prop_assert_eq!(all.min, values.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(all.max, values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            prop_assert!(bins.windows(2).all(|pair| pair[0].value() <= pair[1].value()));
        }
    }
}
