//! Where spans begin and end.

use proptest::prelude::*;

use super::Bin;
use crate::insights::Value;

fn millis(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn times_are_floored_in_utc() {
    // 2024-05-19 is a Sunday.
    let time = millis("2024-05-19T06:10:16.682Z");
    let table = [
        ("100ms", "2024-05-19 06:10:16.600"),
        ("msec", "2024-05-19 06:10:16.682"),
        ("5 seconds", "2024-05-19 06:10:15.000"),
        ("m", "2024-05-19 06:10:00.000"),
        ("15m", "2024-05-19 06:00:00.000"),
        ("1hr", "2024-05-19 06:00:00.000"),
        ("4H", "2024-05-19 04:00:00.000"),
        ("1d", "2024-05-19 00:00:00.000"),
        ("1w", "2024-05-13 00:00:00.000"),
        ("1mo", "2024-05-01 00:00:00.000"),
        ("2mon", "2024-05-01 00:00:00.000"),
        ("1q", "2024-04-01 00:00:00.000"),
        ("2qtrs", "2024-01-01 00:00:00.000"),
        ("1y", "2024-01-01 00:00:00.000"),
        ("10years", "2020-01-01 00:00:00.000"),
        // Capped.
        ("300s", "2024-05-19 06:10:00.000"),
        ("90m", "2024-05-19 06:00:00.000"),
        ("48h", "2024-05-19 00:00:00.000"),
        ("5000ms", "2024-05-19 06:10:16.000"),
    ];
    for (span, expected) in table {
        assert_eq!(Value::Time(Bin::parse(span).unwrap().floor(time)).to_string(), expected, "{span}");
    }
}

#[test]
fn times_are_lifted_to_the_end_of_their_span() {
    let table = [
        ("5m", "2024-05-19T06:10:16.682Z", "2024-05-19 06:15:00.000"),
        ("5m", "2024-05-19T06:10:00Z", "2024-05-19 06:10:00.000"),
        ("1mo", "2024-12-19T06:10:00Z", "2025-01-01 00:00:00.000"),
        ("1w", "2024-05-19T06:10:00Z", "2024-05-20 00:00:00.000"),
        ("1d", "1969-12-31T23:59:59.999Z", "1970-01-01 00:00:00.000"),
    ];
    for (span, time, expected) in table {
        assert_eq!(Value::Time(Bin::parse(span).unwrap().ceil(millis(time))).to_string(), expected, "{span} {time}");
    }
}

#[test]
fn what_is_no_span_is_refused() {
    for text in ["", "5", "5x", "0m", "-5m", "1.5h", "m5", "5m 3s"] {
        assert!(Bin::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for span in ["1ms", "1w", "10000d", "1mo", "999999999999999999999y"] {
        let bin = Bin::parse(span).unwrap();
        for time in [i64::MIN, i64::MAX, 0] {
            let _ = (bin.floor(time), bin.ceil(time));
        }
    }
}

proptest! {
    #[test]
    fn a_time_is_in_its_span(
        count in 1u32..30,
        unit in prop::sample::select(vec!["ms", "s", "m", "h", "d", "w", "mo", "q", "y"]),
        time in -60_000_000_000_000i64..250_000_000_000_000,
    ) {
        let bin = Bin::parse(&format!("{count}{unit}")).unwrap();
        let (floor, ceil) = (bin.floor(time), bin.ceil(time));
        prop_assert!(floor <= time && time <= ceil);
        prop_assert_eq!(bin.floor(floor), floor);
        prop_assert_eq!(bin.ceil(ceil), ceil);
        prop_assert_eq!(bin.floor(ceil), ceil);
        prop_assert_eq!(Bin::parse(&bin.to_string()).unwrap(), bin);
    }
}
