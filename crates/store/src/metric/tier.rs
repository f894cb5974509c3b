//! The four grains that data is kept in, and which of them a row belongs to at its age.
//!
//! Everything here is arithmetic on seconds since the epoch. A row's *effective* time is its
//! own, rounded down to the grain of its age; roll-up only writes down what a read computes,
//! so that it does not matter when it runs (cloudwatch.md §2).

use base::Timestamp;
use base::time::DAY_MS;

use crate::month::{first_day_of_month, month_of_day};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
/// The days from the Monday before the epoch to the epoch.
const MONDAY_DAYS: i64 = 3;

/// Times outside the years 0000 to 9999 are taken for the nearest inside.
pub(super) const TIME_MIN: i64 = -62_167_219_200;
pub(super) const TIME_MAX: i64 = 253_402_300_799;

/// One of the four tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tier {
    /// `metric_1s`, in partitions of an hour.
    Second,
    /// `metric_1m`, in partitions of a day.
    Minute,
    /// `metric_5m`, in partitions of a week from Monday on.
    FiveMinutes,
    /// `metric_1h`, in partitions of a month.
    Hour,
}

impl Tier {
    /// All, finest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::FiveMinutes, Self::Hour];

    /// The table's name: of its folder and in the catalog's file lists.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Second => "metric_1s",
            Self::Minute => "metric_1m",
            Self::FiveMinutes => "metric_5m",
            Self::Hour => "metric_1h",
        }
    }

    /// The table with this name.
    pub fn of_table(table: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.table() == table)
    }

    /// The seconds that one row stands for.
    pub const fn grain_secs(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Minute => MINUTE,
            Self::FiveMinutes => 300,
            Self::Hour => HOUR,
        }
    }

    /// The age in seconds past which a row leaves for the next tier, or is gone.
    pub const fn kept_secs(self) -> i64 {
        match self {
            Self::Second => 3 * HOUR,
            Self::Minute => 15 * DAY,
            Self::FiveMinutes => 63 * DAY,
            Self::Hour => 455 * DAY,
        }
    }

    /// The number of the partition of a time.
    pub fn partition(self, time_secs: i64) -> i64 {
        let day = time_secs.div_euclid(DAY);
        match self {
            Self::Second => time_secs.div_euclid(HOUR),
            Self::Minute => day,
            Self::FiveMinutes => (day + MONDAY_DAYS).div_euclid(7),
            Self::Hour => month_of_day(day),
        }
    }

    /// Where a partition starts, in seconds.
    pub fn partition_start(self, partition: i64) -> i64 {
        match self {
            Self::Second => partition.saturating_mul(HOUR),
            Self::Minute => partition.saturating_mul(DAY),
            Self::FiveMinutes => (partition.saturating_mul(7) - MONDAY_DAYS).saturating_mul(DAY),
            Self::Hour => first_day_of_month(partition).saturating_mul(DAY),
        }
    }

    /// The folder of a partition: `hour=2026-01-31T05`, `day=2026-01-31`,
    /// `week=2026-01-26`, `month=2026-01`.
    pub fn folder(self, partition: i64) -> String {
        let start = Timestamp::from_secs(self.partition_start(partition));
        let date = start.date();
        match self {
            Self::Second => format!("hour={date}T{:02}", start.millis().rem_euclid(DAY_MS) / 3_600_000),
            Self::Minute => format!("day={date}"),
            Self::FiveMinutes => format!("week={date}"),
            Self::Hour => format!("month={}", date.get(..7).unwrap_or(&date)),
        }
    }
}

/// The time rounded down to a whole number of grains.
pub(super) const fn floor(time_secs: i64, grain_secs: i64) -> i64 {
    time_secs.div_euclid(grain_secs) * grain_secs
}

/// The time rounded up to a whole number of grains.
pub(super) const fn ceil(time_secs: i64, grain_secs: i64) -> i64 {
    floor(time_secs + grain_secs - 1, grain_secs)
}

/// Where the tiers end at one moment: a row whose time is before a tier's bound is past it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ages([i64; 4]);

