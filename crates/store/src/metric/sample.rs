//! Statistics of a set of samples: what one row of a metric table holds.

use smallvec::smallvec;

use super::Distribution;

/// Count, sum, extremes and distribution of samples. Merging is associative and commutative,
/// so that late data, compaction and roll-up are all merges.
#[derive(Clone, Debug, PartialEq)]
pub struct StatSample {
    /// Number of samples; may be fractional, more than zero.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// How the values are spread, as far as it is known.
    pub distribution: Distribution,
}

impl StatSample {
    /// One sample.
    pub fn single(value: f64) -> Self {
        let distribution = Distribution::Exact(smallvec![(value, 1.0)]);
        Self { count: 1.0, sum: value, min: value, max: value, distribution }
    }

    /// Weighted samples: (value, count) pairs; `None` when there are none. A value whose
    /// count is not more than zero is not there.
    pub fn of_values(values: &[(f64, f64)]) -> Option<Self> {
        let mut counted = values.iter().filter(|(_, weight)| *weight > 0.0);
        let (first, weight) = counted.next()?;
        let (mut count, mut sum, mut min, mut max) = (*weight, first * weight, *first, *first);
        for (value, weight) in counted {
            count += weight;
            sum += value * weight;
            min = lesser(min, *value);
            max = greater(max, *value);
        }
        Some(Self { count, sum, min, max, distribution: Distribution::of(values) })
    }

    /// Statistics computed elsewhere, with the distribution when it came along.
    pub fn of_statistics(count: f64, sum: f64, min: f64, max: f64, values: Option<&[(f64, f64)]>) -> Self {
        let distribution = match values {
            Some(values) => Distribution::of(values),
            // A set of equal values has a known distribution (cloudwatch.md §3.2).
            None if min == max && sum == min * count => Distribution::of(&[(min, count)]),
            None => Distribution::Unknown,
        };
        Self { count, sum, min, max, distribution }
    }

    /// Takes in other samples of the same series and time.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = lesser(self.min, other.min);
        self.max = greater(self.max, other.max);
        self.distribution.merge(&other.distribution);
    }
}

// The library's min and max may give either zero when the signs differ, and so other bits
// after another order of merges.

fn lesser(a: f64, b: f64) -> f64 {
    if b.total_cmp(&a).is_lt() { b } else { a }
}

fn greater(a: f64, b: f64) -> f64 {
    if b.total_cmp(&a).is_gt() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(sample: &StatSample) -> [u64; 4] {
        [sample.count, sample.sum, sample.min, sample.max].map(f64::to_bits)
    }

    #[test]
    fn a_single_sample_is_its_own_sum_and_extremes() {
        let sample = StatSample::single(-0.0);
        assert_eq!(bits(&sample), [1.0, -0.0, -0.0, -0.0].map(f64::to_bits));
        assert_eq!(sample.distribution, Distribution::Exact(smallvec![(-0.0, 1.0)]));
    }

    #[test]
    fn weighted_values_count_by_weight() {
        let sample = StatSample::of_values(&[(4.0, 0.5), (1.0, 3.0), (9.0, 0.0)]).unwrap();
        assert_eq!(bits(&sample), [3.5, 5.0, 1.0, 4.0].map(f64::to_bits));
        assert_eq!(sample.distribution, Distribution::Exact(smallvec![(1.0, 3.0), (4.0, 0.5)]));
    }

    #[test]
    fn no_values_and_no_counts_are_no_sample() {
        assert_eq!(StatSample::of_values(&[]), None);
        assert_eq!(StatSample::of_values(&[(1.0, 0.0)]), None);
    }

    #[test]
    fn a_statistic_set_of_equal_values_has_a_known_distribution() {
        let equal = StatSample::of_statistics(3.0, 6.0, 2.0, 2.0, None);
        assert_eq!(equal.distribution, Distribution::Exact(smallvec![(2.0, 3.0)]));
        let other = StatSample::of_statistics(3.0, 6.0, 1.0, 3.0, None);
        assert_eq!(other.distribution, Distribution::Unknown);
    }

    #[test]
    fn merging_gives_the_same_bits_either_way_round() {
        let (a, b) = (StatSample::single(0.0), StatSample::single(-0.0));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        assert_eq!(bits(&ab), bits(&ba));
        assert_eq!(bits(&ab), [2.0, 0.0, -0.0, 0.0].map(f64::to_bits));
        assert_eq!(ab.distribution, ba.distribution);
    }
}
