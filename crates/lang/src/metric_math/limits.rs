//! Bounds on what a short text can make the server do.

use super::{Error, Series};

/// How deep parentheses, calls, arrays, signs and powers may nest. Every recursion over an
/// expression is bounded by it.
pub(super) const NESTING_MAX: usize = 128;

/// Buckets of one series that is never sparse: a year of minutes.
pub(super) const BUCKETS_MAX: i64 = 600_000;

/// Points in all series of one array: 500 series of five weeks of minutes.
pub(super) const ARRAY_POINTS_MAX: usize = 25_000_000;

/// Series in one array.
pub(super) const ARRAY_SERIES_MAX: usize = 10_000;

/// Collects an array and stops as soon as it grows past the limits.
pub(super) fn array(series: impl Iterator<Item = Result<Series, Error>>) -> Result<Vec<Series>, Error> {
    let mut array = Vec::new();
    let mut points: usize = 0;
    for series in series {
        let series = series?;
        points = points.saturating_add(series.points.len());
        if points > ARRAY_POINTS_MAX {
            return Err(Error::new(format!("An array of time series has more than {ARRAY_POINTS_MAX} points")));
        }
        if array.len() == ARRAY_SERIES_MAX {
            return Err(Error::new(format!("An array has more than {ARRAY_SERIES_MAX} time series")));
        }
        array.push(series);
    }
    Ok(array)
}
