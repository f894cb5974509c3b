//! How far a series strays from what is expected, above and below, by the time of day.

use serde::{Deserialize, Serialize};

use super::robust::{deviation, quantile};
use super::season::{Cycle, bin};
use super::{DAY_SECS, values};

/// Stretches of the day; each is measured together with its neighbours.
const BINS: usize = 24;

/// A stretch with fewer misses has the spread of the whole day.
const BIN_POINTS_MIN: usize = 12;

/// Two days are the least to know the times of day by.
const BINS_SPAN_SECS_MIN: i64 = 2 * DAY_SECS;

/// The spread of spiky series: the miss which this share of all stays below, divided. For a normal
/// distribution that is one and a half standard deviations.
const TAIL_SHARE: f64 = 0.999;
const TAIL_DIVISOR: f64 = 2.0;

/// How much of a stretch's spread is that of the whole day (as an exponent), since the tails of a
/// stretch rest on few misses.
const WHOLE_DAY_WEIGHT: f64 = 0.6;

/// How far the typical miss of a stretch, which rests on many, moves its spread further.
const TYPICAL_WEIGHT: f64 = 0.25;
const TYPICAL_RATIO_MAX: f64 = 4.0;

/// No spread is less than this share of the range of the series, or of its magnitude.
const RANGE_SHARE_MIN: f64 = 0.02;
const MAGNITUDE_SHARE_MIN: f64 = 1e-4;
const SPREAD_MIN: f64 = 1e-9;

/// The spread of a series, always above zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    below: Cycle,
    above: Cycle,
}

impl Spread {
    /// Learns from the points and from what each missed its expected value by.
    pub(super) fn learn(points: &[(i64, f64)], misses: &[(i64, f64)], utc_offset_secs: i64) -> Self {
        let least = least(points);
        let side = |sign: f64| {
            let misses: Vec<(i64, f64)> =
                misses.iter().map(|&(time, miss)| (time + utc_offset_secs, (sign * miss).max(0.0))).collect();
            Cycle::new(DAY_SECS, by_time_of_day(&misses, least))
        };
        Self { below: side(-1.0), above: side(1.0) }
    }

    /// The spreads below and above at a local time.
    pub(super) fn at(&self, local_secs: i64) -> (f64, f64) {
        (self.below.at(local_secs), self.above.at(local_secs))
    }
}

/// The least spread of a series.
fn least(points: &[(i64, f64)]) -> f64 {
    let quantile = |values: Vec<f64>, share| quantile(values, share).unwrap_or(0.0);
    let range = quantile(values(points), TAIL_SHARE) - quantile(values(points), 1.0 - TAIL_SHARE);
    let magnitude = quantile(points.iter().map(|point| point.1.abs()).collect(), 0.5);
    (range * RANGE_SHARE_MIN).max(magnitude * MAGNITUDE_SHARE_MIN).max(SPREAD_MIN)
}

/// The spread of each stretch of the day, from misses to one side at local times.
fn by_time_of_day(misses: &[(i64, f64)], least: f64) -> Vec<f64> {
    let whole = Measure::of(&values(misses), least);
    let span_secs = misses.first().zip(misses.last()).map_or(0, |(first, last)| last.0 - first.0);
    if span_secs < BINS_SPAN_SECS_MIN - DAY_SECS / 4 {
        return vec![whole.spread; BINS];
    }
    let mut bins: Vec<Vec<f64>> = vec![Vec::new(); BINS];
    for (time, miss) in misses {
        bins[bin(*time, DAY_SECS, BINS)].push(*miss);
    }
    (0..BINS)
        .map(|index| {
            let near: Vec<f64> =
                [BINS - 1, 0, 1].iter().flat_map(|step| &bins[(index + step) % BINS]).copied().collect();
            if near.len() < BIN_POINTS_MIN { whole.spread } else { whole.blend(&Measure::of(&near, least), least) }
        })
        .collect()
}

/// The measures of misses to one side.
struct Measure {
    /// The typical miss, as a standard deviation.
    typical: f64,
    spread: f64,
}

impl Measure {
    fn of(misses: &[f64], least: f64) -> Self {
        let missing = misses.iter().copied().filter(|miss| *miss > 0.0);
        // A series that hardly ever leaves its level has no typical miss, only spikes.
        let rare = missing.clone().count() * 20 < misses.len();
        let typical = if rare { 0.0 } else { deviation(missing) };
        let tail = quantile(misses.to_vec(), TAIL_SHARE).unwrap_or(0.0) / TAIL_DIVISOR;
        Self { typical, spread: typical.max(tail).max(least) }
    }

    /// The spread of a stretch of the day which measures so, in a day which measures like `self`.
    fn blend(&self, stretch: &Self, least: f64) -> f64 {
        let ratio = (stretch.typical + least) / (self.typical + least);
        let moved = ratio.clamp(1.0 / TYPICAL_RATIO_MAX, TYPICAL_RATIO_MAX).powf(TYPICAL_WEIGHT);
        moved * self.spread.powf(WHOLE_DAY_WEIGHT) * stretch.spread.powf(1.0 - WHOLE_DAY_WEIGHT)
    }
}