impl Ages {
    /// The bounds at `now`.
    pub fn at(now: Timestamp) -> Self {
        // Rounded up: a row is past when its time is strictly before, to the millisecond.
        let now_secs = (now.millis().saturating_add(999)).div_euclid(1000).clamp(TIME_MIN, TIME_MAX);
        Self(Tier::ALL.map(|tier| now_secs - tier.kept_secs()))
    }

    /// Rows before this are past the tier.
    pub const fn bound(&self, tier: Tier) -> i64 {
        self.0[tier as usize]
    }

    /// The time that a row counts at; `None` when it is gone. Never falls as the row's time
    /// rises, is never above it, and is the same for a row and for what it was rolled up to.
    pub fn effective(&self, time_secs: i64) -> Option<i64> {
        let mut time = time_secs;
        for (tier, next) in [(Tier::Second, MINUTE), (Tier::Minute, 300), (Tier::FiveMinutes, HOUR)] {
            // Each step looks at what the step before made of the time, so that it makes no
            // difference whether that was stored in between.
            if time < self.bound(tier) {
                time = floor(time, next);
            }
        }
        (time >= self.bound(Tier::Hour)).then_some(time)
    }

    /// The table that a row belongs in, and its time there; `None` when it is gone.
    pub fn place(&self, time_secs: i64, high_resolution: bool) -> Option<(Tier, i64)> {
        let time = self.effective(time_secs)?;
        let minute = if time_secs < self.bound(Tier::Second) { floor(time_secs, MINUTE) } else { time_secs };
        let five = if minute < self.bound(Tier::Minute) { floor(minute, 300) } else { minute };
        let tier = if five < self.bound(Tier::FiveMinutes) {
            Tier::Hour
        } else if minute < self.bound(Tier::Minute) {
            Tier::FiveMinutes
        } else if time_secs < self.bound(Tier::Second) || !high_resolution {
            Tier::Minute
        } else {
            Tier::Second
        };
        Some((tier, time))
    }

    /// The grain of data at a time: periods there must be multiples of it.
    pub fn grain_secs(&self, time_secs: i64) -> i64 {
        let tier = Tier::ALL[..3].iter().find(|tier| time_secs >= self.bound(**tier));
        tier.map_or(HOUR, |tier| tier.grain_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_start_where_they_say() {
        for (tier, time, folder) in [
            (Tier::Second, "2026-01-31T05:59:59Z", "hour=2026-01-31T05"),
            (Tier::Minute, "2026-01-31T23:59:59Z", "day=2026-01-31"),
            (Tier::FiveMinutes, "2026-01-31T00:00:00Z", "week=2026-01-26"),
            (Tier::FiveMinutes, "1969-12-31T00:00:00Z", "week=1969-12-29"),
            (Tier::Hour, "2024-02-29T00:00:00Z", "month=2024-02"),
            (Tier::Hour, "1969-12-31T23:00:00Z", "month=1969-12"),
        ] {
            let time = Timestamp::parse_iso(time).unwrap().secs();
            assert_eq!(tier.folder(tier.partition(time)), folder);
        }
        for tier in Tier::ALL {
            for day in -1000..40_000 {
                let partition = tier.partition(day * DAY);
                let (start, end) = (tier.partition_start(partition), tier.partition_start(partition + 1));
                assert!(start <= day * DAY && day * DAY < end);
                assert_eq!((tier.partition(start), tier.partition(end - 1)), (partition, partition));
            }
        }
    }

    #[test]
    fn what_was_rolled_up_counts_as_what_was_not() {
        let now = 1_800_000_123;
        let ages = Ages::at(Timestamp::from_secs(now));
        for tier in Tier::ALL {
            for ago in -4000..8000 {
                let time = now - tier.kept_secs() + ago;
                let Some((_, stored)) = ages.place(time, true) else {
                    assert!(floor(time, HOUR) < now - Tier::Hour.kept_secs());
                    continue;
                };
                for later in [0, 1, 59, 3600, 40 * DAY, 400 * DAY] {
                    let then = Ages::at(Timestamp::from_secs(now + later));
                    assert_eq!(then.effective(stored), then.effective(time));
                }
            }
        }
    }
}
