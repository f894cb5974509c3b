//! Moments as the calendar has them, in UTC, and as Trino reads and prints them.

use std::fmt::Write as _;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// A moment as the calendar and the clock have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Of the common era.
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// Of the month, from 1.
    pub day: i64,
    /// Of the day.
    pub millis: i64,
}

impl Civil {
    /// So many milliseconds after the epoch.
    pub fn of(millis: i64) -> Self {
        let (days, rest) = (millis.div_euclid(DAY_MS), millis.rem_euclid(DAY_MS));
        // Years begin in March here, so that a leap day is a year's last.
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day, millis: rest }
    }

    /// Days since the epoch.
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (self.month + 9) % 12;
        let of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        era * 146_097 + of_era - 719_468
    }

    /// Milliseconds since the epoch.
    pub fn to_millis(self) -> i64 {
        self.days() * DAY_MS + self.millis
    }

    /// The same day and time of a month so many months on; its last day where it has no such day.
    pub fn plus_months(self, months: i64) -> Self {
        let counted = self.year * 12 + self.month - 1 + months;
        let (year, month) = (counted.div_euclid(12), counted.rem_euclid(12) + 1);
        Self { year, month, day: self.day.min(days_of_month(year, month)), ..self }
    }

    /// The hour of the day.
    pub fn hour(self) -> i64 {
        self.millis / 3_600_000
    }

    /// The minute of the hour.
    pub fn minute(self) -> i64 {
        self.millis / 60_000 % 60
    }

    /// The second of the minute.
    pub fn second(self) -> i64 {
        self.millis / 1000 % 60
    }

    /// Monday is 1, Sunday 7.
    pub fn day_of_week(self) -> i64 {
        (self.days() + 3).rem_euclid(7) + 1
    }

    /// From 1.
    pub fn day_of_year(self) -> i64 {
        self.days() - Self { month: 1, day: 1, ..self }.days() + 1
    }

    /// The year of ISO 8601 that the week is of, and which of its weeks it is.
    pub fn week(self) -> (i64, i64) {
        // A week is of the year that its Thursday is in.
        let thursday = Self::of((self.days() + 4 - self.day_of_week()) * DAY_MS);
        (thursday.year, (thursday.day_of_year() - 1) / 7 + 1)
    }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What a text says of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Milliseconds since the epoch.
    pub millis: i64,
    /// Whether it names a zone.
    pub zoned: bool,
}

/// `2026-03-02`, `2026-03-02 08:14`, `2026-03-02 08:14:09.250`, `2026-03-02T08:14:09Z`, `… UTC`, `… +01:00`.
pub fn parse(text: &str) -> Option<Parsed> {
    let text = text.trim();
    let (date, rest) = match text.find([' ', 'T']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start()),
        None => (text, ""),
    };
    let civil = date_of(date)?;
    if rest.is_empty() {
        return Some(Parsed { millis: civil.to_millis(), zoned: false });
    }
    let zone_at = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (clock, zone) = (&rest[..zone_at], rest[zone_at..].trim());
    let millis = Civil { millis: clock_of(clock)?, ..civil }.to_millis();
    match zone {
        "" => Some(Parsed { millis, zoned: false }),
        "Z" | "UTC" => Some(Parsed { millis, zoned: true }),
        offset => Some(Parsed { millis: millis - offset_of(offset)?, zoned: true }),
    }
}

/// `2026-03-02`, as days since the epoch.
pub fn parse_date(text: &str) -> Option<i32> {
    i32::try_from(date_of(text.trim())?.days()).ok()
}

fn date_of(text: &str) -> Option<Civil> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    let valid = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
    valid.then_some(Civil { year, month, day, millis: 0 })
}

fn clock_of(text: &str) -> Option<i64> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let second = parts.next().map_or(Some(0), digits)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.len() > 12 {
        return None;
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Of finer fractions the milliseconds count.
    let millis = format!("{fraction:0<3}")[..3].parse::<i64>().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1000 + millis)
}

fn offset_of(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 14 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `2026-03-02 08:14:09.000`
pub fn print(millis: i64) -> String {
    let civil = Civil::of(millis);
    let mut text = print_day(&civil);
    let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
    let _ = write!(text, " {hour:02}:{minute:02}:{second:02}.{:03}", civil.millis % 1000);
    text
}

/// `2026-03-02`
pub fn print_date(days: i32) -> String {
    print_day(&Civil::of(i64::from(days) * DAY_MS))
}

fn print_day(civil: &Civil) -> String {
    format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
}

#[cfg(test)]
mod tests {
    use super::{Civil, parse, print};

    #[test]
    fn what_is_parsed_prints_the_same() {
        for text in
            ["2026-03-02 08:14:09.250", "1970-01-01 00:00:00.000", "2024-02-29 23:59:59.999", "0001-01-01 00:00:00.000"]
        {
            assert_eq!(print(parse(text).unwrap().millis), text);
        }
    }

    #[test]
    fn texts_say_moments_in_several_ways() {
        let cases = [
            ("2026-03-02", "2026-03-02 00:00:00.000"),
            ("2026-3-2 8:14", "2026-03-02 08:14:00.000"),
            ("2026-03-02T08:14:09Z", "2026-03-02 08:14:09.000"),
            ("2026-03-02 08:14:09 UTC", "2026-03-02 08:14:09.000"),
            ("2026-03-02 08:14:09.5 +01:00", "2026-03-02 07:14:09.500"),
            ("2026-03-02 08:14:09.123456789", "2026-03-02 08:14:09.123"),
        ];
        for (text, expected) in cases {
            assert_eq!(print(parse(text).unwrap().millis), expected, "{text}");
        }
        for text in ["", "2026", "2026-02-30", "2026-03-02 25:00", "2026-03-02 08:14 CET", "02/03/2026", "2026-03-02T"]
        {
            let found = parse(text);
            assert!(found.is_none() || text.ends_with('T'), "{text}: {found:?}");
        }
    }

    #[test]
    fn weeks_are_of_the_year_of_their_thursday() {
        let cases = [("2026-01-01", (2026, 1), 4), ("2027-01-01", (2026, 53), 5), ("2024-12-30", (2025, 1), 1)];
        for (text, week, day) in cases {
            let civil = Civil::of(parse(text).unwrap().millis);
            assert_eq!((civil.week(), civil.day_of_week()), (week, day), "{text}");
        }
    }

    #[test]
    fn months_end_where_they_end() {
        let civil = Civil::of(parse("2026-01-31").unwrap().millis);
        assert_eq!(print(civil.plus_months(1).to_millis()), "2026-02-28 00:00:00.000");
        assert_eq!(print(civil.plus_months(-2).to_millis()), "2025-11-30 00:00:00.000");
    }
}
