//! What a series is expected to be: the model behind ANOMALY_DETECTION_BAND (cloudwatch.md §4.6).
//!
//! A value is expected at the local level of its series, moved by a damped trend, a daily profile
//! and, once two weeks agree on one, a weekly profile. The spread above and below is measured apart
//! and follows the time of day. Everything rests on medians and quantiles, so that the anomalies of
//! the past do not hide those to come.

mod robust;
mod season;
mod spread;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use robust::median;
use season::Season;
use spread::Spread;

/// Seconds in a day.
const DAY_SECS: i64 = 86_400;

/// Points before this age, counted from the newest, are not learnt from (cloudwatch.md §4.6).
const TRAINING_SECS_MAX: i64 = 14 * DAY_SECS;

/// Fewer points say nothing.
const POINTS_MIN: usize = 8;

/// The local level is the median over this time, or over [`LEVEL_POINTS_MIN`] periods if longer.
/// Short, so that a lasting change of level is accepted within hours.
const LEVEL_SECS: i64 = 6 * 3600;
const LEVEL_POINTS_MIN: i64 = 12;

/// Within this time a trend loses all but 1/e of its speed.
const TREND_DAMPING_SECS: f64 = 2.0 * DAY_SECS as f64;

/// The most recent days whose levels tell the trend.
const TREND_DAYS: usize = 5;

/// Magnitudes are cut here, far above what can be stored (2^360), so that squares stay finite.
const MAGNITUDE_MAX: f64 = 1e150;

/// Points further from the epoch than this (three million years) are no points in time.
const TIME_SECS_MAX: i64 = 100_000_000_000_000;

/// A model of one series at one period. Cheap to ask; as JSON a few kilobytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Time of the newest point that was learnt from.
    trained_until_secs: i64,
    /// Added to a time before it is looked up in the profiles.
    utc_offset_secs: i64,
    level: f64,
    slope_per_sec: f64,
    season: Season,
    spread: Spread,
}

impl Model {
    /// Learns from points (seconds since the epoch, value), which are `period_secs` apart, up to two
    /// weeks before the newest. Points within an excluded range (start, end exclusive) and values
    /// that are not finite are left out. Days begin at midnight of the UTC offset. `None` when
    /// fewer than eight points remain.
    pub fn fit(points: &[(i64, f64)], period_secs: i64, excluded: &[(i64, i64)], utc_offset_secs: i32) -> Option<Self> {
        let points = usable(points, excluded);
        if points.len() < POINTS_MIN {
            return None;
        }
        let (first_secs, last_secs) = (points.first()?.0, points.last()?.0);
        let period_secs = period_secs.clamp(1, TRAINING_SECS_MAX);
        let utc_offset_secs = i64::from(utc_offset_secs);

        let season = Season::learn(&points, period_secs, utc_offset_secs);
        let level_points: Vec<(i64, f64)> =
            points.iter().map(|&(time, value)| (time, value - season.at(time + utc_offset_secs))).collect();
        let window_secs = LEVEL_SECS.max(period_secs * LEVEL_POINTS_MIN);

        let misses = misses(&level_points, window_secs.min(((last_secs - first_secs) / 2).max(1)), window_secs);
        let spread = Spread::learn(&points, &misses, utc_offset_secs);
        let newest = &level_points[level_points.partition_point(|point| point.0 <= last_secs - window_secs)..];
        let slope_per_sec = slope(&level_points);
        // The median of a window is the level at its middle.
        let level = median(values(newest)).unwrap_or(0.0) + slope_per_sec * half_span_secs(newest);
        Some(Self { trained_until_secs: last_secs, utc_offset_secs, level, slope_per_sec, season, spread })
    }

    /// The value to expect at a time (seconds since the epoch). Never NaN or infinite.
    pub fn expected(&self, time_secs: i64) -> f64 {
        let ahead_secs = time_secs.saturating_sub(self.trained_until_secs) as f64;
        let moved_secs = if ahead_secs > 0.0 {
            TREND_DAMPING_SECS * (1.0 - (-ahead_secs / TREND_DAMPING_SECS).exp())
        } else {
            ahead_secs.max(-(TRAINING_SECS_MAX as f64))
        };
        self.level + self.slope_per_sec * moved_secs + self.season.at(self.local(time_secs))
    }

