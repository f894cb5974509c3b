//! Times read and written by Java's patterns.

use super::{Pattern, zone};

fn read(pattern: &str, text: &str, default_zone: &str) -> Option<String> {
    let millis = Pattern::parse(pattern).unwrap().read(text, &zone(default_zone).unwrap())?;
    Some(jiff::Timestamp::from_millisecond(millis).unwrap().to_string())
}

#[test]
fn times_are_read() {
    let table = [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2024-05-19T06:10:16.682Z", "UTC", Some("2024-05-19T06:10:16.682Z")),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-05-19T06:10:16+02:00", "UTC", Some("2024-05-19T04:10:16Z")),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-05-19T06:10:16Z", "UTC", Some("2024-05-19T06:10:16Z")),
        ("dd/MMM/yyyy:HH:mm:ss Z", "19/May/2024:06:10:16 -0700", "UTC", Some("2024-05-19T13:10:16Z")),
        ("yyyyMMddHHmmssSSS", "20240519061016682", "UTC", Some("2024-05-19T06:10:16.682Z")),
        ("yyyy-MM-dd", "2024-05-19", "America/New_York", Some("2024-05-19T04:00:00Z")),
        ("M/d/yy h:mm a", "5/9/24 12:05 pm", "UTC", Some("2024-05-09T12:05:00Z")),
        ("EEE, dd MMMM yyyy", "Sun, 19 May 2024", "UTC", Some("2024-05-19T00:00:00Z")),
        ("yyyy-DDD", "2024-060", "UTC", Some("2024-02-29T00:00:00Z")),
        ("yyyy-MM-dd['T'HH:mm]", "2024-05-19", "UTC", Some("2024-05-19T00:00:00Z")),
        ("yyyy-MM-dd['T'HH:mm]", "2024-05-19T06:10", "UTC", Some("2024-05-19T06:10:00Z")),
        ("yyyy 'o''clock' VV", "2024 o'clock Europe/Berlin", "UTC", Some("2023-12-31T23:00:00Z")),
        ("yyyy-MM-dd", "2024-5-19", "UTC", None),
        ("yyyy-MM-dd", "2024-13-19", "UTC", None),
        ("yyyy-MM-dd", "2024-02-30", "UTC", None),
        ("yyyy-MM-dd", "2024-05-19 ", "UTC", None),
        ("HH:mm", "06:10", "UTC", None),
        ("yyyy K", "2024 12", "UTC", None),
    ];
    for (pattern, text, zone, expected) in table {
        assert_eq!(read(pattern, text, zone).as_deref(), expected, "{pattern} {text}");
    }
}

#[test]
fn times_are_written() {
    let time = "2024-05-09T18:03:07.045Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let table = [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "UTC", "2024-05-09T18:03:07.045Z"),
        ("yy/M/d h:m:s a", "UTC", "24/5/9 6:3:7 PM"),
        ("EEEE, dd MMM yyyy HH:mm xx", "America/New_York", "Thursday, 09 May 2024 14:03 -0400"),
        ("HHXXX HHX Hx", "+05:30", "23+05:30 23+0530 23+0530"),
        ("HHX VV", "UTC", "18Z UTC"),
        ("D k K SSSSSS", "UTC", "130 18 6 045000"),
    ];
    for (pattern, name, expected) in table {
        let written = Pattern::parse(pattern).unwrap().write(time, &zone(name).unwrap());
        assert_eq!(written.as_deref(), Some(expected), "{pattern}");
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    let table = [
        ("YYYY-MM-dd", "YYYY is not supported in date patterns"),
        ("yyyy'T", "the date pattern \"yyyy'T\" lacks a closing quote"),
        ("yyyy[MM", "the date pattern \"yyyy[MM\" lacks a closing bracket"),
        ("yyyy]", "']' must be quoted in the date pattern \"yyyy]\""),
        ("ddd", "ddd is not supported in date patterns"),
    ];
    for (pattern, expected) in table {
        assert_eq!(Pattern::parse(pattern).unwrap_err(), expected);
    }
}

#[test]
fn zones_have_names_and_offsets() {
    let time = jiff::Timestamp::from_second(1_715_000_000).unwrap();
    let table = [
        ("UTC", Some(0)),
        ("Z", Some(0)),
        ("+02:00", Some(7200)),
        ("GMT+2", Some(7200)),
        ("UTC-0330", Some(-12_600)),
        ("Europe/Berlin", Some(7200)),
        ("", None),
        ("Nowhere/City", None),
        ("+99:00", None),
        ("é", None),
    ];
    for (name, expected) in table {
        assert_eq!(zone(name).map(|zone| zone.to_offset(time).seconds()), expected, "{name}");
    }
}
