//! Which files a row goes to: those of the month in which its state ended, counted from January 1970.

use base::Timestamp;
use base::time::DAY_MS;

use crate::month::{first_day_of_month, month_of_day};

/// Days outside the years 0000 to 9999 are taken for the nearest inside.
const DAY_MIN: i64 = -719_528;
const DAY_MAX: i64 = 2_932_896;

/// The partition of a row whose state ended at a time.
pub(super) fn partition(ended: Timestamp) -> i64 {
    month_of_day(ended.day().clamp(DAY_MIN, DAY_MAX))
}

/// When a partition's month is over.
pub(super) fn end_of(partition: i64) -> Timestamp {
    Timestamp::from_millis(first_day_of_month(partition + 1).saturating_mul(DAY_MS))
}

/// The folder of a partition's files.
pub(super) fn folder(partition: i64) -> String {
    let date = Timestamp::from_millis(first_day_of_month(partition).saturating_mul(DAY_MS)).date();
    format!("month={}", date.rsplit_once('-').map_or(&*date, |(month, _)| month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_to_the_month_of_its_end() {
        for (ended, name, end) in [
            ("2026-01-31T23:59:59.999Z", "month=2026-01", "2026-02-01T00:00:00Z"),
            ("2026-02-01T00:00:00Z", "month=2026-02", "2026-03-01T00:00:00Z"),
            ("1969-12-31T23:00:00Z", "month=1969-12", "1970-01-01T00:00:00Z"),
        ] {
            let partition = partition(Timestamp::parse_iso(ended).unwrap());
            assert_eq!((folder(partition), end_of(partition)), (name.to_owned(), Timestamp::parse_iso(end).unwrap()));
        }
        assert!(partition(Timestamp::MIN) < partition(Timestamp::MAX));
        assert!(folder(partition(Timestamp::MAX)).starts_with("month="));
    }
}
