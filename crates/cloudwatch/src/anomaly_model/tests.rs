//! The model on series whose nature is known. Noise comes from a small fixed generator.

use proptest::prelude::*;

use super::{DAY_SECS, Model};

const PERIOD_SECS: i64 = 300;
/// A Monday, midnight UTC.
const MONDAY: i64 = 1_704_067_200;

/// Repeatable noise, even between -1 and 1.
fn noise(time_secs: i64) -> f64 {
    let mut bits = (time_secs / PERIOD_SECS) as u64;
    for _ in 0..3 {
        bits = (bits ^ (bits >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491);
    }
    (bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn series(days: i64, value: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
    (0..days * DAY_SECS / PERIOD_SECS)
        .map(|index| MONDAY + index * PERIOD_SECS)
        .map(|time| (time, value(time)))
        .collect()
}

fn fit(points: &[(i64, f64)]) -> Model {
    Model::fit(points, PERIOD_SECS, &[], 0).expect("there are enough points")
}

fn hour(time_secs: i64) -> f64 {
    time_secs.rem_euclid(DAY_SECS) as f64 / 3600.0
}

/// The share of the day after the points that lies within the band.
fn share_inside(model: &Model, from: i64, value: impl Fn(i64) -> f64, width: f64) -> f64 {
    let times: Vec<i64> = (0..72).map(|index| from + index * PERIOD_SECS).collect();
    let inside = times.iter().filter(|time| {
        let (low, high) = model.band(**time, width);
        (low..=high).contains(&value(**time))
    });
    inside.count() as f64 / times.len() as f64
}

#[test]
fn a_handful_of_points_gives_no_model() {
    let points = series(1, |_| 1.0);
    assert!(Model::fit(&points[..7], PERIOD_SECS, &[], 0).is_none());
    assert!(Model::fit(&points[..8], PERIOD_SECS, &[], 0).is_some());
    let gaps: Vec<(i64, f64)> = points.iter().map(|point| (point.0, f64::NAN)).collect();
    assert!(Model::fit(&gaps, PERIOD_SECS, &[], 0).is_none());
    assert!(Model::fit(&[], PERIOD_SECS, &[], 0).is_none());
}

#[test]
fn a_constant_series_has_a_narrow_band_around_itself() {
    for constant in [0.0, 50.0, -3.0, 1e12] {
        let model = fit(&series(3, |_| constant));
        let (low, high) = model.band(MONDAY + 3 * DAY_SECS, 2.0);
        assert!(low < constant && constant < high, "{constant}: {low} to {high}");
        assert!(high - low <= constant.abs() * 1e-3 + 1e-6, "{constant}: {low} to {high}");
    }
}

#[test]
fn noise_stays_inside_and_jumps_do_not() {
    let value = |time| 50.0 + noise(time);
    let model = fit(&series(7, value));
    let next = MONDAY + 7 * DAY_SECS;
    assert!(share_inside(&model, next, value, 2.0) > 0.98);
    let (low, high) = model.band(next, 2.0);
    assert!(low > 46.0 && high < 54.0, "{low} to {high}");
}

#[test]
fn a_daily_profile_is_expected_at_its_hours() {
    let value = |time| 100.0 + 40.0 * (hour(time) / 24.0 * std::f64::consts::TAU).sin() + noise(time);
    let model = fit(&series(7, value));
    let next = MONDAY + 7 * DAY_SECS;
    for (hours, expected) in [(1, 110.0), (3, 128.0), (6, 140.0), (9, 128.0), (12, 100.0), (18, 60.0)] {
        let found = model.expected(next + hours * 3600);
        assert!((found - expected).abs() < 6.0, "{hours} h: {found}, not {expected}");
    }
    assert!(share_inside(&model, next, value, 2.0) > 0.98);
    // The height of the day is out of the question at night.
    assert!(model.band(next + 18 * 3600, 3.0).1 < 100.0);
}

#[test]
fn quiet_weekends_are_expected_once_two_weeks_agree() {
    let value = |time: i64| {
        let weekend = (time - MONDAY).rem_euclid(7 * DAY_SECS) >= 5 * DAY_SECS;
        noise(time) + if weekend { 20.0 } else { 80.0 }
    };
    // Fourteen days from a Saturday end on a Friday night.
    let points: Vec<(i64, f64)> = series(19, value).split_off(5 * 288);
    let model = fit(&points);
    let saturday_noon = MONDAY + 19 * DAY_SECS + DAY_SECS / 2;
    assert!((model.expected(saturday_noon) - 20.0).abs() < 12.0, "{}", model.expected(saturday_noon));
    let monday_noon = saturday_noon + 2 * DAY_SECS;
    assert!((model.expected(monday_noon) - 80.0).abs() < 12.0, "{}", model.expected(monday_noon));
}

#[test]
fn a_daily_profile_is_found_in_any_time_zone() {
    let value = |time| 100.0 + 40.0 * (hour(time) / 24.0 * std::f64::consts::TAU).sin();
    let points = series(7, value);
    let next = MONDAY + 7 * DAY_SECS + 6 * 3600;
    let here = fit(&points).expected(next);
    let there = Model::fit(&points, PERIOD_SECS, &[], 5 * 3600 + 1800).expect("enough points").expected(next);
    assert!((here - there).abs() < 1.0, "a daily profile repeats in any zone: {here}, {there}");
}

#[test]
fn a_trend_goes_on_and_slows_down() {
    let value = |time: i64| (time - MONDAY) as f64 / DAY_SECS as f64 * 10.0 + noise(time);
    let model = fit(&series(7, value));
    let end = MONDAY + 7 * DAY_SECS;
    for hours in [0, 3, 6] {
        let found = model.expected(end + hours * 3600);
        let expected = value(end + hours * 3600);
        assert!((found - expected).abs() < 3.0, "{hours} h: {found}, not {expected}");
    }
    let far = model.expected(end + 365 * DAY_SECS);
    assert!((70.0..110.0).contains(&far), "a trend does not run away: {far}");
}

#[test]
fn the_spread_follows_the_time_of_day() {
    let value = |time| if hour(time) < 12.0 { 50.0 + 20.0 * noise(time) } else { 50.0 + noise(time) };
    let model = fit(&series(10, value));
    let next = MONDAY + 10 * DAY_SECS;
    let height = |hours: i64| {
        let (low, high) = model.band(next + hours * 3600, 2.0);
        high - low
    };
    assert!(height(6) > 2.5 * height(18), "{} by day, {} by night", height(6), height(18));
}

#[test]
fn the_spreads_above_and_below_differ() {
    let value = |time: i64| {
        let spike = (time / PERIOD_SECS) % 37 == 0;
        10.0 + noise(time) + if spike { 30.0 } else { 0.0 }
    };
    let model = fit(&series(7, value));
    let (low, high) = model.band(MONDAY + 7 * DAY_SECS, 2.0);
    assert!(low > 0.0, "nothing ever fell below 9: {low}");
    assert!(high > 39.0, "spikes to 41 are usual: {high}");
}

#[test]
fn past_anomalies_do_not_hide_new_ones() {
    let value = |time: i64| if (time - MONDAY) / PERIOD_SECS == 700 { 5000.0 } else { 50.0 + noise(time) };
    let model = fit(&series(7, value));
    let (_, high) = model.band(MONDAY + 7 * DAY_SECS, 2.0);
    assert!(high < 1000.0, "{high}");
    assert!((model.expected(MONDAY + 7 * DAY_SECS) - 50.0).abs() < 2.0);
}

#[test]
fn excluded_ranges_and_old_points_are_not_learnt() {
    let day = |number: i64| MONDAY + number * DAY_SECS;
    let value = |time: i64| if (day(2)..day(3)).contains(&time) { 900.0 } else { 50.0 + noise(time) };
    let points = series(5, value);
    let without = Model::fit(&points, PERIOD_SECS, &[(day(2), day(3))], 0).expect("enough points");
    let (low, high) = without.band(day(5), 2.0);
    assert!(low > 45.0 && high < 55.0, "{low} to {high}");
    assert!(fit(&points).band(day(5), 2.0).1 > 100.0, "the range matters when it is not excluded");

    let long = series(30, |time| if time < day(10) { 1e6 } else { 50.0 + noise(time) });
    assert_eq!(fit(&long), fit(&long[10 * 288..]));
}

#[test]
fn hourly_and_daily_points_make_models_too() {
    let hourly: Vec<(i64, f64)> =
        (0..14 * 24).map(|index| (MONDAY + index * 3600, if index % 24 < 12 { 10.0 } else { 30.0 })).collect();
    let model = Model::fit(&hourly, 3600, &[], 0).expect("enough points");
    assert!((model.expected(MONDAY + 14 * DAY_SECS + 6 * 3600) - 10.0).abs() < 3.0);
    assert!((model.expected(MONDAY + 14 * DAY_SECS + 18 * 3600) - 30.0).abs() < 3.0);
    let daily: Vec<(i64, f64)> = (0..14).map(|index| (MONDAY + index * DAY_SECS, 7.0)).collect();
    let model = Model::fit(&daily, DAY_SECS, &[], 0).expect("enough points");
    assert!((model.expected(MONDAY + 14 * DAY_SECS) - 7.0).abs() < 0.01);
}

#[test]
fn a_model_survives_json() {
    let model = fit(&series(12, |time| 100.0 + hour(time) + noise(time)));
    let text = serde_json::to_string(&model).expect("it serialises");
    let read: Model = serde_json::from_str(&text).expect("it reads back");
    let next = MONDAY + 12 * DAY_SECS + 12_345;
    assert!((read.expected(next) - model.expected(next)).abs() < 1e-9);
    assert!(text.len() < 20_000, "{} bytes", text.len());
}

proptest! {
    #[test]
    fn bands_are_numbers_whatever_the_points(
        points in proptest::collection::vec(
            (prop_oneof![-2_000_000..2_000_000_i64, any::<i64>()], prop_oneof![-10.0..10.0, any::<f64>()]),
            0..80,
        ),
        period_secs in prop_oneof![1..90_000_i64, any::<i64>()],
        excluded in proptest::collection::vec((-2_000_000..2_000_000_i64, any::<i64>()), 0..3),
        offset in -50_000..50_000_i32,
        at in prop_oneof![-3_000_000..3_000_000_i64, any::<i64>()],
        width in any::<f64>(),
    ) {
        if let Some(model) = Model::fit(&points, period_secs, &excluded, offset) {
            let (low, high) = model.band(at, width);
            let expected = model.expected(at);
            prop_assert!(low.is_finite() && high.is_finite() && expected.is_finite(), "{low} {expected} {high}");
            prop_assert!(low <= expected && expected <= high);
        }
    }

    #[test]
    fn more_width_is_a_wider_band(value in -100.0..100.0_f64, narrow in 0.1..3.0_f64, more in 0.1..3.0_f64) {
        let model = fit(&series(3, |time| value + noise(time)));
        let at = MONDAY + 3 * DAY_SECS;
        let (low, high) = model.band(at, narrow);
        let (lower, higher) = model.band(at, narrow + more);
        prop_assert!(lower < low && high < higher);
    }
}
