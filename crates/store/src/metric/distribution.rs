//! How values are spread: exactly while they are few, then within 1 %.

use smallvec::SmallVec;

/// (value, count) pairs. One, as most rows have, lies in place.
pub type Pairs = SmallVec<[(f64, f64); 1]>;

/// The spread of the samples of a row.
///
/// Values that [`Distribution::of`] and [`Distribution::merge`] make rise strictly by
/// [`f64::total_cmp`], and counts are more than zero.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Up to [`EXACT_MAX`] distinct values with their counts, rising by value.
    Exact(Pairs),
    /// Bins whose bounds are 1 % from their middle (DDSketch): (key, count), rising by key,
    /// and the count of zeros. Values are never negative: extended statistics do not exist
    /// for periods with negative values (cloudwatch.md §3.2).
    Bins {
        /// Count of zeros.
        zeros: f64,
        /// Key and count; the key's value is [`bin_value`].
        bins: Vec<(i32, f64)>,
    },
    /// A statistic set came without values, or a value was negative among many.
    Unknown,
}

/// Distinct values that are kept exactly.
pub const EXACT_MAX: usize = 32;

/// How far a bin's bounds are from its middle, at most.
const ACCURACY: f64 = 0.01;

/// The logarithm of gamma, (1 + accuracy) / (1 - accuracy): bin `key` holds the values above
/// gamma^(key - 1) up to gamma^key.
const LN_GAMMA: f64 = 0.020_000_666_706_669_52;

impl Distribution {
    /// Of weighted values, (value, count) pairs, in any order. A value whose count is not
    /// more than zero is not there.
    pub fn of(values: &[(f64, f64)]) -> Self {
        let mut pairs: Pairs = values.iter().copied().filter(|(_, count)| *count > 0.0).collect();
        pairs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        pairs.dedup_by(|(value, count), (kept, kept_count)| {
            let same = value.to_bits() == kept.to_bits();
            if same {
                *kept_count += *count;
            }
            same
        });
        Self::of_distinct(pairs)
    }

    /// What follows from the other statistics of a row when nothing more is said: equal
    /// values, or two of them, are known; else nothing is.
    pub(super) fn implied(count: f64, sum: f64, min: f64, max: f64) -> Self {
        match implied_pairs(count, sum, min, max).as_slice() {
            [] => Self::Unknown,
            pairs => Self::Exact(Pairs::from_slice(pairs)),
        }
    }

    /// Whether this, bit by bit, is what [`Self::implied`] gives.
    pub(super) fn is_implied(&self, count: f64, sum: f64, min: f64, max: f64) -> bool {
        let implied = implied_pairs(count, sum, min, max);
        match self {
            Self::Exact(pairs) => !pairs.is_empty() && bits(pairs).eq(bits(implied.as_slice())),
            Self::Bins { .. } => false,
            Self::Unknown => implied.as_slice().is_empty(),
        }
    }

