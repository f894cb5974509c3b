//! What is said of data that is kept at a coarser grain than an alarm looks at (cloudwatch.md §2).

use base::Timestamp;
use base::time::DAY_MS;

use super::schedule::{self, Cadence};
use crate::record::MetricAlarm;

/// Until which age data is kept at a grain finer than the second: the age in milliseconds, and the
/// grain that it has from then on, in seconds.
const COARSER: [(i64, i64); 3] = [(3 * 3_600_000, 60), (15 * DAY_MS, 300), (63 * DAY_MS, 3600)];

/// A note for each grain that buckets from `oldest` to `newest` are of at `now` and that says less
/// than the alarm saw then.
pub(super) fn notes(alarm: &MetricAlarm, oldest: Timestamp, newest: Timestamp, now: Timestamp) -> Vec<String> {
    // Buckets slide by the time between evaluations, whatever the period is.
    let slides_by = Cadence::of(alarm).secs().min(schedule::period_secs(alarm));
    let mut notes = Vec::new();
    for (at, (age_ms, grain_secs)) in COARSER.into_iter().enumerate() {
        let until = now.plus_millis(-age_ms);
        let from = COARSER.get(at + 1).map(|(age_ms, _)| now.plus_millis(-age_ms));
        let reached = oldest < until && from.is_none_or(|from| newest >= from);
        if reached && slides_by % grain_secs != 0 {
            let grain = match grain_secs {
                60 => "the minute",
                300 => "five minutes",
                _ => "the hour",
            };
            notes.push(format!(
                "Data before {until} is kept by {grain}: it is read at that grain, and buckets differ from those that \
                 were seen then."
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarms::test_world::metric_alarm;

    fn count(period_secs: u32, periods: u32, oldest_hours: i64, newest_hours: i64) -> usize {
        let now = Timestamp::from_secs(1_772_100_000);
        let ago = |hours: i64| now.plus_millis(-hours * 3_600_000);
        notes(&metric_alarm("m", period_secs, periods), ago(oldest_hours), ago(newest_hours), now).len()
    }

    #[test]
    fn data_past_the_time_of_its_grain_is_spoken_of() {
        for (period, periods, oldest, newest, notes) in [
            (60, 1, 14 * 24, 0, 0),
            (60, 1, 16 * 24, 0, 1),
            (300, 1, 16 * 24, 15 * 24, 1),
            (60, 1, 70 * 24, 0, 2),
            (60, 1, 70 * 24, 64 * 24, 1),
            (10, 1, 2, 0, 0),
            (10, 1, 4, 0, 1),
            (10, 1, 16 * 24, 0, 2),
            // Alarms over days look at whole hours.
            (3600, 48, 300 * 24, 0, 0),
        ] {
            assert_eq!(count(period, periods, oldest, newest), notes, "{period} {periods} {oldest} {newest}");
        }
    }
}
