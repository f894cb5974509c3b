//! Cron expressions of five fields: minute, hour, day of the month, month, day of the week.
//!
//! A field is a list of values, ranges and steps: `*`, `5`, `1-5`, `*/15`, `1-31/2`, `MON-FRI`,
//! joined by commas. Months and days of the week may be English names of three letters, in any
//! case; Sunday is 0 or 7. When both the day of the month and the day of the week are
//! restricted, a day that matches either will do, as cron has it; what AWS does is not
//! documented. A field that takes every value (`*`, `*/1`, `0-59` …) is not restricted.

use jiff::civil::{Date, DateTime, Time};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A parsed expression: each field as a set of bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is bit 0.
    weekdays: u64,
}

/// What a field holds.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// Names of the values from `min` on.
    names: &'static [&'static str],
}

impl Cron {
    /// Parses five fields that blanks part.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(format!("a cron expression has 5 fields, not {}", fields.len()));
        };
        let field = |name, min, max| Field { name, min, max, names: &[] };
        let weekdays = Field { names: &WEEKDAYS, ..field("day of the week", 0, 7) }.parse(weekdays)?;
        let cron = Self {
            minutes: field("minute", 0, 59).parse(minutes)?,
            hours: field("hour", 0, 23).parse(hours)?,
            days: field("day of the month", 1, 31).parse(days)?,
            months: Field { names: &MONTHS, ..field("month", 1, 12) }.parse(months)?,
            // 7 is Sunday as well.
            weekdays: (weekdays | weekdays >> 7) & 0b111_1111,
        };
        match cron.can_match() {
            true => Ok(cron),
            false => Err("no month has such a day".to_owned()),
        }
    }

    /// The times of a day that match, latest first.
    pub(super) fn times(&self, date: Date) -> impl Iterator<Item = DateTime> {
        let hours = if self.matches_date(date) { self.hours } else { 0 };
        let minutes = self.minutes;
        set(hours).rev().flat_map(move |hour| {
            set(minutes).rev().filter_map(move |minute| {
                let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()?;
                Some(date.to_datetime(time))
            })
        })
    }

    fn matches_date(&self, date: Date) -> bool {
        let has = |set: u64, bit: i8| set >> bit & 1 == 1;
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        let (any_day, any_weekday) = (self.days == bits(1, 31, 1), self.weekdays == bits(0, 6, 1));
        let fits = match (any_day, any_weekday) {
            (false, false) => day || weekday,
            _ => day && weekday,
        };
        has(self.months, date.month()) && fits
    }

    /// Whether there is any day at all: not so on 30 February.
    fn can_match(&self) -> bool {
        let longest = |month: u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.weekdays != bits(0, 6, 1) || set(self.months).any(|month| self.days & bits(1, longest(month), 1) != 0)
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<u64, String> {
        text.split(',').try_fold(0, |set, part| Ok(set | self.part(part)?))
    }

    /// `*`, `5`, `1-5`, each with `/step` or without. `5/10` is from 5 to the end.
    fn part(&self, part: &str) -> Result<u64, String> {
        let wrong = || format!("'{part}' is no {}", self.name);
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0).ok_or_else(wrong)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.min, self.max),
            Some((from, to)) => {
                let (from, to) = (self.value(from).ok_or_else(wrong)?, self.value(to).ok_or_else(wrong)?);
                // A week may end with Sunday.
                (from, if self.max == 7 && to == 0 { 7 } else { to })
            }
            None => {
                let value = self.value(range).ok_or_else(wrong)?;
                (value, if step.is_some() { self.max } else { value })
            }
        };
        // Steps over the whole week do not count Sunday twice.
        let to = if self.max == 7 && from == 0 && to == 7 { 6 } else { to };
        if from > to {
            return Err(wrong());
        }
        Ok(bits(from, to, step.unwrap_or(1)))
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(at) => u32::try_from(at).ok().map(|at| self.min + at),
            None => number(text).filter(|value| (self.min..=self.max).contains(value)),
        }
    }
}