    /// Takes in another; what is unknown stays unknown. Associative and commutative as far
    /// as the sums of counts are.
    pub fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Unknown, _) => {}
            (_, Self::Unknown) => *self = Self::Unknown,
            (Self::Exact(own), Self::Exact(pairs)) => {
                add_pairs(own, pairs);
                if own.len() > EXACT_MAX {
                    *self = Self::binned(own);
                }
            }
            (Self::Exact(own), Self::Bins { zeros, bins }) => *self = Self::binned_into(*zeros, bins.clone(), own),
            (Self::Bins { zeros, bins }, Self::Exact(pairs)) => {
                *self = Self::binned_into(*zeros, std::mem::take(bins), pairs);
            }
            (Self::Bins { zeros, bins }, Self::Bins { zeros: more_zeros, bins: more }) => {
                *zeros += more_zeros;
                *bins = united(bins, more);
            }
        }
    }

    /// The values with their counts, rising by value, each bin standing for its middle.
    /// `None` when unknown.
    pub fn values(&self) -> Option<Vec<(f64, f64)>> {
        match self {
            Self::Exact(pairs) => Some(pairs.to_vec()),
            Self::Bins { zeros, bins } => {
                let zeros = (*zeros > 0.0).then_some((0.0, *zeros));
                let bins = bins.iter().map(|(key, count)| (bin_value(*key), *count));
                Some(zeros.into_iter().chain(bins).collect())
            }
            Self::Unknown => None,
        }
    }

    fn of_distinct(pairs: Pairs) -> Self {
        if pairs.len() > EXACT_MAX { Self::binned(&pairs) } else { Self::Exact(pairs) }
    }

    fn binned(pairs: &[(f64, f64)]) -> Self {
        Self::binned_into(0.0, Vec::with_capacity(pairs.len()), pairs)
    }

    /// Adds rising pairs to bins. A value that is negative, or no finite number, has no bin.
    fn binned_into(mut zeros: f64, bins: Vec<(i32, f64)>, pairs: &[(f64, f64)]) -> Self {
        let mut more: Vec<(i32, f64)> = Vec::with_capacity(pairs.len());
        for (value, count) in pairs {
            if !value.is_finite() || *value < 0.0 {
                return Self::Unknown;
            }
            if *value == 0.0 {
                zeros += count;
                continue;
            }
            let key = bin_key(*value);
            match more.last_mut() {
                Some(last) if last.0 == key => last.1 += count,
                _ => more.push((key, *count)),
            }
        }
        let bins = if bins.is_empty() { more } else { united(&bins, &more) };
        Self::Bins { zeros, bins }
    }
}

/// The value in the middle of a bin, within 1 % of every value in it: 2 gamma^key / (gamma + 1).
pub fn bin_value(key: i32) -> f64 {
    // 2 / (gamma + 1) is 1 - accuracy. Within the exponent, so that the highest bin, whose
    // upper bound is no finite number, has a middle.
    let middle = (f64::from(key) * LN_GAMMA + (1.0 - ACCURACY).ln()).exp();
    middle.clamp(f64::from_bits(1), f64::MAX)
}

/// The bin of a finite value above zero.
fn bin_key(value: f64) -> i32 {
    (value.ln() / LN_GAMMA).ceil() as i32
}

/// Up to two (value, count) pairs.
struct Implied {
    pairs: [(f64, f64); 2],
    len: usize,
}

impl Implied {
    fn as_slice(&self) -> &[(f64, f64)] {
        &self.pairs[..self.len]
    }
}

fn implied_pairs(count: f64, sum: f64, min: f64, max: f64) -> Implied {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    if same(min, max) && same(sum, min * count) {
        Implied { pairs: [(min, count); 2], len: 1 }
    } else if count == 2.0 && same(sum, min + max) && min < max {
        Implied { pairs: [(min, 1.0), (max, 1.0)], len: 2 }
    } else {
        Implied { pairs: [(0.0, 0.0); 2], len: 0 }
    }
}

fn bits(pairs: &[(f64, f64)]) -> impl Iterator<Item = (u64, u64)> {
    pairs.iter().map(|(value, count)| (value.to_bits(), count.to_bits()))
}

/// Adds few pairs to few pairs, in place.
fn add_pairs(own: &mut Pairs, pairs: &[(f64, f64)]) {
    for pair in pairs {
        match own.binary_search_by(|(value, _)| value.total_cmp(&pair.0)) {
            Ok(at) => own[at].1 += pair.1,
            Err(at) => own.insert(at, *pair),
        }
    }
}

/// The bins of both, rising.
fn united(a: &[(i32, f64)], b: &[(i32, f64)]) -> Vec<(i32, f64)> {
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let mut both = Vec::with_capacity(a.len() + b.len());
    while let (Some((key_a, count_a)), Some((key_b, count_b))) = (a.peek().copied(), b.peek().copied()) {
        if key_a <= key_b {
            a.next();
        }
        if key_b <= key_a {
            b.next();
        }
        both.push(match key_a.cmp(&key_b) {
            std::cmp::Ordering::Less => (key_a, count_a),
            std::cmp::Ordering::Equal => (key_a, count_a + count_b),
            std::cmp::Ordering::Greater => (key_b, count_b),
        });
    }
    both.extend(a);
    both.extend(b);
    both
}

#[cfg(test)]
mod tests;
