//! Tests of distributions: what is kept exactly, how close bins are, and merges in any order.

use proptest::prelude::*;

use super::*;

fn ones(values: impl IntoIterator<Item = f64>) -> Distribution {
    Distribution::of(&values.into_iter().map(|value| (value, 1.0)).collect::<Vec<_>>())
}

fn merged(distributions: &[&Distribution]) -> Distribution {
    let mut all = distributions[0].clone();
    distributions[1..].iter().for_each(|other| all.merge(other));
    all
}

#[test]
fn the_logarithm_of_gamma_is_that_of_the_accuracy() {
    let ln = ((1.0 + ACCURACY) / (1.0 - ACCURACY)).ln();
    assert!((LN_GAMMA - ln).abs() < 1e-15);
}

#[test]
fn few_values_are_kept_exactly_also_below_zero() {
    let few = ones((0..32).map(|value| f64::from(value - 16)).chain([3.0]));
    let Distribution::Exact(pairs) = few else { panic!("{few:?}") };
    assert_eq!(pairs.len(), 32);
    assert_eq!(pairs[0], (-16.0, 1.0));
    assert_eq!(pairs[19], (3.0, 2.0));
}

#[test]
fn many_values_are_binned_with_zeros_apart() {
    let many = ones((0..100).map(f64::from).chain([0.0]));
    let Distribution::Bins { zeros, bins } = &many else { panic!("{many:?}") };
    assert_eq!(*zeros, 2.0);
    assert_eq!(bins.iter().map(|(_, count)| count).sum::<f64>(), 99.0);
    assert_eq!(many.values().unwrap()[0], (0.0, 2.0));
}

#[test]
fn many_values_one_of_them_negative_are_unknown() {
    assert_eq!(ones((0..33).map(|value| f64::from(value - 1))), Distribution::Unknown);
    assert_eq!(merged(&[&ones((0..33).map(f64::from)), &ones([-1.0])]), Distribution::Unknown);
}

#[test]
fn what_is_unknown_stays_unknown() {
    let few = ones([1.0]);
    let many = ones((0..33).map(f64::from));
    for known in [&few, &many] {
        assert_eq!(merged(&[known, &Distribution::Unknown]), Distribution::Unknown);
        assert_eq!(merged(&[&Distribution::Unknown, known]), Distribution::Unknown);
    }
    assert_eq!(Distribution::Unknown.values(), None);
}

#[test]
fn the_ends_of_the_range_have_bins() {
    for value in [f64::MAX, f64::MIN_POSITIVE] {
        let middle = bin_value(bin_key(value));
        assert!((middle - value).abs() <= value * (ACCURACY + 1e-9), "{value} became {middle}");
    }
    assert!(bin_value(bin_key(f64::from_bits(1))) > 0.0);
    assert!(bin_value(i32::MAX).is_finite() && bin_value(i32::MIN) > 0.0);
}

#[test]
fn one_and_two_values_follow_from_the_other_statistics() {
    assert!(ones([4.0, 4.0]).is_implied(2.0, 8.0, 4.0, 4.0));
    assert!(ones([1.0, 3.0]).is_implied(2.0, 4.0, 1.0, 3.0));
    assert!(!ones([1.0, 2.0, 3.0]).is_implied(3.0, 6.0, 1.0, 3.0));
    assert!(Distribution::Unknown.is_implied(3.0, 6.0, 1.0, 3.0));
    assert!(!Distribution::Unknown.is_implied(2.0, 4.0, 1.0, 3.0));
    assert!(!Distribution::Exact(Pairs::from_slice(&[(-0.0, 1.0)])).is_implied(1.0, 0.0, 0.0, 0.0));
}

/// Few distinct values with whole counts, whose sums are the same in any order.
fn distribution() -> impl Strategy<Value = Distribution> {
    let value = prop_oneof![
        4 => (0_i32..60).prop_map(|value| f64::from(value) / 4.0),
        1 => Just(-0.0),
        1 => 1e-300_f64..1e300,
    ];
    let maybe_negative = prop_oneof![20 => value, 1 => -5.0_f64..0.0];
    let pairs = prop::collection::vec((maybe_negative, (1_u8..9).prop_map(f64::from)), 0..50);
    prop_oneof![20 => pairs.prop_map(|pairs| Distribution::of(&pairs)), 1 => Just(Distribution::Unknown)]
}

proptest! {
    #[test]
    fn a_bin_is_within_one_percent_of_its_values(value in 1e-300_f64..1e300) {
        prop_assert!((bin_value(bin_key(value)) - value).abs() <= value * (ACCURACY + 1e-9));
    }

    #[test]
    fn merging_is_commutative_and_associative(a in distribution(), b in distribution(), c in distribution()) {
        prop_assert_eq!(merged(&[&a, &b]), merged(&[&b, &a]));
        prop_assert_eq!(merged(&[&merged(&[&a, &b]), &c]), merged(&[&a, &merged(&[&b, &c])]));
    }

    #[test]
    fn merging_is_the_distribution_of_all_values(values in prop::collection::vec((0_i32..400, 1_u8..5), 1..120), at: prop::sample::Index) {
        let values: Vec<_> = values.into_iter().map(|(value, count)| (f64::from(value) / 8.0, f64::from(count))).collect();
        let (left, right) = values.split_at(at.index(values.len()));
        let both = merged(&[&Distribution::of(left), &Distribution::of(right)]);
        prop_assert_eq!(both, Distribution::of(&values));
    }

    #[test]
    fn no_sample_is_lost_and_values_rise(values in prop::collection::vec((0.0_f64..1e6, 1_u8..5), 1..120)) {
        let values: Vec<_> = values.into_iter().map(|(value, count)| (value, f64::from(count))).collect();
        let spread = Distribution::of(&values).values().unwrap();
        let count = |pairs: &[(f64, f64)]| pairs.iter().map(|(_, count)| count).sum::<f64>();
        prop_assert_eq!(count(&spread), count(&values));
        prop_assert!(spread.is_sorted_by(|a, b| a.0 < b.0));
    }
}
