//! Finding the time of an event in its text, by the CloudWatch agent's `timestamp_format`.

use base::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use regex::{Captures, Regex};

/// A time of the coming year in a format without years is one of the year before, when it is
/// more than this ahead: a December that is read in January.
const AHEAD_MS: i64 = base::time::DAY_MS;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A format, ready to find times.
#[derive(Clone, Debug)]
pub struct TimestampFormat {
    regex: Regex,
    zone: TimeZone,
}

impl TimestampFormat {
    /// Compiles a format; times without a zone of their own are of `zone`.
    ///
    /// # Errors
    /// A conversion that is not known, in words.
    pub fn new(format: &str, zone: TimeZone) -> Result<Self, String> {
        let mut pattern = String::new();
        let mut chars = format.chars();
        while let Some(character) = chars.next() {
            match character {
                '%' => {
                    let conversion = chars.next().filter(|next| *next != '-').or_else(|| chars.next());
                    let part = conversion.and_then(part_of);
                    pattern += part.ok_or_else(|| {
                        let conversion = conversion.map(String::from).unwrap_or_default();
                        format!("timestamp_format '{format}': the conversion %{conversion} is not known")
                    })?;
                }
                ' ' => pattern += r"\s+",
                other => pattern += &regex::escape(&other.to_string()),
            }
        }
        let regex = Regex::new(&pattern)
            .map_err(|_| format!("timestamp_format '{format}' cannot be used: each conversion may stand in it once"))?;
        Ok(Self { regex, zone })
    }

    /// Whether a text has such a time.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first such time of a text. What the format leaves out is of today.
    pub fn find(&self, text: &str, now: Timestamp) -> Option<Timestamp> {
        let found = self.regex.captures(text)?;
        let number = |name: &str| found.name(name).and_then(|part| part.as_str().trim().parse::<i64>().ok());
        let nanos = fraction(&found);
        if let Some(seconds) = number("epoch") {
            return Some(Timestamp::from_millis(seconds.checked_mul(1000)? + i64::from(nanos / 1_000_000)));
        }
        let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(self.zone.clone()).date();
        let small = |name: &str, missing: i8| match number(name) {
            Some(value) => i8::try_from(value).ok(),
            None => Some(missing),
        };
        let month = match found.name("name") {
            Some(name) => month_of(name.as_str())?,
            None => small("month", today.month())?,
        };
        let hour = match (number("hour"), number("half")) {
            (Some(hour), _) => i8::try_from(hour).ok()?,
            (None, Some(half)) => {
                let is_late = found.name("noon").is_some_and(|noon| noon.as_str().eq_ignore_ascii_case("pm"));
                i8::try_from(half % 12 + if is_late { 12 } else { 0 }).ok()?
            }
            (None, None) => 0,
        };
        let time = Time::new(hour, small("minute", 0)?, small("second", 0)?.min(59), nanos).ok()?;
        let year = number("year")
            .or_else(|| number("short").map(|short| if short < 69 { 2000 + short } else { 1900 + short }));
        let at = |year: i64| {
            let date = Date::new(i16::try_from(year).ok()?, month, small("day", today.day())?).ok()?;
            self.instant(DateTime::from_parts(date, time), &found)
        };
        match year {
            Some(year) => at(year),
            None => {
                let this = i64::from(today.year());
                at(this).filter(|at| at.millis() <= now.millis().saturating_add(AHEAD_MS)).or_else(|| at(this - 1))
            }
        }
    }

    fn instant(&self, at: DateTime, found: &Captures<'_>) -> Option<Timestamp> {
        let zone = match found.name("zone").map(|zone| zone.as_str()) {
            None => self.zone.clone(),
            Some("Z" | "UTC" | "GMT") => TimeZone::UTC,
            Some(offset) => {
                let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
                let minutes: i32 =
                    digits.get(..2)?.parse::<i32>().ok()? * 60 + digits.get(2..4)?.parse::<i32>().ok()?;
                let seconds = minutes * 60 * if offset.starts_with('-') { -1 } else { 1 };
                TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?)
            }
        };
        Some(Timestamp::from_millis(at.to_zoned(zone).ok()?.timestamp().as_millisecond()))
    }
}

