//! Samples for tests: of every kind, also with numbers that no metric has.

use proptest::prelude::*;

use super::{Distribution, StatSample};

/// Numbers: every bit pattern, decimals, and those that are special.
pub fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (-1_000_000_i32..1_000_000).prop_map(|hundredths| f64::from(hundredths) / 100.0),
        (-100_i32..100).prop_map(f64::from),
        prop::collection::vec(0_u8..100, 1..40)
            .prop_map(|tenths| tenths.into_iter().map(|t| f64::from(t) / 10.0).sum()),
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::from_bits(1 | 1 << 63),
            9_007_199_254_740_993.0,
            1e22,
            1e-22,
        ]),
    ]
}

fn counts() -> impl Strategy<Value = f64> {
    prop_oneof![Just(1.0), (1_u32..1000).prop_map(f64::from), 0.001_f64..1e18]
}

/// Distributions that [`Distribution::of`] and merges can make.
pub fn distributions() -> impl Strategy<Value = Distribution> {
    let pairs = |len| prop::collection::vec((numbers(), counts()), len);
    let many = prop::collection::vec(((0.0_f64..1e9), counts()), 33..80);
    prop_oneof![
        pairs(0..4).prop_map(|pairs| Distribution::of(&pairs)),
        pairs(0..40).prop_map(|pairs| Distribution::of(&pairs)),
        many.prop_map(|pairs| Distribution::of(&pairs)),
        Just(Distribution::Unknown),
    ]
}

/// Samples: single values, merged ones, and statistics that do not belong together.
pub fn samples() -> impl Strategy<Value = StatSample> {
    let any = (counts(), numbers(), numbers(), numbers(), distributions());
    let merged = prop::collection::vec(numbers(), 1..50);
    prop_oneof![
        numbers().prop_map(StatSample::single),
        (numbers(), counts()).prop_map(|pair| StatSample::of_values(&[pair]).expect("the count is above zero")),
        merged.prop_map(|values| {
            let pairs: Vec<_> = values.into_iter().map(|value| (value, 1.0)).collect();
            StatSample::of_values(&pairs).expect("there are values")
        }),
        any.prop_map(|(count, sum, min, max, distribution)| StatSample { count, sum, min, max, distribution }),
    ]
}

/// Whether two samples are the same to the bit; `==` says that zeros are equal and that no
/// NaN is.
pub fn same_bits(a: &StatSample, b: &StatSample) -> bool {
    fn pairs(pairs: &[(f64, f64)]) -> Vec<[u64; 2]> {
        pairs.iter().map(|(value, count)| [value.to_bits(), count.to_bits()]).collect()
    }
    let bits = |sample: &StatSample| [sample.count, sample.sum, sample.min, sample.max].map(f64::to_bits);
    let distributions = match (&a.distribution, &b.distribution) {
        (Distribution::Exact(a), Distribution::Exact(b)) => pairs(a) == pairs(b),
        (a, b) => a == b,
    };
    bits(a) == bits(b) && distributions
}
