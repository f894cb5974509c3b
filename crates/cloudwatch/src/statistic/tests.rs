//! Tables of statistics with values computed by hand.

use super::*;
use store::metric::Distribution;

/// Samples with an exact distribution, made without the store's help.
fn sample(values: &[(f64, f64)]) -> StatSample {
    let mut rising = values.to_vec();
    rising.sort_by(|a, b| a.0.total_cmp(&b.0));
    StatSample {
        count: rising.iter().map(|(_, weight)| weight).sum(),
        sum: rising.iter().map(|(value, weight)| value * weight).sum(),
        min: rising[0].0,
        max: rising[rising.len() - 1].0,
        distribution: Distribution::Exact(rising.into()),
    }
}

fn one_to_ten() -> StatSample {
    sample(&(1..=10).map(|value| (f64::from(value), 1.0)).collect::<Vec<_>>())
}

fn value(name: &str, over: &StatSample) -> Option<f64> {
    Statistic::parse(name).unwrap_or_else(|| panic!("{name} parses")).value(over)
}

#[test]
fn statistics_of_one_to_ten() {
    for (name, expected) in [
        ("SampleCount", 10.0),
        ("Sum", 55.0),
        ("Average", 5.5),
        ("Minimum", 1.0),
        ("Maximum", 10.0),
        ("p0", 1.0),
        ("p10", 1.9),
        ("p50", 5.5),
        ("p90", 9.1),
        ("p99.9", 9.991),
        ("p100", 10.0),
        ("p100.5", 10.0),
        ("tm80", 4.5),
        ("tc80", 8.0),
        ("ts80", 36.0),
        // 1 to 8, then 8 twice.
        ("wm80", 5.2),
        // Half of 3, all of 4 to 7, half of 8.
        ("IQM", 5.5),
        ("TM(25%:75%)", 5.5),
        ("TM(10%:90%)", 5.5),
        ("TM(90%:)", 10.0),
        ("TC(:25%)", 2.5),
        ("TS(:25%)", 4.5),
        // 2 twice, 3 to 9, 9 once more.
        ("WM(10%:90%)", 5.5),
        // Exclusive below, inclusive above: 3 to 5.
        ("TM(2:5)", 4.0),
        ("TC(2:5)", 3.0),
        ("TS(2:5)", 12.0),
        // 2, 2, 3, 4, 5 and five times 5.
        ("WM(2:5)", 4.1),
        ("PR(2:5)", 30.0),
        ("PR(:7)", 70.0),
        ("PR(9.5:)", 10.0),
        ("PR(1e0:1e1)", 90.0),
    ] {
        let found = value(name, &one_to_ten()).unwrap_or_else(|| panic!("{name} exists"));
        assert!((found - expected).abs() < 1e-9, "{name}: {found} instead of {expected}");
    }
}

#[test]
fn weights_count_as_that_many_samples() {
    let weighted = sample(&[(5.0, 1.0), (1.0, 3.0)]);
    for (name, expected) in [("p50", 1.0), ("p100", 5.0), ("TC(:50%)", 2.0), ("tm75", 1.0), ("p90", 3.8)] {
        let found = value(name, &weighted).unwrap();
        assert!((found - expected).abs() < 1e-9, "{name}: {found} instead of {expected}");
    }
    let fraction = sample(&[(7.0, 0.25)]);
    assert_eq!(value("p50", &fraction), Some(7.0));
}

#[test]
fn nothing_inside_has_no_mean_but_a_count_of_zero() {
    assert_eq!(value("TM(50:60)", &one_to_ten()), None);
    assert_eq!(value("TC(50:60)", &one_to_ten()), Some(0.0));
    assert_eq!(value("TS(50:60)", &one_to_ten()), Some(0.0));
    assert_eq!(value("PR(50:60)", &one_to_ten()), Some(0.0));
}

#[test]
fn a_negative_sample_or_an_unknown_spread_has_no_extended_statistics() {
    let negative = sample(&[(-1.0, 1.0), (5.0, 1.0)]);
    let mut unknown = one_to_ten();
    unknown.distribution = Distribution::Unknown;
    for name in ["p50", "tm90", "WM(1:2)", "TC(:50%)", "ts10", "PR(1:2)", "IQM"] {
        assert_eq!(value(name, &negative), None, "{name} with a negative sample");
        assert_eq!(value(name, &unknown), None, "{name} of an unknown spread");
    }
    assert_eq!(value("Average", &negative), Some(2.0));
    assert_eq!(value("Minimum", &unknown), Some(1.0));
}

#[test]
fn names_that_are_no_statistics() {
    for name in [
        "",
        "sum",
        "average",
        "p",
        "p101",
        "p-1",
        "p1.12345678901",
        "p1e1",
        "tm101",
        "TM",
        "TM()",
        "TM(:)",
        "TM(1:2%)",
        "TM(10%:10%)",
        "TM(90%:10%)",
        "TM(5:1)",
        "PR(1%:2%)",
        "PR(:)",
        "TM(1:2",
        "xx90",
        "tm",
        "iqm",
        "P99",
        "pé",
        "é",
        "TM(1e:2)",
        "TM(1e+-1:200)",
        "TM(0:1e999)",
        "TM(0%:101%)",
    ] {
        assert_eq!(Statistic::parse(name), None, "{name}");
    }
}

#[test]
fn names_with_odd_but_legal_forms() {
    for name in ["p50.", "p99.9999999999", "TM(150:1000)", "TM(10%:)", "TM(:95%)", "PR(0:1.5e3)", "PR(1E+2:)", "tm0"] {
        assert!(Statistic::parse(name).is_some(), "{name}");
    }
}

#[test]
fn the_ends_of_many_samples_are_exact() {
    let values: Vec<_> = (0..3000).map(|value| (f64::from(value) * 1.7 + 0.5, 1.0)).collect();
    let sample = StatSample::of_values(&values).unwrap();
    let value = |name: &str| Statistic::parse(name).unwrap().value(&sample);
    assert_eq!((value("p0"), value("p100")), (Some(0.5), Some(2999.0 * 1.7 + 0.5)));
}
