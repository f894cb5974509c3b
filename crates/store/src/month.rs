//! Months as numbers, for tables whose files are of a month.

/// Months since January 1970 of a day since the epoch, in the Gregorian calendar.
pub(crate) fn month_of_day(day: i64) -> i64 {
    // Years are counted from March, so that the day that may be missing is the last.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    (era * 400 + year_of_era - 1970) * 12 + month + 2
}

/// The first day of a month.
pub(crate) fn first_day_of_month(month: i64) -> i64 {
    let from_march = month.saturating_sub(2);
    let (year, month) = (from_march.div_euclid(12) + 1970, from_march.rem_euclid(12));
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_in_the_month_that_starts_at_or_before_it() {
        for day in -150_000..150_000 {
            let month = month_of_day(day);
            assert!((first_day_of_month(month)..first_day_of_month(month + 1)).contains(&day), "{day}");
        }
        assert_eq!((month_of_day(0), first_day_of_month(0), first_day_of_month(1)), (0, 0, 31));
    }
}
