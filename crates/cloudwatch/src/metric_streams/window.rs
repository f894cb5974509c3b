//! Which minutes are due.

use base::Timestamp;

/// How long after its end a minute is left alone, in seconds, so that data which is sent a
/// little late is in it. What arrives later still is stored, but not delivered.
pub(crate) const SETTLE_SECS: i64 = 120;

/// The most minutes that are read and sent before the cursor moves.
const MINUTES_MAX: i64 = 60;

/// How far back a stream that could not deliver starts again, in seconds: metrics are kept by
/// the minute for fifteen days (cloudwatch.md §2); a day is left for the clock to move on.
const BACKLOG_SECS: i64 = 14 * 86_400;

/// Minutes to deliver, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first minute's start.
    pub(crate) start_secs: i64,
    /// The last minute's end.
    pub(crate) end_secs: i64,
}

/// The start of the minute that a time is in, in seconds since the epoch.
pub(crate) fn minute_of(time: Timestamp) -> i64 {
    time.secs().div_euclid(60) * 60
}

/// The next minutes to deliver from `next_minute_secs` on; `None` while none is finished.
pub(crate) fn next(next_minute_secs: i64, now: Timestamp) -> Option<Window> {
    let finished_secs = minute_of(now.plus_millis(-SETTLE_SECS * 1000));
    let start_secs = next_minute_secs.max(minute_of(now) - BACKLOG_SECS);
    let end_secs = finished_secs.min(start_secs + MINUTES_MAX * 60);
    (start_secs < end_secs).then_some(Window { start_secs, end_secs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(next_minute: i64, now_secs: i64) -> Option<(i64, i64)> {
        next(next_minute * 60, Timestamp::from_secs(now_secs))
            .map(|window| (window.start_secs / 60, window.end_secs / 60))
    }

    #[test]
    fn a_minute_is_due_two_minutes_after_its_end() {
        let minute = 30_000_000;
        assert_eq!(window(minute, (minute + 3) * 60 - 1), None);
        assert_eq!(window(minute, (minute + 3) * 60), Some((minute, minute + 1)));
        assert_eq!(window(minute, (minute + 5) * 60 + 59), Some((minute, minute + 3)));
    }

    #[test]
    fn a_long_wait_is_caught_up_hour_by_hour_and_not_without_end() {
        let minute = 30_000_000;
        assert_eq!(window(minute, (minute + 1000) * 60), Some((minute, minute + 60)));
        let late = minute + 20 * 1440;
        assert_eq!(window(minute, late * 60), Some((late - 14 * 1440, late - 14 * 1440 + 60)));
    }
}
