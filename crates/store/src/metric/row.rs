//! Rows of the metric tables, and merging those of one series and time.

use super::{SeriesId, StatSample};

/// The samples of a series at a time of the table's grain.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The series.
    pub series: SeriesId,
    /// Start of the row's second, minute, five minutes or hour, in seconds since the epoch.
    pub time_secs: i64,
    /// The samples.
    pub sample: StatSample,
}

/// Merges neighbours of the same series and time: sorted rows in, sorted unique rows out.
#[cfg(test)]
pub fn merge_rows(rows: impl Iterator<Item = Row>) -> impl Iterator<Item = Row> {
    let mut rows = rows.peekable();
    std::iter::from_fn(move || {
        let mut row = rows.next()?;
        while let Some(next) = rows.next_if(|next| (next.series, next.time_secs) == (row.series, row.time_secs)) {
            row.sample.merge(&next.sample);
        }
        Some(row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_series_and_time_become_one() {
        let row =
            |series, time_secs, value| Row { series: SeriesId(series), time_secs, sample: StatSample::single(value) };
        let rows = [row(1, 0, 1.0), row(1, 60, 2.0), row(1, 60, 5.0), row(1, 60, 3.0), row(2, 60, 7.0)];
        let merged: Vec<_> = merge_rows(rows.into_iter()).collect();
        let of = |row: &Row| (row.series.0, row.time_secs, row.sample.count, row.sample.sum, row.sample.max);
        let merged: Vec<_> = merged.iter().map(of).collect();
        assert_eq!(merged, [(1, 0, 1.0, 1.0, 1.0), (1, 60, 3.0, 10.0, 5.0), (2, 60, 1.0, 7.0, 7.0)]);
    }
}
