//! The daily and weekly profile of a series.

use serde::{Deserialize, Serialize};

use super::DAY_SECS;
use super::robust::{correlation, deviation, median};

const WEEK_SECS: i64 = 7 * DAY_SECS;

/// The shortest stretches with a value of their own, in a day and in a week.
const DAILY_BIN_SECS: i64 = 1800;
const WEEKLY_BIN_SECS: i64 = 3 * 3600;

/// A profile takes this long to learn: a daily one two days, a weekly one most of two weeks.
const DAILY_TRAINING_DAYS: f64 = 1.9;
const WEEKLY_TRAINING_DAYS: f64 = 10.0;

/// A weekly profile is believed when the two weeks correlate more than this.
const WEEKLY_CORRELATION_MIN: f64 = 0.5;

/// What the time of day and week add to the level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Season {
    daily: Cycle,
    weekly: Cycle,
}

/// Values for equal stretches of a repeating span, in between interpolated. Without values it is zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cycle {
    length_secs: i64,
    values: Vec<f64>,
}

impl Cycle {
    /// Of these values, in order from the start of the span.
    pub(super) fn new(length_secs: i64, values: Vec<f64>) -> Self {
        Self { length_secs, values }
    }

    /// The value at a local time.
    pub(super) fn at(&self, local_secs: i64) -> f64 {
        let count = self.values.len();
        if count == 0 {
            return 0.0;
        }
        let place = local_secs.rem_euclid(self.length_secs) as f64 / self.length_secs as f64 * count as f64 - 0.5;
        // The middle of the first stretch lies half a stretch in; before it the last one is near.
        let before = if place < 0.0 { count - 1 } else { place as usize };
        let share = place - place.floor();
        self.values[before % count] * (1.0 - share) + self.values[(before + 1) % count] * share
    }
}

impl Season {
    /// Learns the profiles from points, oldest first.
    pub(super) fn learn(points: &[(i64, f64)], period_secs: i64, utc_offset_secs: i64) -> Self {
        let local: Vec<(i64, f64)> = points.iter().map(|&(time, value)| (time + utc_offset_secs, value)).collect();
        let days = match (points.first(), points.last()) {
            (Some(first), Some(last)) => (last.0 - first.0) as f64 / DAY_SECS as f64,
            _ => 0.0,
        };
        let daily_bins = bins(DAY_SECS, DAILY_BIN_SECS, period_secs);
        let daily = if days >= DAILY_TRAINING_DAYS && daily_bins > 2 {
            daily_profile(&local, daily_bins, days)
        } else {
            Vec::new()
        };
        let daily = Cycle::new(DAY_SECS, daily);

        let weekly_bins = bins(WEEK_SECS, WEEKLY_BIN_SECS, period_secs);
        let weekly = if days >= WEEKLY_TRAINING_DAYS && weekly_bins > 2 {
            let rest: Vec<(i64, f64)> = local.iter().map(|&(time, value)| (time, value - daily.at(time))).collect();
            weekly_profile(&rest, weekly_bins)
        } else {
            Vec::new()
        };
        Self { daily, weekly: Cycle::new(WEEK_SECS, weekly) }
    }

    /// What is added to the level at a local time.
    pub(super) fn at(&self, local_secs: i64) -> f64 {
        self.daily.at(local_secs) + self.weekly.at(local_secs)
    }
}

/// Into how many stretches a span is divided: none shorter than the period of the points.
fn bins(length_secs: i64, shortest_secs: i64, period_secs: i64) -> usize {
    usize::try_from(length_secs / shortest_secs.max(period_secs)).unwrap_or(0)
}

/// The bin of a local time.
pub(super) fn bin(local_secs: i64, length_secs: i64, bins: usize) -> usize {
    let bins = i64::try_from(bins).unwrap_or(1);
    usize::try_from(local_secs.rem_euclid(length_secs) * bins / length_secs).unwrap_or(0)
}

/// The median of each time of day around the level of its day, made smaller by the share of it
/// which may be chance.
fn daily_profile(local: &[(i64, f64)], bins: usize, days: f64) -> Vec<f64> {
    let mut deviations: Vec<Vec<f64>> = vec![Vec::new(); bins];
    for ((time, value), level) in local.iter().zip(daily_levels(local)) {
        deviations[bin(*time, DAY_SECS, bins)].push(value - level);
    }
    let (mut chance, mut effect) = (0.0, 0.0);
    let profile: Vec<f64> = deviations
        .iter()
        .map(|deviations| {
            let typical = median(deviations.clone()).unwrap_or(0.0);
            let scatter = deviation(deviations.iter().map(|value| value - typical));
            // The points of one day repeat each other, so that only days count as trials.
            chance += scatter * scatter / days;
            effect += typical * typical;
            typical
        })
        .collect();
    let belief = if effect > 0.0 { (1.0 - chance / effect).max(0.0) } else { 0.0 };
    profile.into_iter().map(|value| value * belief).collect()
}

/// The level of each point's day: medians of the stretches of a day counted back from the newest
/// point, interpolated between their middles.
fn daily_levels(points: &[(i64, f64)]) -> Vec<f64> {
    let mut days = super::newest_days(points);
    days.reverse();
    points
        .iter()
        .map(|&(time, _)| {
            let time = time as f64;
            let after = days.partition_point(|day| day.0 <= time);
            match (after.checked_sub(1).map(|before| days[before]), days.get(after)) {
                (Some(before), Some(after)) => {
                    before.1 + (after.1 - before.1) * ((time - before.0) / (after.0 - before.0))
                }
                (Some(day), None) => day.1,
                (None, Some(day)) => day.1,
                (None, None) => 0.0,
            }
        })
        .collect()
}

/// The mean of what the last two weeks say of each time of the week, as far as they agree.
fn weekly_profile(rest: &[(i64, f64)], bins: usize) -> Vec<f64> {
    let Some(last) = rest.last() else { return Vec::new() };
    let split = rest.partition_point(|point| point.0 <= last.0 - WEEK_SECS);
    let (older, newer) = (weekly_medians(&rest[..split], bins), weekly_medians(&rest[split..], bins));
    let both: Vec<(f64, f64)> = older.iter().zip(&newer).filter_map(|(older, newer)| older.zip(*newer)).collect();
    let agreement = correlation(&both);
    if both.len() * 3 < bins || agreement < WEEKLY_CORRELATION_MIN {
        return Vec::new();
    }
    let middles =
        median(both.iter().map(|pair| pair.0).collect()).zip(median(both.iter().map(|pair| pair.1).collect()));
    let Some((older_middle, newer_middle)) = middles else { return Vec::new() };
    older
        .iter()
        .zip(&newer)
        .map(|pair| match pair {
            (Some(older), Some(newer)) => agreement * ((older - older_middle) / 2.0 + (newer - newer_middle) / 2.0),
            (Some(one), None) => agreement * (one - older_middle),
            (None, Some(one)) => agreement * (one - newer_middle),
            (None, None) => 0.0,
        })
        .collect()
}

fn weekly_medians(points: &[(i64, f64)], bins: usize) -> Vec<Option<f64>> {
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); bins];
    for (time, value) in points {
        values[bin(*time, WEEK_SECS, bins)].push(*value);
    }
    values.into_iter().map(median).collect()
}