/// The regular expression of a conversion.
fn part_of(conversion: char) -> Option<&'static str> {
    Some(match conversion {
        'Y' => r"(?P<year>\d{4})",
        'y' => r"(?P<short>\d{2})",
        'm' => r"(?P<month>\d{1,2})",
        'd' | 'e' => r"\s?(?P<day>\d{1,2})",
        'H' => r"(?P<hour>\d{1,2})",
        'I' => r"(?P<half>\d{1,2})",
        'M' => r"(?P<minute>\d{2})",
        'S' => r"(?P<second>\d{2})",
        'f' => r"(?P<fraction>\d{1,9})",
        'b' | 'B' => r"(?P<name>[A-Za-z]{3,9})",
        'a' | 'A' => r"[A-Za-z]{3,9}",
        'p' => r"(?P<noon>[AaPp][Mm])",
        'z' => r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
        'Z' => r"(?P<zone>UTC|GMT|Z)",
        's' => r"(?P<epoch>\d{9,11})",
        '%' => "%",
        _ => return None,
    })
}

fn month_of(name: &str) -> Option<i8> {
    let short = name.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == short)?;
    i8::try_from(at + 1).ok()
}

/// Nanoseconds of the digits behind the point.
fn fraction(found: &Captures<'_>) -> i32 {
    let digits = found.name("fraction").map_or("", |digits| digits.as_str());
    format!("{digits:0<9}").parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-05T12:00:00Z";

    fn found(format: &str, text: &str) -> Option<String> {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let format = TimestampFormat::new(format, berlin).unwrap();
        format.find(text, Timestamp::parse_iso(NOW).unwrap()).map(|at| at.iso_millis())
    }

    #[test]
    fn times_are_found_wherever_they_stand() {
        for (format, text, expected) in [
            ("%Y-%m-%dT%H:%M:%S.%f%z", "[x] 2026-01-04T10:11:12.5+02:00 y", "2026-01-04T08:11:12.500Z"),
            ("%Y-%m-%d %H:%M:%S,%f", "2026-01-04 10:11:12,123456 INFO", "2026-01-04T09:11:12.123Z"),
            ("%Y-%m-%dT%H:%M:%S%z", "2026-07-04T10:11:12Z", "2026-07-04T10:11:12.000Z"),
            ("%d/%b/%Y:%H:%M:%S %z", r#"1.2.3.4 - [04/Jan/2026:10:11:12 -0130] "GET""#, "2026-01-04T11:41:12.000Z"),
            ("%b %d %H:%M:%S", "Jan  4 10:11:12 host", "2026-01-04T09:11:12.000Z"),
            ("%b %d %H:%M:%S", "Dec 31 23:00:00 host", "2025-12-31T22:00:00.000Z"),
            ("%y%m%d %I:%M:%S %p", "260104 12:11:12 am", "2026-01-03T23:11:12.000Z"),
            ("%s", "at 1767520000 it was", "2026-01-04T09:46:40.000Z"),
            ("%-m/%-d/%Y %H:%M", "1/4/2026 9:05", "2026-01-04T08:05:00.000Z"),
        ] {
            assert_eq!(found(format, text).as_deref(), Some(expected), "{format}: {text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(found("%Y-%m-%d", "no time at all"), None);
        assert_eq!(found("%Y-%m-%d", "2026-13-40"), None);
        assert_eq!(found("%b %d", "Foo 12"), None);
    }

    #[test]
    fn unknown_conversions_are_named() {
        let error = TimestampFormat::new("%Q", TimeZone::UTC).unwrap_err();
        assert!(error.contains("%Q is not known"), "{error}");
        assert!(TimestampFormat::new("%Y %Y", TimeZone::UTC).is_err());
    }
}
