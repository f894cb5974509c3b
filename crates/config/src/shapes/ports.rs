//! Ports and ranges of ports as callers write them: `443,1020-1025`.

use std::ops::RangeInclusive;

use crate::rule::Verdict;

/// Reads ports and ranges with commas between them. What is none is told: no verdict can be given by it.
pub(crate) fn read(text: &str) -> Result<Vec<RangeInclusive<i64>>, Verdict> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let range = |part| range(part).ok_or_else(|| Verdict::insufficient_data(format!("'{part}' is no port or range.")));
    parts.map(range).collect()
}

/// Whether every port of one range is in some of the others.
pub(crate) fn cover(ranges: &[RangeInclusive<i64>], wanted: &RangeInclusive<i64>) -> bool {
    let mut sorted: Vec<_> = ranges.iter().collect();
    sorted.sort_by_key(|range| *range.start());
    let mut next = *wanted.start();
    for range in sorted {
        if range.contains(&next) {
            next = range.end() + 1;
        }
    }
    next > *wanted.end()
}

fn range(part: &str) -> Option<RangeInclusive<i64>> {
    let port = |text: &str| text.trim().parse::<u16>().ok().map(i64::from);
    let (first, last) = match part.split_once('-') {
        Some((first, last)) => (port(first)?, port(last)?),
        None => (port(part)?, port(part)?),
    };
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_ranges_are_read() {
        assert_eq!(read("443, 1020-1025 ,"), Ok(vec![443..=443, 1020..=1025]));
        assert_eq!(read(""), Ok(vec![]));
        for wrong in ["https", "70000", "5-1", "-1", "1-2-3"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_range_is_covered_by_several_without_a_gap() {
        for (ranges, wanted, expected) in [
            ("443", 443..=443, true),
            ("443", 443..=444, false),
            ("20-30", 22..=25, true),
            ("25-30,20-24", 22..=28, true),
            ("20-24,26-30", 22..=28, false),
            ("20-30,22-23", 21..=30, true),
            ("", 0..=0, false),
        ] {
            assert_eq!(cover(&read(ranges).unwrap(), &wanted), expected, "{ranges} {wanted:?}");
        }
    }
}