/// At most three digits.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn bits(from: u32, to: u32, step: u32) -> u64 {
    (from..=to).step_by(step as usize).fold(0, |set, value| set | 1 << value)
}

fn set(bits: u64) -> impl DoubleEndedIterator<Item = u32> {
    (0..u64::BITS).filter(move |bit| bits >> bit & 1 == 1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn times(expression: &str, date: Date) -> Vec<String> {
        let mut times: Vec<String> =
            Cron::parse(expression).unwrap().times(date).map(|time| time.strftime("%H:%M").to_string()).collect();
        times.reverse();
        times
    }

    fn days(expression: &str, year: i16, month: i8) -> Vec<i8> {
        let cron = Cron::parse(expression).unwrap();
        let first = date(year, month, 1);
        (1..=first.days_in_month()).filter(|day| cron.matches_date(date(year, month, *day))).collect()
    }

    #[test]
    fn minutes_and_hours_match_by_value_list_range_and_step() {
        let day = date(2026, 3, 4);
        let table: [(&str, &[&str]); 6] = [
            ("0 2 * * *", &["02:00"]),
            ("0,30 22-23 * * *", &["22:00", "22:30", "23:00", "23:30"]),
            ("*/20 0 * * *", &["00:00", "00:20", "00:40"]),
            ("5-45/20 9 * * *", &["09:05", "09:25", "09:45"]),
            ("40/10 9 * * *", &["09:40", "09:50"]),
            ("59 23 * * *", &["23:59"]),
        ];
        for (expression, expected) in table {
            assert_eq!(times(expression, day), expected, "{expression}");
        }
        assert_eq!(times("* * * * *", day).len(), 1440);
        assert!(times("0 2 5 * *", day).is_empty());
    }

    /// March 2026 begins on a Sunday.
    #[test]
    fn days_match_by_month_and_week() {
        let table: [(&str, &[i8]); 12] = [
            ("0 2 * * SUN", &[1, 8, 15, 22, 29]),
            ("0 2 * * 0", &[1, 8, 15, 22, 29]),
            ("0 2 * * 7", &[1, 8, 15, 22, 29]),
            ("0 2 * * fri-sun", &[1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27, 28, 29]),
            ("0 2 * mar MON,tue", &[2, 3, 9, 10, 16, 17, 23, 24, 30, 31]),
            ("0 1 1 * *", &[1]),
            ("0 1 31 * *", &[31]),
            ("0 1 1 APR *", &[]),
            ("0 1 1-3,30 3 *", &[1, 2, 3, 30]),
            // Both restricted: either will do.
            ("0 0 13 * FRI", &[6, 13, 20, 27]),
            ("0 0 2 * FRI", &[2, 6, 13, 20, 27]),
            // A field that takes every value restricts nothing.
            ("0 0 2 * 0-7", &[2]),
        ];
        for (expression, expected) in table {
            assert_eq!(days(expression, 2026, 3), expected, "{expression}");
        }
        assert_eq!(days("0 0 29 2 *", 2028, 2), [29]);
        assert!(days("0 0 29 2 *", 2026, 2).is_empty());
        assert_eq!(days("0 0 * * */2", 2026, 3), [1, 3, 5, 7, 8, 10, 12, 14, 15, 17, 19, 21, 22, 24, 26, 28, 29, 31]);
    }

    #[test]
    fn faults_are_refused() {
        for expression in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * 0 *",
            "* * * * 8",
            "* * * * SUNDAY",
            "* * * SUN *",
            "5-1 * * * *",
            "*/0 * * * *",
            "*/x * * * *",
            "1, * * * *",
            "-1 * * * *",
            "+1 * * * *",
            "? * * * *",
            "0 0 30 2 *",
            "0 0 31 4,6 *",
        ] {
            assert!(Cron::parse(expression).is_err(), "{expression}");
        }
        // With a day of the week there are days.
        assert!(Cron::parse("0 0 30 2 MON").is_ok());
    }
}
