//! How numbers are spread: exactly while they are few, then in bins whose bounds are 1 % from their middle (DDSketch).

use std::collections::BTreeMap;

/// Numbers of a group that are kept as they are.
pub const EXACT_MAX: usize = 4096;

/// How far a bin's bounds are from its middle, at most.
const ACCURACY: f64 = 0.01;
/// The logarithm of gamma, (1 + accuracy) / (1 - accuracy): bin `key` holds the numbers above
/// gamma^(key - 1) up to gamma^key.
const LN_GAMMA: f64 = 0.020_000_666_706_669_52;
/// What is added to keys so that all are above zero, the key of zero itself. Those of numbers
/// below zero are negative.
const OFFSET: i32 = 40_000;

/// The numbers of a group.
#[derive(Debug)]
pub(in crate::insights) enum Spread {
    Exact(Vec<f64>),
    Bins {
        /// Counts by key, rising with the number.
        bins: BTreeMap<i32, u64>,
        count: u64,
        min: f64,
        max: f64,
    },
}

impl Default for Spread {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl Spread {
    /// Adds a number; gives by how many bytes this has grown.
    pub(super) fn push(&mut self, number: f64) -> usize {
        match self {
            Self::Exact(numbers) if numbers.len() < EXACT_MAX => {
                numbers.push(number);
                2 * size_of::<f64>()
            }
            Self::Exact(_) => {
                self.binned();
                self.push(number)
            }
            Self::Bins { bins, count, min, max } => {
                *count += 1;
                *min = min.min(number);
                *max = max.max(number);
                let before = bins.len();
                *bins.entry(key(number)).or_default() += 1;
                (bins.len() - before) * 32
            }
        }
    }

    /// Takes in another; gives by how many bytes this has grown.
    pub(super) fn merge(&mut self, other: Self) -> usize {
        match other {
            Self::Exact(numbers) => numbers.into_iter().map(|number| self.push(number)).sum(),
            Self::Bins { bins: more, count: more_count, min: other_min, max: other_max } => {
                self.binned();
                let Self::Bins { bins, count, min, max } = self else { unreachable!("it has just been put in bins") };
                *count += more_count;
                *min = min.min(other_min);
                *max = max.max(other_max);
                let before = bins.len();
                more.into_iter().for_each(|(key, count)| *bins.entry(key).or_default() += count);
                (bins.len() - before) * 32
            }
        }
    }

    /// The least number that a share of all, in percent, does not exceed.
    pub(super) fn percentile(self, percent: f64) -> Option<f64> {
        let rank = |count: u64| ((percent / 100.0 * count as f64).ceil() as u64).clamp(1, count);
        match self {
            Self::Exact(numbers) if numbers.is_empty() => None,
            Self::Exact(mut numbers) => {
                let at = usize::try_from(rank(numbers.len() as u64) - 1).unwrap_or(usize::MAX);
                Some(*numbers.select_nth_unstable_by(at, f64::total_cmp).1)
            }
            Self::Bins { bins, count, min, max } => {
                let rank = rank(count);
                let mut below = 0;
                let found = bins.iter().find(|(_, count)| {
                    below += **count;
                    below >= rank
                });
                found.map(|(key, _)| middle(*key).clamp(min, max))
            }
        }
    }

    fn binned(&mut self) {
        if let Self::Exact(numbers) = self {
            let numbers = std::mem::take(numbers);
            *self = Self::Bins { bins: BTreeMap::new(), count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY };
            for number in numbers {
                self.push(number);
            }
        }
    }
}

fn key(number: f64) -> i32 {
    if number == 0.0 {
        return 0;
    }
    let key = (number.abs().ln() / LN_GAMMA).ceil() as i32 + OFFSET;
    if number > 0.0 { key } else { -key }
}

/// The number in the middle of a bin: 2 gamma^key / (gamma + 1), where 2 / (gamma + 1) is 1 - accuracy.
fn middle(key: i32) -> f64 {
    if key == 0 {
        return 0.0;
    }
    let middle = (f64::from(key.abs() - OFFSET) * LN_GAMMA + (1.0 - ACCURACY).ln()).exp().min(f64::MAX);
    if key > 0 { middle } else { -middle }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl IntoIterator<Item = i32>) -> Spread {
        let mut spread = Spread::default();
        numbers.into_iter().for_each(|number| {
            spread.push(f64::from(number));
        });
        spread
    }

    #[test]
    fn few_numbers_give_one_of_them() {
        let table = [(0.0, 1.0), (50.0, 2.0), (75.0, 3.0), (76.0, 4.0), (100.0, 4.0)];
        for (percent, expected) in table {
            assert_eq!(of([4, 2, 3, 1]).percentile(percent), Some(expected), "{percent}");
        }
        assert_eq!(Spread::default().percentile(50.0), None);
    }

    #[test]
    fn many_numbers_give_one_within_a_percent() {
        for percent in [1.0f64, 25.0, 50.0, 95.0, 99.9, 100.0] {
            let expected = (percent / 100.0 * 20_000.0).ceil() - 10_000.0;
            let found = of(-9_999..=10_000).percentile(percent).unwrap();
            assert!((found - expected).abs() <= expected.abs() * 0.0101, "{percent}: {found} {expected}");
        }
    }

    #[test]
    fn parts_merge_to_what_the_whole_is() {
        for cut in [10, 4_096, 9_000] {
            let mut merged = of(0..cut);
            merged.merge(of(cut..10_000));
            assert_eq!(merged.percentile(50.0), of(0..10_000).percentile(50.0), "{cut}");
        }
    }
}
