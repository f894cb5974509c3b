//! Spans of time by which records are grouped: `bin(5m)`, `datefloor(x, 1mo)` (logs.md ST-5).

use std::fmt;

#[cfg(test)]
mod tests;

/// How long a day is.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The first Monday before the epoch: weeks begin on Mondays.
const MONDAY_MS: i64 = -3 * DAY_MS;

/// A span of time, and so the grid of its multiples in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bin {
    count: i64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        // A plural is fine where the singular is more than a letter.
        let singular = match name.strip_suffix('s') {
            Some(singular) if singular.len() > 1 => singular,
            _ => &name,
        };
        Some(match if name == "ms" { "ms" } else { singular } {
            "ms" | "msec" | "millisecond" => Self::Millisecond,
            "s" | "sec" | "second" => Self::Second,
            "m" | "min" | "minute" => Self::Minute,
            "h" | "hr" | "hour" => Self::Hour,
            "d" | "day" => Self::Day,
            "w" | "week" => Self::Week,
            "mo" | "mon" | "month" => Self::Month,
            "q" | "qtr" | "quarter" => Self::Quarter,
            "y" | "yr" | "year" => Self::Year,
            _ => return None,
        })
    }

    /// The most of a unit that has an effect: `bin(300s)` acts as 60 seconds.
    fn count_max(self) -> i64 {
        match self {
            Self::Millisecond => 1000,
            Self::Second | Self::Minute => 60,
            Self::Hour => 24,
            // So long that all of time is in one, and short enough to reckon with.
            Self::Day | Self::Week | Self::Month | Self::Quarter | Self::Year => 10_000,
        }
    }
}

impl Bin {
    /// The span that a text like `5m`, `1 hour` or `m` (one minute) names.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, name) = text.split_at(digits);
        let unit = Unit::parse(name.trim_start()).ok_or_else(|| format!("{text:?} is no span of time"))?;
        let count = match number {
            "" => 1,
            // What is too long for a number is more than any cap.
            number => number.parse().unwrap_or(i64::MAX).min(unit.count_max()),
        };
        if count == 0 {
            return Err(format!("the span of time {text:?} is empty"));
        }
        Ok(Self { count, unit })
    }

    /// The beginning of the span that holds a time, in milliseconds since the epoch.
    pub fn floor(&self, time_ms: i64) -> i64 {
        match self.grid() {
            Grid::Millis { width, origin } => {
                time_ms.saturating_sub((time_ms.saturating_sub(origin)).rem_euclid(width))
            }
            Grid::Months(width) => {
                let month = month_of(time_ms);
                beginning_of(month - month.rem_euclid(width))
            }
        }
    }

    /// The end of the span that holds a time: the first beginning of a span that is not before it.
    pub fn ceil(&self, time_ms: i64) -> i64 {
        let floor = self.floor(time_ms);
        if floor == time_ms {
            return floor;
        }
        match self.grid() {
            Grid::Millis { width, .. } => floor.saturating_add(width),
            Grid::Months(width) => beginning_of(month_of(floor) + width),
        }
    }

    /// How long the span is; `None` for months, quarters and years.
    pub fn width_ms(&self) -> Option<i64> {
        match self.grid() {
            Grid::Millis { width, .. } => Some(width),
            Grid::Months(_) => None,
        }
    }

    fn grid(&self) -> Grid {
        let millis = |unit: i64| Grid::Millis { width: self.count * unit, origin: 0 };
        match self.unit {
            Unit::Millisecond => millis(1),
            Unit::Second => millis(1000),
            Unit::Minute => millis(60 * 1000),
            Unit::Hour => millis(60 * 60 * 1000),
            Unit::Day => millis(DAY_MS),
            Unit::Week => Grid::Millis { width: self.count * 7 * DAY_MS, origin: MONDAY_MS },
            Unit::Month => Grid::Months(self.count),
            Unit::Quarter => Grid::Months(3 * self.count),
            Unit::Year => Grid::Months(12 * self.count),
        }
    }
}

/// Prints in short: `5m`, `1mo`.
impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Millisecond => "ms",
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
            Unit::Day => "d",
            Unit::Week => "w",
            Unit::Month => "mo",
            Unit::Quarter => "q",
            Unit::Year => "y",
        };
        write!(f, "{}{unit}", self.count)
    }
}

enum Grid {
    Millis { width: i64, origin: i64 },
    Months(i64),
}

/// The month of a time, counted from January of the year 0. Times beyond the calendar count as its ends.
fn month_of(time_ms: i64) -> i64 {
    let (first, last) = (jiff::Timestamp::MIN.as_second() * 1000, jiff::Timestamp::MAX.as_second() * 1000);
    let timestamp =
        jiff::Timestamp::from_millisecond(time_ms.clamp(first, last)).expect("the time is within the calendar");
    let date = jiff::tz::Offset::UTC.to_datetime(timestamp);
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// When a month begins, with months beyond the calendar at its ends.
fn beginning_of(month: i64) -> i64 {
    let date = i16::try_from(month.div_euclid(12)).ok().and_then(|year| {
        let month = i8::try_from(month.rem_euclid(12) + 1).expect("a year has 12 months");
        jiff::civil::Date::new(year, month, 1).ok()
    });
    let time =
        date.and_then(|date| jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok());
    match time {
        Some(time) => time.as_millisecond(),
        None if month < 0 => jiff::Timestamp::MIN.as_millisecond(),
        None => jiff::Timestamp::MAX.as_millisecond(),
    }
}
