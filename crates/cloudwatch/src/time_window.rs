//! The time range of a read, and how its buckets lie (cloudwatch.md §3.4).

use base::Timestamp;
use base::time::DAY_MS;

/// Points of one reply (cloudwatch.md §3.5).
const BUCKETS_MAX: i64 = 100_800;
/// How far ahead data may be.
const FUTURE_SECS_MAX: i64 = 2 * 3600;

/// A time range as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindow {
    /// Inclusive.
    pub start: Timestamp,
    /// Exclusive.
    pub end: Timestamp,
    /// When it was asked for: ages are counted from here.
    pub now: Timestamp,
    /// What becomes of the start.
    pub rounding: Rounding,
}

/// What becomes of the start of a time range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// It is rounded down by its age, as reads do (cloudwatch.md §3.4).
    ByAge,
    /// It stays: the buckets of alarms slide (cloudwatch.md §6.3).
    Kept,
}

impl TimeWindow {
    /// Where the first bucket of this period starts, in seconds since the epoch. Unless it is kept,
    /// the start is rounded down: by its age to the minute, five minutes or the hour; for periods within a
    /// minute to that division of the minute. Buckets follow from there in steps of the period.
    pub fn start_secs(&self, period_secs: i64) -> i64 {
        let start = self.start.secs();
        if self.rounding == Rounding::Kept {
            return start;
        }
        let age_ms = self.now.millis().saturating_sub(self.start.millis());
        let grain = match age_ms {
            _ if period_secs < 60 => period_secs.max(1),
            age if age < 15 * DAY_MS => 60,
            age if age < 63 * DAY_MS => 300,
            _ => 3600,
        };
        start.saturating_sub(start.rem_euclid(grain))
    }

    /// The buckets of this period. A range of more buckets than a reply can hold is cut to the
    /// time that data can be of, so that series which are never sparse stay small: there is no
    /// data older than 15 months or more than two hours ahead, nor any of periods so short before
    /// the newest buckets that are left (cloudwatch.md §2).
    pub fn grid(&self, period_secs: i64) -> Grid {
        let mut grid = Grid { start_secs: self.start_secs(period_secs), end_secs: self.end_secs(), period_secs };
        if grid.len() <= BUCKETS_MAX {
            return grid;
        }
        let ahead = self.now.secs().saturating_add(FUTURE_SECS_MAX);
        grid.end_secs = grid.end_secs.min(ahead.max(grid.start_secs));
        let surplus = grid.len() - BUCKETS_MAX;
        grid.start_secs += surplus.max(0) * period_secs;
        grid
    }

    /// The end in seconds since the epoch, exclusive: data of the second that the end lies
    /// within comes before it.
    pub fn end_secs(&self) -> i64 {
        let millis = self.end.millis();
        millis.div_euclid(1000).saturating_add(i64::from(millis.rem_euclid(1000) > 0))
    }
}

/// Where the buckets of one period lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Start of the first bucket, in seconds since the epoch.
    pub start_secs: i64,
    /// Exclusive; the last bucket may be cut short by it.
    pub end_secs: i64,
    /// Width of a bucket in seconds.
    pub period_secs: i64,
}

impl Grid {
    /// The starts of the buckets, oldest first.
    pub fn buckets(self) -> impl Iterator<Item = i64> {
        let step = usize::try_from(self.period_secs).unwrap_or(1).max(1);
        (self.start_secs..self.end_secs).step_by(step)
    }

    fn len(self) -> i64 {
        self.end_secs.saturating_sub(self.start_secs).max(0) / self.period_secs.max(1)
    }
}

/// Whether data can be read with this period (cloudwatch.md §2).
pub fn is_period(secs: i64) -> bool {
    matches!(secs, 1 | 5 | 10 | 20 | 30) || (secs >= 60 && secs % 60 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_rounded_down_by_its_age() {
        let now = Timestamp::from_secs(1_700_000_000);
        let day = 86_400;
        for (age_secs, period, grain) in [
            (100, 60, 60),
            (100, 300, 60),
            (100, 1, 1),
            (107, 10, 10),
            (113, 30, 30),
            (15 * day - 1, 300, 60),
            (15 * day, 300, 300),
            (63 * day - 1, 300, 300),
            (63 * day, 3600, 3600),
            (63 * day, 30, 30),
        ] {
            let start = Timestamp::from_secs(now.secs() - age_secs);
            let found = TimeWindow { start, end: now, now, rounding: Rounding::ByAge }.start_secs(period);
            assert_eq!(found % grain, 0, "age {age_secs}, period {period}");
            assert!((0..grain).contains(&(start.secs() - found)), "age {age_secs}, period {period}");
        }
    }

    #[test]
    fn periods_that_can_be_read() {
        for secs in [1, 5, 10, 20, 30, 60, 120, 86_400] {
            assert!(is_period(secs), "{secs}");
        }
        for secs in [0, -60, 2, 15, 45, 59, 61, 90] {
            assert!(!is_period(secs), "{secs}");
        }
    }

    #[test]
    fn a_part_of_a_second_at_the_end_takes_the_second_in() {
        let (start, now) = (Timestamp::from_secs(0), Timestamp::from_secs(100));
        let window = |end| TimeWindow { start, end, now, rounding: Rounding::ByAge };
        assert_eq!(window(Timestamp::from_millis(5_000)).end_secs(), 5);
        assert_eq!(window(Timestamp::from_millis(5_001)).end_secs(), 6);
    }
}
