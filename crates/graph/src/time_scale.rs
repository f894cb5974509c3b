//! The time axis: ticks at round times of the wanted offset from UTC, and their labels.

use jiff::civil::Date;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

const STEPS_SECS: [i64; 22] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];
const STEPS_MONTHS: [i64; 12] = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12_000];
const MONTH_SECS: i64 = 30 * DAY;
/// Weeks begin on Mondays; the epoch was a Thursday.
const FIRST_MONDAY: i64 = 4 * DAY;

/// The times that can be drawn: years 1 to 9998.
pub(crate) const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_339_228_800;

/// A tick of the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeTick {
    /// Seconds since the epoch.
    pub secs: i64,
    /// `10:30`, `10:30:15`, `11/24`, `2026/11` or `2026`.
    pub label: String,
}

/// At most about `count_max` ticks between start and end, both within [`TIMES`].
pub(crate) fn ticks(start: i64, end: i64, offset_secs: i32, count_max: usize) -> Vec<TimeTick> {
    let span = end.saturating_sub(start).max(1);
    let count_max = count_max.max(1) as i64;
    let offset = i64::from(offset_secs);
    match STEPS_SECS.into_iter().find(|step| span / step <= count_max) {
        Some(step) => even_ticks(start, end, offset, step),
        None => month_ticks(start, end, offset, count_max),
    }
}

fn even_ticks(start: i64, end: i64, offset: i64, step: i64) -> Vec<TimeTick> {
    let origin = if step % (7 * DAY) == 0 { FIRST_MONDAY } else { 0 };
    let local_start = start + offset - origin;
    let first = local_start + (-local_start).rem_euclid(step) + origin;
    (0..)
        .map(|index| first + index * step)
        .take_while(|local| *local <= end + offset)
        .map(|local| TimeTick { secs: local - offset, label: label(local, step) })
        .collect()
}

fn label(local: i64, step: i64) -> String {
    let of_day = local.rem_euclid(DAY);
    if of_day == 0 {
        return date(local).map_or_else(String::new, |date| date.strftime("%m/%d").to_string());
    }
    let (hour, minute, second) = (of_day / HOUR, of_day / MINUTE % 60, of_day % 60);
    if step < MINUTE { format!("{hour:02}:{minute:02}:{second:02}") } else { format!("{hour:02}:{minute:02}") }
}

fn month_ticks(start: i64, end: i64, offset: i64, count_max: i64) -> Vec<TimeTick> {
    let months = (end - start) / MONTH_SECS;
    let step = STEPS_MONTHS.into_iter().find(|step| months / step <= count_max).unwrap_or(12_000);
    let Some(first) = date(start + offset) else { return Vec::new() };
    let first_month = i64::from(first.year()) * 12 + i64::from(first.month()) - 1;
    let from = first_month.div_euclid(step) * step;
    (0..=count_max + 2)
        .filter_map(|index| month_tick(from + index * step, step, offset))
        .filter(|tick| (start..=end).contains(&tick.secs))
        .collect()
}

fn month_tick(months: i64, step: i64, offset: i64) -> Option<TimeTick> {
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let first = Date::new(i16::try_from(year).ok()?, month as i8, 1).ok()?;
    let secs = first.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second() - offset;
    let label = if step % 12 == 0 { format!("{year}") } else { format!("{year}/{month:02}") };
    Some(TimeTick { secs, label })
}

fn date(local: i64) -> Option<Date> {
    Some(jiff::Timestamp::from_second(local).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T10:05:00Z.
    const START: i64 = 1_795_514_700;

    fn labels(span: i64, offset_secs: i32, count_max: usize) -> Vec<String> {
        ticks(START, START + span, offset_secs, count_max).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_times() {
        assert_eq!(labels(3 * HOUR, 0, 6), ["10:30", "11:00", "11:30", "12:00", "12:30", "13:00"]);
        assert_eq!(labels(60, 0, 4), ["10:05:00", "10:05:15", "10:05:30", "10:05:45", "10:06:00"]);
        assert_eq!(labels(DAY, 0, 4), ["12:00", "18:00", "11/25", "06:00"]);
        assert_eq!(labels(400 * DAY, 0, 5), ["2027/01", "2027/04", "2027/07", "2027/10"]);
        assert_eq!(labels(9 * 365 * DAY, 0, 5), ["2028", "2030", "2032", "2034"]);
    }

    #[test]
    fn round_times_follow_the_offset() {
        assert_eq!(labels(DAY, 19_800, 4), ["18:00", "11/25", "06:00", "12:00"]);
        let first = &ticks(START, START + DAY, 19_800, 4)[0];
        assert_eq!(first.secs, START + 2 * HOUR + 25 * MINUTE);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        assert_eq!(labels(30 * DAY, 0, 5), ["11/30", "12/07", "12/14", "12/21"]);
    }

    #[test]
    fn there_are_never_too_many() {
        for power in 0..40 {
            let span = 2_i64.saturating_pow(power);
            let end = START.saturating_add(span).min(*TIMES.end());
            for count_max in [1, 3, 25] {
                assert!(ticks(START, end, -43_200, count_max).len() <= count_max + 3);
            }
        }
        assert!(ticks(*TIMES.start(), *TIMES.end(), 0, 8).len() >= 4);
    }
}
