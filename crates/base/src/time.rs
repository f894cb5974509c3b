//! A point in time with millisecond precision, and the text forms AWS uses for it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds in one day.
pub const DAY_MS: i64 = 86_400_000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest representable time.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest representable time.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// From seconds with a fraction, rounded to the millisecond; `None` when not
    /// finite or outside years 0000 to 9999.
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        (secs.is_finite() && (-62_167_219_200.0..253_402_300_800.0).contains(&secs))
            .then(|| Self((secs * 1000.0).round() as i64))
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds since the epoch with the milliseconds as fraction.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Days since the epoch, rounded down: the day partition a row belongs to.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }

    /// The same time with the milliseconds dropped.
    pub const fn truncate_to_secs(self) -> Self {
        Self(self.secs() * 1000)
    }

    /// This time moved by a number of milliseconds, saturating at the ends.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This time moved forward by a duration, saturating at the end.
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    /// This time moved back by a duration, saturating at the start.
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// How long after `earlier` this is; nothing when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn civil(self) -> Option<jiff::Zoned> {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).ok()?;
        Some(timestamp.to_zoned(jiff::tz::TimeZone::UTC))
    }

    fn format(self, pattern: &str) -> String {
        match self.civil() {
            Some(civil) => civil.strftime(pattern).to_string(),
            None => self.0.to_string(),
        }
    }

    /// `2026-01-31T10:00:00Z`: ISO 8601 in UTC, seconds only.
    pub fn iso_secs(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2026-01-31T10:00:00.250Z`: ISO 8601 in UTC with milliseconds.
    pub fn iso_millis(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.%3fZ")
    }

    /// ISO 8601 in UTC; milliseconds are written only when not zero.
    pub fn iso(self) -> String {
        if self.0.rem_euclid(1000) == 0 { self.iso_secs() } else { self.iso_millis() }
    }

    /// `20260131T100000Z`: the form SigV4 uses in `X-Amz-Date`.
    pub fn iso_basic(self) -> String {
        self.format("%Y%m%dT%H%M%SZ")
    }

    /// `20260131`: the date of a SigV4 credential scope.
    pub fn basic_date(self) -> String {
        self.format("%Y%m%d")
    }

    /// `2026-01-31`: the day, as partition folders name it.
    pub fn date(self) -> String {
        self.format("%Y-%m-%d")
    }

    /// `Sat, 31 Jan 2026 10:00:00 GMT`: the HTTP date.
    pub fn http_date(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// Parses ISO 8601, extended or basic, with or without a fraction, a zone
    /// (`Z` or an offset) or a time of day (midnight UTC when absent).
    pub fn parse_iso(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Some(Self(timestamp.as_millisecond()));
        }
        let utc = jiff::tz::TimeZone::UTC;
        if let Some(basic) = text.strip_suffix('Z')
            && let Ok(civil) = basic.parse::<jiff::civil::DateTime>()
        {
            return Some(Self(civil.to_zoned(utc).ok()?.timestamp().as_millisecond()));
        }
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(Self(civil.to_zoned(utc).ok()?.timestamp().as_millisecond()))
    }

    /// Parses an HTTP date as in the `Date` header (RFC 9110).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

/// A span of time with both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// First moment inside.
    pub start: Timestamp,
    /// Last moment inside.
    pub end: Timestamp,
}

impl TimeRange {
    /// Whether `at` lies inside, ends included.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at <= self.end
    }
}

/// Parses a duration as people write it: `250ms`, `90s`, `20m`, `3h`, `91d`, or a sum such as `1h30m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let unit_ms = match &rest[..letters] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => DAY_MS as u64,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        total = total.checked_add(number.checked_mul(unit_ms)?)?;
    }
    Some(Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_forms_round_trip() {
        let at = Timestamp::from_millis(1_769_853_600_250);
        assert_eq!(at.iso(), "2026-01-31T10:00:00.250Z");
        assert_eq!(at.iso_secs(), "2026-01-31T10:00:00Z");
        assert_eq!(at.iso_basic(), "20260131T100000Z");
        assert_eq!(at.http_date(), "Sat, 31 Jan 2026 10:00:00 GMT");
        assert_eq!(Timestamp::parse_http_date(&at.http_date()), Some(at.truncate_to_secs()));
    }

    #[test]
    fn every_iso_form_aws_clients_send_is_parsed() {
        let second = Timestamp::from_secs(1_512_714_244);
        for text in [
            "2017-12-08T06:24:04Z",
            "20171208T062404Z",
            "2017-12-08T06:24:04.000Z",
            "2017-12-08T07:24:04+01:00",
            "2017-12-08T06:24:04",
        ] {
            assert_eq!(Timestamp::parse_iso(text), Some(second), "{text}");
        }
        assert_eq!(Timestamp::parse_iso("2017-12-08").map(Timestamp::secs), Some(1_512_691_200));
        assert_eq!(Timestamp::parse_iso("yesterday"), None);
    }

    #[test]
    fn durations_are_sums_of_units() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_duration("91d"), Some(Duration::from_secs(91 * 86_400)));
        for bad in ["", "5", "m", "-5m", "5y"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