    /// The lowest and highest value to expect at a time, `width` spreads away from [`Self::expected`].
    /// Never NaN or infinite; a width that is negative or no number counts as zero.
    pub fn band(&self, time_secs: i64, width: f64) -> (f64, f64) {
        let width = if width > 0.0 { width.min(MAGNITUDE_MAX) } else { 0.0 };
        let expected = self.expected(time_secs);
        let (below, above) = self.spread.at(self.local(time_secs));
        (expected - width * below, expected + width * above)
    }

    fn local(&self, time_secs: i64) -> i64 {
        time_secs.saturating_add(self.utc_offset_secs)
    }
}

/// The points to learn from, oldest first.
fn usable(points: &[(i64, f64)], excluded: &[(i64, i64)]) -> Vec<(i64, f64)> {
    let mut usable: Vec<(i64, f64)> = points
        .iter()
        .filter(|(time, value)| {
            value.is_finite()
                && (-TIME_SECS_MAX..TIME_SECS_MAX).contains(time)
                && !excluded.iter().any(|(start, end)| (*start..*end).contains(time))
        })
        .map(|&(time, value)| (time, value.clamp(-MAGNITUDE_MAX, MAGNITUDE_MAX)))
        .collect();
    usable.sort_by_key(|point| point.0);
    let oldest = usable.last().map_or(0, |last| last.0.saturating_sub(TRAINING_SECS_MAX));
    usable.drain(..usable.partition_point(|point| point.0 < oldest));
    usable
}

/// By how much each point missed the level of the window before it, as the model's own forecasts
/// will: the level is renewed every half window. The time before `warm_up_secs` is only learnt from.
fn misses(level_points: &[(i64, f64)], warm_up_secs: i64, window_secs: i64) -> Vec<(i64, f64)> {
    let (Some(first), Some(last)) = (level_points.first(), level_points.last()) else { return Vec::new() };
    let step_secs = (window_secs / 2).max(1);
    let mut misses = Vec::new();
    let mut at_secs = first.0 + warm_up_secs;
    let mut level = first.1;
    while at_secs <= last.0 {
        let now = level_points.partition_point(|point| point.0 < at_secs);
        let from = level_points.partition_point(|point| point.0 < at_secs - window_secs);
        level = median(values(&level_points[from..now])).unwrap_or(level);
        let until = level_points.partition_point(|point| point.0 < at_secs + step_secs);
        misses.extend(level_points[now..until].iter().map(|&(time, value)| (time, value - level)));
        at_secs += step_secs;
    }
    misses
}

/// The trend: the median slope between the levels of the last days, made smaller the less the
/// pairs of days agree. Zero with fewer than three days.
fn slope(level_points: &[(i64, f64)]) -> f64 {
    let days = newest_days(level_points);
    let recent = &days[..days.len().min(TREND_DAYS)];
    if recent.len() < 3 {
        return 0.0;
    }
    let mut slopes = Vec::new();
    for (index, later) in recent.iter().enumerate() {
        slopes.extend(recent[index + 1..].iter().map(|earlier| (later.1 - earlier.1) / (later.0 - earlier.0)));
    }
    let Some(typical) = median(slopes.clone()) else { return 0.0 };
    let scatter = robust::deviation(slopes.iter().map(|slope| slope - typical));
    let certain = typical * typical;
    if certain > 0.0 { typical * (certain / (certain + scatter * scatter)) } else { 0.0 }
}

/// Middle (seconds) and median of each stretch of a day counted back from the newest point, newest
/// first, without those that have no points.
fn newest_days(points: &[(i64, f64)]) -> Vec<(f64, f64)> {
    let Some(last) = points.last() else { return Vec::new() };
    let days = points.chunk_by(|left, right| (last.0 - left.0) / DAY_SECS == (last.0 - right.0) / DAY_SECS);
    let mut days: Vec<(f64, f64)> = days
        .filter_map(|day| {
            let middle = (day.first()?.0 as f64 + day.last()?.0 as f64) / 2.0;
            Some((middle, median(values(day))?))
        })
        .collect();
    days.reverse();
    days
}

fn values(points: &[(i64, f64)]) -> Vec<f64> {
    points.iter().map(|point| point.1).collect()
}

fn half_span_secs(points: &[(i64, f64)]) -> f64 {
    match (points.first(), points.last()) {
        (Some(first), Some(last)) => (last.0 - first.0) as f64 / 2.0,
        _ => 0.0,
    }
}
