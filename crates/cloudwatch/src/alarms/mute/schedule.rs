//! The schedule of a mute rule: when its windows are (cloudwatch.md §6.11).
//!
//! Times are those of clocks in the rule's time zone. A time that clocks skip counts as the
//! moment when they do; one that they show twice counts the first time. A window lasts its
//! duration in real time, whatever clocks do meanwhile; a day of a duration is 24 hours.
//!
//! StartDate and ExpireDate cut windows off: one that is open at StartDate begins there, one
//! that is open at ExpireDate ends there. Both are read as clocks of the time zone show them.

use base::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, ToSpan};

use super::cron::Cron;
use crate::record::AlarmMuteRuleRecord;

/// The shortest window (cloudwatch.md §6.11).
const SECS_MIN: i64 = 60;
/// The longest one.
const SECS_MAX: i64 = 15 * 86_400;

/// When a rule mutes.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    when: When,
    secs: i64,
    zone: TimeZone,
    start: Option<Timestamp>,
    expire: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum When {
    Cron(Cron),
    At(DateTime),
}

/// From when on, until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    /// The first moment that is not in it.
    pub(crate) end: Timestamp,
}

impl Schedule {
    /// The schedule of a rule.
    ///
    /// # Errors
    /// What is wrong with it, for people: AWS's words are not recorded.
    pub(crate) fn of(rule: &AlarmMuteRuleRecord) -> Result<Self, String> {
        let zone = match &rule.timezone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| format!("Timezone {name} is not known"))?,
        };
        let date = |date: Option<Timestamp>| date.map(|date| as_clocks_show(date, &zone));
        let (start, expire) = (date(rule.start), date(rule.expire));
        if let (Some(start), Some(expire)) = (start, expire)
            && start >= expire
        {
            return Err("StartDate must be before ExpireDate".to_owned());
        }
        let expression = &rule.expression;
        let when =
            When::parse(expression).map_err(|fault| format!("Schedule expression {expression} is invalid: {fault}"))?;
        let secs = duration_secs(&rule.duration).ok_or_else(|| {
            format!("Duration {} is invalid: it must be an ISO 8601 duration from PT1M to P15D", rule.duration)
        })?;
        Ok(Self { when, secs, zone, start, expire })
    }

    /// Whether there is one window at most.
    pub(crate) fn is_once(&self) -> bool {
        matches!(self.when, When::At(_))
    }

    /// The window that is open at `now`: of overlapping ones, that which started last.
    pub(crate) fn window(&self, now: Timestamp) -> Option<Window> {
        if self.start.is_some_and(|start| now < start) {
            return None;
        }
        let started = self.last_start(now)?;
        let start = self.start.map_or(started, |start| start.max(started));
        let end = started.plus_millis(self.secs * 1000);
        let end = self.expire.map_or(end, |expire| expire.min(end));
        (now < end).then_some(Window { start, end })
    }

    /// Whether there will be no window any more.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        let is_over = match &self.when {
            When::Cron(_) => false,
            When::At(at) => moment(*at, &self.zone).is_none_or(|at| at.plus_millis(self.secs * 1000) <= now),
        };
        is_over || self.expire.is_some_and(|expire| expire <= now)
    }

    /// The last time up to `now` that a window started; none when it was so long ago that the
    /// window is over.
    fn last_start(&self, now: Timestamp) -> Option<Timestamp> {
        let cron = match &self.when {
            When::At(at) => return moment(*at, &self.zone).filter(|at| *at <= now),
            When::Cron(cron) => cron,
        };
        let oldest = now.plus_millis(-self.secs * 1000);
        let mut date = clocks(now, &self.zone)?.date();
        // A day more: clocks may have been set back since.
        let last = clocks(oldest, &self.zone)?.date().checked_sub(1.day()).ok()?;
        while date >= last {
            let started = cron.times(date).filter_map(|time| moment(time, &self.zone)).find(|at| *at <= now);
            if started.is_some() {
                return started;
            }
            date = date.yesterday().ok()?;
        }
        None
    }
}

impl When {
    fn parse(expression: &str) -> Result<Self, String> {
        let inside = |name: &str| {
            let inside = expression.trim().strip_prefix(name)?.trim_start().strip_prefix('(')?;
            inside.strip_suffix(')')
        };
        match inside("at") {
            Some(at) => at_time(at).map(Self::At),
            None => Cron::parse(inside("cron").unwrap_or(expression)).map(Self::Cron),
        }
    }
}

/// `yyyy-MM-ddThh:mm`
fn at_time(text: &str) -> Result<DateTime, String> {
    let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let formed = text.chars().map(digits).eq("0000-00-00T00:00".chars());
    let parsed = formed.then(|| text.parse::<DateTime>().ok()).flatten();
    parsed.ok_or_else(|| "at() takes a time such as 2026-05-10T14:00".to_owned())
}

/// The length of an ISO 8601 duration of weeks, days, hours, minutes and seconds, when it is
/// one of those that are allowed.
fn duration_secs(text: &str) -> Option<i64> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (text.strip_prefix('P')?, ""),
    };
    let secs =
        sum(days, &[('W', 604_800), ('D', 86_400)])?.checked_add(sum(time, &[('H', 3600), ('M', 60), ('S', 1)])?)?;
    (SECS_MIN..=SECS_MAX).contains(&secs).then_some(secs)
}

/// Numbers, each with its unit, in the order of the units.
fn sum(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0i64;
    for (unit, secs) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let digits = (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = digits.then(|| number.parse().ok()).flatten()?;
        total = total.checked_add(number.checked_mul(*secs)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

/// What clocks show at a time.
fn clocks(at: Timestamp, zone: &TimeZone) -> Option<DateTime> {
    Some(zone.to_datetime(jiff::Timestamp::from_millisecond(at.millis()).ok()?))
}

/// When clocks show a time, the first time they do; when they skip it, the moment they do so.
fn moment(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    let moment = match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            // The later reading lies after the moment of the jump, by less than was skipped.
            let after = ambiguous.later().ok()?;
            let jump = zone.preceding(after.checked_add(SignedDuration::from_nanos(1)).ok()?).next()?;
            jump.timestamp()
        }
        _ => ambiguous.earlier().ok()?,
    };
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// A date that was given in UTC, read as clocks of the time zone show it.
fn as_clocks_show(date: Timestamp, zone: &TimeZone) -> Timestamp {
    clocks(date, &TimeZone::UTC).and_then(|time| moment(time, zone)).unwrap_or(date)
}

#[cfg(test)]
mod tests;
